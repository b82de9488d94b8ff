import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { SendMessageError, type SendMessageErrorCode } from "../../../src/core/errors.js";
import { GroupTable, type GroupQuestions } from "../../../src/core/session/groupTable.js";
import type { Course, InternalCourse, Operations } from "../../../src/core/session/operations.js";
import type { OperationMessage } from "../../../src/core/models/messages.js";

/** An operation that the table has asked for and that isn't settled. */
interface Asked {
  /** Such as `join g`; those of the client's own begin with `own`. */
  readonly what: string;
  readonly retryForever: boolean;
  readonly settle: (error?: SendMessageError, unknown?: boolean) => void;
}

/** Keeps what is asked for, so that a test can answer it. */
class FakeOperations implements Operations {
  refusal: string | undefined;
  flushes = 0;
  readonly pending: Asked[] = [];
  readonly asked: string[] = [];

  submit(build: () => OperationMessage, _options: unknown, { onSettled, lane }: Course = {}) {
    expect(lane).toBe("lane");
    return new Promise<{ isDuplicated: boolean }>((resolve, reject) => {
      this.#ask(build, "", false, (error, unknown = false) => {
        onSettled?.(error, unknown);
        if (error === undefined) resolve({ isDuplicated: false });
        else reject(error);
      });
    });
  }

  submitInternal(build: () => OperationMessage, { onSettled, lane, maxRetries }: InternalCourse): void {
    expect(lane).toBe("lane");
    this.#ask(build, "own ", maxRetries === Infinity, (error, unknown = false) => onSettled(error, unknown));
  }

  flush(): void {
    this.flushes++;
  }

  /** What was asked for since the last look. */
  take(): string[] {
    return this.asked.splice(0);
  }

  #ask(build: () => OperationMessage, prefix: string, retryForever: boolean, settle: Asked["settle"]): void {
    const message = build() as { kind: string; group: string };
    const what = `${prefix}${message.kind.replace("Group", "")} ${message.group}`;
    this.asked.push(what);
    const asked: Asked = {
      what,
      retryForever,
      settle: (error, unknown) => {
        this.pending.splice(this.pending.indexOf(asked), 1);
        settle(error, unknown);
      },
    };
    this.pending.push(asked);
  }
}

const QUESTIONS: GroupQuestions = { lane: "lane", enter: "joinGroup", leave: "leaveGroup" };

let operations: FakeOperations;
let table: GroupTable;
let live: boolean;
let told: string[];

beforeEach(() => {
  operations = new FakeOperations();
  live = true;
  told = [];
  table = new GroupTable(operations, QUESTIONS, {
    get live() {
      return live;
    },
    onChanged: () => undefined,
    onEntered: (group, wasUnknown) => told.push(`entered ${group}${wasUnknown ? " anew" : ""}`),
    onExited: (group) => told.push(`left ${group}`),
    onAsked: (group, refusal, wished) =>
      told.push(`asked ${group}${refusal ? ` ${refusal.code}` : ""}${wished ? " wished" : ""}`),
  });
});

const failure = (code: SendMessageErrorCode, name?: string): SendMessageError =>
  new SendMessageError("no", { code, errorDetail: name === undefined ? undefined : { name, message: "no" } });
const FORBIDDEN = failure("Refused", "Forbidden");
const TIMEOUT = failure("AckTimeout");
const LOST = failure("ConnectionLost");

/** The answer to the oldest operation that isn't settled. */
function answer(error?: SendMessageError, unknown = false): void {
  operations.pending[0]?.settle(error, unknown);
}

function call(what: "enter" | "leave", group = "g"): void {
  table[what](group).catch(() => undefined);
}

/** A call with its answer. */
function done(what: "enter" | "leave", error?: SendMessageError, unknown = false): void {
  call(what);
  operations.pending.at(-1)?.settle(error, unknown);
  operations.take();
}

function lose(): void {
  live = false;
  table.close();
  for (const asked of [...operations.pending]) asked.settle(LOST, true);
  operations.take();
}

function open(again = true): string[] {
  live = true;
  return table.open(again);
}

