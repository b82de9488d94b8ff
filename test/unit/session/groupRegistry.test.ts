import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { SendMessageError, type SendMessageErrorCode } from "../../../src/errors.js";
import { GroupRegistry, type JoinTicket } from "../../../src/session/groupRegistry.js";

let groups: GroupRegistry;
beforeEach(() => {
  groups = new GroupRegistry();
  groups.reset(true);
});

const failure = (code: SendMessageErrorCode, name?: string): SendMessageError =>
  new SendMessageError("no", { code, errorDetail: name === undefined ? undefined : { name, message: "no" } });

const join = (group: string, wish = true): void => {
  groups.joinSettled(groups.joining(group, wish));
};

describe("a wish of joinGroup", () => {
  test("comes with the acknowledgement", () => {
    const ticket = groups.joining("g", true);
    expect(groups.isWished("g")).toBe(false);
    expect(groups.joinSettled(ticket)).toBe(true);
    expect([groups.isWished("g"), groups.status("g"), groups.planRejoin(true)]).toEqual([
      true,
      "joined",
      ["g"],
    ]);
  });

  test("doesn't come with a refusal", () => {
    expect(groups.joinSettled(groups.joining("g", true), failure("Refused", "Forbidden"))).toBe(true);
    expect([groups.isWished("g"), groups.status("g"), groups.planRejoin(true)]).toEqual([false, "idle", []]);
  });

  test("survives connections, and a later join that fails", () => {
    join("g");
    groups.reset(false);
    groups.joinSettled(groups.joining("g", true), failure("NotStarted"));
    groups.reset(true);
    expect([groups.isWished("g"), groups.planRejoin(true)]).toEqual([true, ["g"]]);
  });

  test("ends when leaveGroup is called, not when that is answered", () => {
    join("g");
    expect(groups.leaving("g")).toBe(true);
    expect([groups.isWished("g"), groups.status("g")]).toEqual([false, "idle"]);
    groups.leaveSettled("g");
    expect(groups.planRejoin(true)).toEqual([]);
  });

  test("isn't made by a join that a later leave has overruled", () => {
    const ticket = groups.joining("g", true);
    groups.leaving("g");
    expect(groups.joinSettled(ticket)).toBe(false);
    groups.leaveSettled("g");
    expect([groups.isWished("g"), groups.next("g")]).toEqual([false, undefined]);
  });

  test("is made by a join that came after the leave, and by any of two joins", () => {
    groups.leaving("g");
    const [first, second] = [groups.joining("g", true), groups.joining("g", true)];
    groups.leaveSettled("g");
    groups.joinSettled(first, failure("Aborted"));
    expect(groups.isWished("g")).toBe(false);
    groups.joinSettled(second);
    expect(groups.isWished("g")).toBe(true);
  });

  test("isn't kept on new connections without autoRejoinGroups", () => {
    join("g");
    groups.hold("h");
    expect(groups.planRejoin(false)).toEqual(["h"]);
    expect(groups.isWished("g")).toBe(false);
  });
});

describe("the plan for a new connection", () => {
  test("leaves out groups with an unsettled join or leave", () => {
    for (const group of ["a", "b", "c"]) join(group);
    const ticket = groups.joining("a", true);
    groups.leaving("b");
    expect(groups.planRejoin(true)).toEqual(["c"]);
    groups.joinSettled(ticket);
    groups.leaveSettled("b");
    expect(groups.planRejoin(true)).toEqual(["a", "c"]);
  });

  test("has each group once, whoever wants it", () => {
    join("g");
    groups.hold("g");
    expect(groups.planRejoin(true)).toEqual(["g"]);
  });
});