describe("a wish of the application's", () => {
  test("comes with the acknowledgement", async () => {
    const settled = table.enter("g");
    expect([table.isWanted("g"), table.status("g")]).toEqual([false, "idle"]);
    answer();
    await expect(settled).resolves.toEqual({ isDuplicated: false });
    expect([table.isWanted("g"), table.status("g"), told]).toEqual([true, "joined", ["entered g"]]);
  });

  test("doesn't come with a failure, which is told as it is", async () => {
    const settled = table.enter("g");
    answer(FORBIDDEN);
    await expect(settled).rejects.toBe(FORBIDDEN);
    expect([table.isWanted("g"), table.status("g"), operations.take()]).toEqual([false, "idle", ["join g"]]);
  });

  test("is asked for on each new connection", () => {
    done("enter");
    lose();
    expect([table.isWanted("g"), table.status("g")]).toEqual([true, "idle"]);
    expect([open(), operations.take()]).toEqual([["g"], ["own join g"]]);
    answer();
    expect([table.status("g"), told.slice(1)]).toEqual(["joined", ["entered g", "asked g wished"]]);
  });

  test("ends with its connection without `again`", () => {
    done("enter");
    lose();
    expect([open(false), operations.take(), table.isUnused("g")]).toEqual([[], [], true]);
  });

  test("ends when the group is left, not when that is answered", () => {
    done("enter");
    call("leave");
    expect([table.isWanted("g"), table.isLeaving("g"), table.status("g")]).toEqual([false, true, "idle"]);
    answer();
    expect([table.isLeaving("g"), table.isUnused("g"), told]).toEqual([false, true, ["entered g", "left g"]]);
  });

  test("isn't made by a call that a later leave has overruled", () => {
    call("enter");
    call("leave");
    answer();
    expect(table.isWanted("g")).toBe(false);
    answer();
    expect([table.isUnused("g"), operations.take()]).toEqual([true, ["join g", "leave g"]]);
  });

  test("is made by a call that came after the leave, and by any of two", () => {
    call("leave");
    call("enter");
    call("enter");
    answer();
    answer(failure("Aborted"));
    expect(table.isWanted("g")).toBe(false);
    answer();
    expect([table.isWanted("g"), table.status("g")]).toEqual([true, "joined"]);
  });
});

describe("a group held by handles", () => {
  test("is asked for at once, or as soon as there is a connection", () => {
    live = false;
    table.hold("g");
    expect([table.status("g"), operations.take()]).toEqual(["waiting", []]);
    expect(open(false)).toEqual(["g"]);
    table.hold("h");
    expect([table.status("g"), operations.take()]).toEqual(["joining", ["own join g", "own join h"]]);
    expect(operations.flushes).toBe(1);
  });

  test("isn't left by a call, which ends the wish only", async () => {
    table.hold("g");
    answer();
    done("enter");
    await expect(table.leave("g")).resolves.toEqual({ isDuplicated: false });
    expect([operations.take(), table.status("g")]).toEqual([[], "joined"]);
    operations.refusal = "stopped";
    await expect(table.leave("g")).rejects.toMatchObject({ code: "NotStarted", message: "stopped" });
    operations.refusal = undefined;
    table.release("g");
    expect(operations.take()).toEqual(["own leave g"]);
  });

  test("is left when the moment is over, but by a call already while it lingers", () => {
    table.hold("g");
    answer();
    table.linger("g");
    expect([operations.take(), table.status("g")]).toEqual([["own join g"], "joined"]);
    done("leave");
    expect(table.isUnused("g")).toBe(true);
    table.hold("h");
    answer();
    table.linger("h");
    table.release("h");
    expect(operations.take()).toEqual(["own join h", "own leave h"]);
    expect(operations.pending[0]?.retryForever).toBe(true);
    answer();
    expect([told.at(-1), table.isUnused("h")]).toEqual(["left h", true]);
  });

  test("stays while the application wishes for it", () => {
    done("enter");
    table.hold("g");
    table.release("g");
    expect([operations.take(), table.status("g")]).toEqual([[], "joined"]);
  });

  test("is let go without a connection, which tells that it is left", () => {
    table.hold("g");
    answer();
    lose();
    table.release("g");
    expect([told.at(-1), table.isUnused("g")]).toEqual(["left g", true]);
    done("enter");
    live = false;
    table.hold("g");
    told = [];
    table.release("g");
    expect(told).toEqual([]);
  });

  test("waits for the call that is under way", () => {
    call("leave");
    table.hold("g");
    expect(operations.take()).toEqual(["leave g"]);
    answer();
    expect(operations.take()).toEqual(["own join g"]);
  });

  test("isn't asked for while nothing is accepted", () => {
    operations.refusal = "stopping";
    table.hold("g");
    expect(operations.take()).toEqual([]);
  });
});