describe("a handle", () => {
  test("wants its group in any state; it is joined on connecting", () => {
    groups.reset(false);
    groups.hold("g");
    expect([groups.live, groups.status("g"), groups.next("g")]).toEqual([false, "waiting", undefined]);
    groups.reset(true);
    expect([groups.live, groups.status("g"), groups.next("g")]).toEqual([true, "joining", "join"]);
    const ticket = groups.joining("g", false);
    expect(groups.next("g")).toBeUndefined();
    groups.joinSettled(ticket);
    expect([groups.status("g"), groups.next("g"), groups.isWished("g")]).toEqual([
      "joined",
      undefined,
      false,
    ]);
  });

  test("keeps the group while its last subscriber may come back, then gives it up", () => {
    groups.hold("g");
    join("g", false);
    groups.linger("g");
    expect(groups.next("g")).toBeUndefined();
    groups.release("g");
    expect(groups.next("g")).toBe("leave");
    groups.leaving("g");
    groups.leaveSettled("g");
    expect([groups.next("g"), groups.status("g")]).toEqual([undefined, "idle"]);
  });

  test("doesn't give up what the application has joined itself", () => {
    groups.hold("g");
    join("g");
    groups.linger("g");
    groups.release("g");
    expect(groups.next("g")).toBeUndefined();
  });

  test("with subscribers keeps the group through leaveGroup, which ends the wish alone", () => {
    groups.hold("g");
    join("g");
    const ticket = groups.joining("g", true);
    expect(groups.leaving("g")).toBe(false);
    groups.joinSettled(ticket);
    expect([groups.status("g"), groups.isWished("g")]).toEqual(["joined", false]);
    groups.linger("g");
    expect(groups.leaving("g")).toBe(true);
    expect(groups.leaving("unknown")).toBe(true);
  });

  test("with subscribers keeps the group also through a leave before any join", () => {
    groups.hold("g");
    expect([groups.leaving("g"), groups.next("g")]).toEqual([false, "join"]);
  });
});

describe("a refusal", () => {
  beforeEach(() => groups.hold("g"));

  test.each<SendMessageErrorCode>(["Refused", "AckTimeout", "SendFailed", "InvalidMessage"])(
    "of the client's own join (%s) holds until the next connection",
    (code) => {
      const error = failure(code);
      groups.joinSettled(groups.joining("g", false), error);
      expect([groups.status("g"), groups.refusal("g"), groups.next("g")]).toEqual([
        "refused",
        error,
        undefined,
      ]);
      groups.hold("g");
      expect(groups.status("g")).toBe("refused");
      groups.reset(true);
      expect([groups.status("g"), groups.refusal("g"), groups.next("g")]).toEqual([
        "joining",
        undefined,
        "join",
      ]);
    },
  );

  test.each<SendMessageErrorCode>(["ConnectionLost", "NotStarted", "Aborted", "TooManyPending"])(
    "isn't %s: that says nothing about the group",
    (code) => {
      groups.joinSettled(groups.joining("g", false), failure(code));
      expect([groups.status("g"), groups.refusal("g")]).toEqual(["joining", undefined]);
    },
  );

  test("of the application's own join counts only when it is forbidden", () => {
    groups.joinSettled(groups.joining("g", true), failure("Refused", "InternalServerError"));
    expect(groups.status("g")).toBe("joining");
    groups.joinSettled(groups.joining("g", true), failure("Refused", "Forbidden"));
    expect(groups.status("g")).toBe("refused");
  });

  test("is forgotten when somebody new comes, when a join succeeds, and on leaving", () => {
    const refuse = (): void => {
      groups.joinSettled(groups.joining("g", false), failure("Refused"));
      expect(groups.status("g")).toBe("refused");
    };
    refuse();
    groups.release("g");
    groups.hold("g");
    expect(groups.status("g")).toBe("joining");
    refuse();
    join("g");
    expect(groups.status("g")).toBe("joined");
    groups.reset(true);
    refuse();
    groups.linger("g");
    groups.leaving("g");
    groups.leaveSettled("g");
    groups.hold("g");
    expect(groups.status("g")).toBe("joining");
  });

  test("without a connection is none", () => {
    groups.reset(false);
    groups.joinSettled(groups.joining("g", false), failure("Refused"));
    expect([groups.status("g"), groups.refusal("g")]).toEqual(["waiting", undefined]);
  });
});