describe("a refusal", () => {
  test("is kept until a new connection, which is asked again", () => {
    table.hold("g");
    answer(FORBIDDEN);
    expect([table.status("g"), table.refusal("g"), told]).toEqual([
      "refused",
      FORBIDDEN,
      ["asked g Refused"],
    ]);
    table.reconcile("g");
    expect(operations.take()).toEqual(["own join g"]);
    lose();
    expect([table.status("g"), table.refusal("g"), open()]).toEqual(["waiting", undefined, ["g"]]);
  });

  test("is asked about again by somebody new, not by who merely comes back", () => {
    table.hold("g");
    answer(FORBIDDEN);
    table.linger("g");
    table.hold("g");
    expect([table.status("g"), operations.take()]).toEqual(["refused", ["own join g"]]);
    table.linger("g");
    table.release("g");
    table.hold("g");
    expect([table.status("g"), operations.take()]).toEqual(["joining", ["own join g"]]);
  });

  test("of the application's own call counts where it is for good", () => {
    call("enter");
    table.hold("g");
    answer(FORBIDDEN);
    expect([table.status("g"), operations.take()]).toEqual(["refused", ["join g"]]);
    table.hold("h");
    answer(failure("Refused", "InternalServerError"));
    call("enter", "h");
    answer();
    expect([table.status("h"), table.refusal("h")]).toEqual(["joined", undefined]);
  });

  test("for now of the application's own call is worth a question of the client's own", () => {
    call("enter");
    table.hold("g");
    answer(failure("Refused", "InternalServerError"));
    expect(operations.take()).toEqual(["join g", "own join g"]);
  });

  test("isn't believed after a later call that ended unanswered", () => {
    table.hold("g");
    answer(FORBIDDEN);
    done("enter", failure("Aborted"), true);
    expect(operations.pending.map(({ what }) => what)).toEqual(["own join g"]);
    expect(table.status("g")).toBe("joining");
  });

  test("without a connection says nothing about the group", () => {
    live = false;
    call("enter");
    table.hold("g");
    answer(FORBIDDEN);
    expect(table.status("g")).toBe("waiting");
  });

  test("isn't heard where the application has called meanwhile", () => {
    table.hold("g");
    call("enter");
    answer(TIMEOUT, true);
    expect([table.status("g"), told]).toEqual(["joining", ["asked g"]]);
    answer(failure("Aborted"));
    expect(operations.take()).toEqual(["own join g", "join g", "own join g"]);
  });

  test.each([
    ["InvalidMessage", "refused"],
    ["AckTimeout", "refused"],
    ["SendFailed", "refused"],
    ["Aborted", "joining"],
  ] as const)("by %s makes it %s", (code, status) => {
    table.hold("g");
    answer(failure(code));
    expect(table.status("g")).toBe(status);
  });

  test("is told with the wish", () => {
    done("enter");
    lose();
    open();
    answer(TIMEOUT);
    expect(told.at(-1)).toBe("asked g AckTimeout wished");
  });
});