describe("when the order of execution is in doubt", () => {
  test("the service is told once more what is wanted", () => {
    const ticket = groups.joining("g", true);
    groups.leaving("g");
    groups.leaveSettled("g");
    groups.joinSettled(ticket, undefined, true);
    expect(groups.next("g")).toBe("leave");
    groups.leaving("g");
    groups.leaveSettled("g");
    expect(groups.next("g")).toBeUndefined();
  });

  test("a late leave before a join is answered by another join", () => {
    groups.leaving("g");
    const ticket = groups.joining("g", true);
    groups.joinSettled(ticket);
    groups.leaveSettled("g", true);
    expect(groups.next("g")).toBe("join");
  });

  test("a new connection knows no doubt, and one operation alone makes none", () => {
    const ticket = groups.joining("g", true);
    groups.leaving("g");
    groups.leaveSettled("g");
    groups.joinSettled(ticket, undefined, true);
    groups.reset(true);
    expect(groups.next("g")).toBeUndefined();
    groups.joinSettled(groups.joining("h", true), undefined, true);
    expect(groups.next("h")).toBeUndefined();
  });

  test("an answer that nobody waits for changes nothing", () => {
    groups.leaveSettled("g", true);
    expect([groups.next("g"), groups.status("g"), groups.planRejoin(true)]).toEqual([undefined, "idle", []]);
  });
});

type Action = "join" | "leave" | "hold" | "linger" | "release" | "settle" | "lose";

test("once everything is answered and `next` is followed, the service has what is wanted", () => {
  const actions = fc.constantFrom<Action>(
    "join",
    "join",
    "leave",
    "hold",
    "linger",
    "release",
    "settle",
    "settle",
    "lose",
  );
  fc.assert(
    fc.property(fc.array(actions, { maxLength: 40, size: "max" }), (history) => {
      const registry = new GroupRegistry();
      registry.reset(true);
      // The service executes in the order of the calls, and answers so.
      let member = false;
      let calls: (JoinTicket | "leave")[] = [];
      let held = false;
      let subscribed = false;
      const settle = (): void => {
        const call = calls.shift();
        if (call === undefined) return;
        member = call !== "leave";
        if (call === "leave") registry.leaveSettled("g");
        else registry.joinSettled(call);
      };
      const ask = (what: "join" | "leave", wish: boolean): void => {
        if (what === "join") calls.push(registry.joining("g", wish));
        else if (registry.leaving("g")) calls.push("leave");
      };
      for (const action of history) {
        if (action === "join" || action === "leave") ask(action, true);
        else if (action === "settle") settle();
        else if (action === "hold") {
          registry.hold("g");
          held = subscribed = true;
        } else if (action === "linger" && subscribed) {
          registry.linger("g");
          subscribed = false;
        } else if (action === "release" && held && !subscribed) {
          registry.release("g");
          held = false;
        } else if (action === "lose") {
          // A new connection, which everything unanswered waits for.
          member = false;
          registry.reset(true);
          if (registry.planRejoin(true).length > 0) ask("join", false);
        }
        // An application that leaves takes the handle's lingering interest with it.
        if (action === "leave" && !subscribed) held = false;
      }
      while (calls.length > 0) settle();
      for (let next = registry.next("g"), i = 0; next !== undefined; next = registry.next("g"), i++) {
        expect(i).toBeLessThan(3);
        ask(next, false);
        while (calls.length > 0) settle();
      }
      calls = [];
      expect(member).toBe(held || registry.isWished("g"));
      expect(registry.status("g") === "joined").toBe(member);
    }),
    { numRuns: 1_000 },
  );
});