describe("what ends unanswered", () => {
  test("is undone by a leave of the client's own where nobody wants the group", () => {
    done("enter", failure("Aborted"), true);
    expect(operations.pending.map(({ what, retryForever }) => [what, retryForever])).toEqual([
      ["own leave g", true],
    ]);
    answer(TIMEOUT, true);
    expect(operations.take()).toEqual(["own leave g"]);
    answer(FORBIDDEN);
    expect([operations.take(), table.isUnused("g"), told.at(-1)]).toEqual([[], true, "left g"]);
  });

  test("is asked again where somebody does, and perhaps it was left in between", () => {
    done("enter");
    call("leave");
    table.hold("g");
    answer(TIMEOUT, true);
    expect([table.status("g"), operations.take()]).toEqual(["joining", ["leave g", "own join g"]]);
    answer();
    expect([table.status("g"), told.slice(1)]).toEqual(["joined", ["entered g anew", "asked g"]]);
  });

  test("changes nothing where it was so before", () => {
    done("enter");
    done("enter", TIMEOUT, true);
    expect([table.status("g"), operations.pending]).toEqual(["joined", []]);
    done("leave");
    done("leave", TIMEOUT, true);
    expect([table.isUnused("g"), operations.pending]).toEqual([true, []]);
  });

  test("waits for what was called after it", () => {
    call("enter");
    call("enter");
    answer(TIMEOUT, true);
    expect(operations.take()).toEqual(["join g", "join g"]);
    answer(failure("Aborted"));
    expect(operations.take()).toEqual(["own leave g"]);
  });

  test("ends with its connection: nothing is left to ask, and the group is left", () => {
    done("enter");
    call("leave");
    lose();
    expect([told.at(-1), table.isUnused("g"), open()]).toEqual(["left g", true, []]);
    done("enter", TIMEOUT, true);
    lose();
    expect([operations.pending, table.isUnused("g"), open()]).toEqual([[], true, []]);
  });

  test("of a leave that is under way when the connection goes, but wanted again, isn't told as left", () => {
    done("enter");
    call("leave");
    table.hold("g");
    lose();
    expect([told, open()]).toEqual([["entered g"], ["g"]]);
  });
});

test("nothing is known of a group that nobody has asked for", () => {
  table.reconcile("g");
  expect([
    table.status("g"),
    table.refusal("g"),
    table.isWanted("g"),
    table.isLeaving("g"),
    table.isUnused("g"),
  ]).toEqual(["idle", undefined, false, false, true]);
});

test("a table may do without hearing of entries", () => {
  const nothing = (): void => undefined;
  table = new GroupTable(operations, QUESTIONS, {
    live: true,
    onChanged: nothing,
    onExited: nothing,
    onAsked: nothing,
  });
  done("enter");
  expect(table.status("g")).toBe("joined");
});

type Deed = "enter" | "leave" | "hold" | "release" | "answer" | "refuse" | "ignore" | "lost" | "reconnect";

test("whatever happens: in the end the service has what is wanted, and nothing else is kept", () => {
  const deeds: fc.Arbitrary<Deed> = fc.constantFrom(
    ...([
      "enter",
      "leave",
      "hold",
      "release",
      "answer",
      "answer",
      "refuse",
      "ignore",
      "lost",
      "reconnect",
    ] as const),
  );
  fc.assert(
    fc.property(fc.array(deeds, { maxLength: 40 }), (course) => {
      operations.pending.splice(0);
      operations.take();
      live = true;
      let joined = false;
      let held = false;
      const carryOut = (isHeard: boolean): void => {
        const [asked] = operations.pending;
        if (asked === undefined || !live) return;
        joined = asked.what.includes("join");
        if (isHeard) asked.settle();
        else asked.settle(failure("Aborted"), true);
      };
      const own = new GroupTable(operations, QUESTIONS, {
        get live() {
          return live;
        },
        onChanged: () => undefined,
        onExited: () => undefined,
        onAsked: () => undefined,
      });
      table = own;
      for (const deed of course) {
        if (deed === "enter" || deed === "leave") call(deed);
        else if (deed === "hold" && !held) {
          held = true;
          own.hold("g");
        } else if (deed === "release" && held) {
          held = false;
          own.release("g");
        } else if (deed === "answer") carryOut(true);
        else if (deed === "ignore") carryOut(false);
        else if (deed === "refuse" && live) answer(failure("Refused", "InternalServerError"));
        else if (deed === "lost" && live) {
          joined = false;
          lose();
        } else if (deed === "reconnect" && !live) open();
      }
      if (!live) open();
      for (let i = 0; i < 100 && operations.pending.length > 0; i++) carryOut(true);
      expect(operations.pending).toEqual([]);
      if (own.isWanted("g"))
        expect(joined || own.refusal("g") !== undefined || own.status("g") === "idle").toBe(true);
      else expect([joined, own.isUnused("g") || own.status("g") === "idle"]).toEqual([false, true]);
    }),
    { numRuns: 1_000 },
  );
});
