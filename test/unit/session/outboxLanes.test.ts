import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toSettings } from "../../../src/core/options.js";
import { OutboxBench, type CallOptions } from "./outboxBench.js";

const retries = (maxRetries: number) => ({
  messageRetry: toSettings({ messageRetryOptions: { maxRetries } }).messageRetry,
});
const a = { lane: "a" };
const state = { lane: "a", replaceable: true };
const own = { lane: "a", internal: true };

describe("a lane", () => {
  test("sends its next operation when the one before is settled; others go past", () => {
    const bench = new OutboxBench();
    bench.add("join", a);
    bench.add("leave", a);
    bench.add("message");
    bench.add("elsewhere", { lane: "b" });
    expect(bench.flush().take()).toEqual(["join#1", "message#3", "elsewhere#4"]);
    bench.answer("join");
    expect(bench.outbox.takeReleased()).toBe(true);
    expect(bench.flush().take()).toEqual(["leave#2"]);
    expect(bench.outbox.takeReleased()).toBe(false);
  });

  test("an operation of the client's own waits for one that was sent and not answered in time", () => {
    const bench = new OutboxBench();
    bench.add("join", a);
    bench.flush().take();
    bench.outbox.tick((bench.now += 30_000), true);
    bench.add("leave", own);
    expect(bench.flush().take()).toEqual(["join#1"]);
    bench.answer("join");
    expect(bench.flush().take()).toEqual(["leave#2"]);
  });

  test("keeps its order over the retries of the first", () => {
    const bench = new OutboxBench();
    bench.add("join", a);
    bench.add("leave", a);
    bench.flush().answer("join", "InternalServerError").pass(1_000);
    expect(bench.take()).toEqual(["join#1", "join#1"]);
    bench.answer("join").flush();
    expect(bench.take()).toEqual(["leave#2"]);
  });

  test("what its turn lets go keeps its place among those that were never sent", () => {
    const bench = new OutboxBench();
    bench.add("join", a);
    bench.flush();
    bench.add("before");
    bench.add("leave", a);
    bench.add("after");
    bench.take();
    bench.answer("join");
    expect(bench.flush().take()).toEqual(["before#2", "leave#3", "after#4"]);
  });

  test("goes on behind the first after a recovery, and on a new connection", () => {
    const bench = new OutboxBench();
    bench.add("join", a);
    bench.add("leave", a);
    bench.flush().recover();
    expect(bench.take()).toEqual(["join#1", "join#1"]);
    bench.reconnect();
    expect(bench.take()).toEqual(["join#1"]);
    bench.answer("join").flush();
    expect(bench.take()).toEqual(["leave#2"]);
  });

  test("whose first is given up lets the next one out; what was sent of it is unknown", () => {
    const bench = new OutboxBench();
    const [sent, waiting] = [new AbortController(), new AbortController()];
    bench.add("join", { ...a, signal: sent.signal });
    bench.add("never", { ...a, signal: waiting.signal });
    bench.add("leave", a);
    bench.flush();
    waiting.abort();
    expect(bench.call("never").outcome).not.toHaveProperty("unknown");
    sent.abort();
    expect(bench.call("join").outcome).toHaveProperty("unknown", true);
    expect(bench.flush().take()).toEqual(["join#1", "leave#3"]);
  });

  test("one that was refused is known not to be executed; one that got no answer isn't", () => {
    const bench = new OutboxBench(retries(0));
    bench.add("join", a);
    bench.flush().answer("join", "InternalServerError");
    expect(bench.call("join").outcome).not.toHaveProperty("unknown");
    bench.add("leave", a);
    bench.flush().pass(30_000);
    expect(bench.call("leave").outcome).toMatchObject({ error: { code: "AckTimeout" }, unknown: true });
  });

  test("waiting ones count as pending, and end with a stop", () => {
    const bench = new OutboxBench({ maxPendingOperations: 2 });
    bench.add("join", a);
    bench.flush();
    bench.add("leave", a);
    bench.add("join again", a);
    expect(() => bench.add("one too many")).toThrow("2 operations are waiting already");
    bench.outbox.clear(new Error("stopped"));
    expect(["join", "leave", "join again"].map((name) => bench.ending(name))).toEqual(
      Array(3).fill("NotStarted"),
    );
    expect([bench.outbox.size, bench.idle]).toEqual([0, 1]);
    bench.add("anew", a);
    expect(bench.flush().take()).toEqual(["join#1", "anew#5"]);
  });
});

describe("the client's own in a lane", () => {
  test("goes before what isn't on its way", () => {
    const bench = new OutboxBench();
    bench.add("set", state);
    bench.add("rejoin", own);
    expect(bench.flush().take()).toEqual(["rejoin#2"]);
    bench.answer("rejoin");
    expect(bench.flush().take()).toEqual(["set#1"]);
    bench.add("leave", own);
    expect(bench.flush().take()).toEqual([]);
    bench.answer("set");
    expect(bench.flush().take()).toEqual(["leave#3"]);
  });

  test("goes before what a new connection sends again", () => {
    const bench = new OutboxBench();
    bench.add("set", state);
    bench.add("next", a);
    bench.flush().take();
    bench.outbox.sessionEnded(new Error("gone"));
    bench.add("rejoin", own);
    expect(bench.flush().take()).toEqual(["rejoin#3"]);
    bench.answer("rejoin");
    expect(bench.flush().take()).toEqual(["set#1"]);
    bench.answer("set");
    expect(bench.flush().take()).toEqual(["next#2"]);
    expect(bench.ending("set")).toBe("ok again");
  });

  test("what it has held up is in the order of the calls on the connection after", () => {
    const bench = new OutboxBench();
    bench.add("set", state);
    bench.add("elsewhere", { lane: "b" });
    bench.flush();
    bench.outbox.sessionEnded(new Error("gone"));
    bench.add("rejoin", own);
    bench.flush().take();
    bench.reconnect();
    expect(bench.take()).toEqual(["set#1", "elsewhere#2"]);
  });

  test("a call of the same kind ends its retries: at once where it isn't on its way", () => {
    const bench = new OutboxBench();
    bench.add("leave", { ...own, maxRetries: Infinity });
    bench.flush().answer("leave", "InternalServerError").take();
    bench.add("set", state);
    expect(bench.ending("leave")).toBeUndefined();
    bench.add("join", a);
    expect(bench.ending("leave")).toBe("Aborted");
    expect(bench.flush().take()).toEqual(["set#2"]);
  });

  test("and one that is on its way has its answer, but no further try", () => {
    const bench = new OutboxBench();
    bench.add("leave", { ...own, maxRetries: Infinity });
    bench.flush().take();
    bench.add("join", a);
    expect(bench.flush().take()).toEqual([]);
    bench.answer("leave", "InternalServerError");
    expect(bench.ending("leave")).toBe("Aborted");
    expect(bench.flush().take()).toEqual(["join#2"]);
  });

  test("ends with its connection id, whether it waits or was sent", () => {
    const bench = new OutboxBench();
    bench.add("set", state);
    bench.flush();
    bench.add("leave", own);
    bench.add("leave b", { ...own, lane: "b" });
    bench.take();
    bench.flush().reconnect();
    expect(["leave", "leave b"].map((name) => bench.ending(name))).toEqual(Array(2).fill("ConnectionLost"));
    expect(bench.take()).toEqual(["leave b#3", "set#1"]);
  });
});

describe("what sets a value", () => {
  test("is replaced by a newer one while it waits; both settle with its result", () => {
    const bench = new OutboxBench();
    for (const name of ["one", "two", "three", "four"]) bench.add(name, state);
    expect(bench.flush().take()).toEqual(["four#4"]);
    bench.answer("four");
    const result = { ackId: 4, isDuplicated: false };
    for (const name of ["one", "two", "three", "four"]) expect(bench.call(name).outcome).toEqual({ result });
  });

  test("costs a frame per round trip, however many there are", () => {
    const bench = new OutboxBench();
    bench.add("first", state);
    bench.flush();
    for (let i = 0; i < 100_000; i++) bench.add(`${i}`, state);
    expect(bench.flush().take()).toEqual(["first#1"]);
    bench.answer("first");
    expect(bench.flush().take()).toEqual(["99999#100001"]);
    bench.answer("99999", "Forbidden");
    expect([bench.ending("0"), bench.ending("99999"), bench.outbox.size]).toEqual(["Refused", "Refused", 0]);
  });

  test("isn't replaced once it was sent, nor past another call of its lane", () => {
    const bench = new OutboxBench();
    bench.add("one", state);
    bench.flush();
    bench.recover();
    bench.add("two", state);
    bench.add("leave", a);
    bench.add("three", state);
    bench.take();
    for (const [name, next] of [
      ["one", "two#2"],
      ["two", "leave#3"],
      ["leave", "three#4"],
    ] as const) {
      bench.answer(name);
      expect(bench.flush().take()).toEqual([next]);
    }
  });

  test("comes back where the newer one is given up before it was sent", () => {
    const bench = new OutboxBench();
    const abort = new AbortController();
    bench.add("join", a);
    bench.add("old", state);
    bench.add("new", { ...state, signal: abort.signal });
    bench.flush().take();
    abort.abort();
    expect([bench.ending("new"), bench.ending("old")]).toEqual(["Aborted", undefined]);
    bench.answer("join");
    expect(bench.flush().take()).toEqual(["old#2"]);
  });

  test("given up itself it ends alone, and an older one stays replaced", () => {
    const bench = new OutboxBench();
    const abort = new AbortController();
    bench.add("oldest", state);
    bench.add("old", { ...state, signal: abort.signal });
    bench.add("new", state);
    abort.abort();
    expect([bench.ending("old"), bench.ending("new")]).toEqual(["Aborted", undefined]);
    expect(bench.flush().take()).toEqual(["new#3"]);
    bench.answer("new");
    expect(bench.call("oldest").outcome).toEqual({ result: { ackId: 3, isDuplicated: false } });
    expect([bench.outbox.size, bench.idle]).toEqual([0, 1]);
  });

  test("replaced ones hold no place among the pending", () => {
    const bench = new OutboxBench({ maxPendingOperations: 2 });
    for (let i = 0; i < 10; i++) bench.add(`${i}`, state);
    bench.add("another");
    expect(() => bench.add("one too many")).toThrow("already");
    expect(bench.flush().take()).toEqual(["9#10", "another#11"]);
  });
});

/** One thing that can happen to an outbox. */
type Deed =
  | { readonly do: "call"; readonly lane: number; readonly how: number }
  | {
      readonly do: "flush" | "answer" | "refuse" | "fail" | "abort" | "pass" | "recover" | "reconnect";
      readonly pick: number;
    };

const deeds: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("call" as const), lane: fc.nat(2), how: fc.nat(3) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "flush",
        "answer",
        "answer",
        "refuse",
        "fail",
        "abort",
        "pass",
        "recover",
        "reconnect",
      ),
      pick: fc.nat(100),
    }),
  },
);

test("whatever happens: one of a lane is on its way, in the order of the calls, and all of them end", () => {
  fc.assert(
    fc.property(fc.array(deeds, { maxLength: 60 }), (course) => {
      const bench = new OutboxBench();
      const lanes = new Map<string, { lane: string; order: number; internal: boolean }>();
      const aborts: AbortController[] = [];
      /** Sent on the socket that stands, and not answered since. */
      const open = new Set<string>();
      const live = (name: string): boolean => bench.ending(name) === undefined;
      const flush = (): void => {
        bench.flush();
        for (const written of bench.take()) {
          const name = written.split("#")[0] ?? "";
          const { lane, order, internal } = lanes.get(name) ?? { lane: "", order: 0, internal: false };
          for (const other of open) {
            expect(live(other) && other !== name && lanes.get(other)?.lane === lane).toBe(false);
          }
          if (!internal) {
            const earlier = [...lanes].filter(
              ([each, of]) => of.lane === lane && !of.internal && of.order < order && live(each),
            );
            // Those before it are replaced by it, or were.
            for (const [each] of earlier) expect(each).toMatch(/set/);
          }
          open.add(name);
        }
      };
      let order = 0;
      for (const deed of course) {
        const waiting = [...open].filter(live);
        const picked = "pick" in deed ? waiting[deed.pick % Math.max(1, waiting.length)] : undefined;
        if (deed.do === "call") {
          const abort = new AbortController();
          const internal = deed.how === 3;
          const replaceable = deed.how === 2;
          const name = `${++order} ${replaceable ? "set" : "call"}`;
          const lane = `lane ${deed.lane}`;
          lanes.set(name, { lane, order, internal });
          aborts.push(abort);
          const options: CallOptions = {
            lane,
            internal,
            replaceable,
            signal: internal ? undefined : abort.signal,
          };
          bench.add(name, options);
        } else if (deed.do === "flush") flush();
        else if (deed.do === "abort") aborts[deed.pick % Math.max(1, aborts.length)]?.abort();
        else if (deed.do === "pass") bench.outbox.tick((bench.now += 1_000 * (deed.pick % 40)), true);
        else if (deed.do === "recover") {
          bench.outbox.resume();
          open.clear();
        } else if (deed.do === "reconnect") {
          bench.outbox.sessionEnded(new Error("gone"));
          open.clear();
        } else if (picked !== undefined) {
          const refusal = { answer: undefined, refuse: "Forbidden", fail: "InternalServerError" }[deed.do];
          bench.answer(picked, refusal);
          open.delete(picked);
        }
      }
      for (let i = 0; i < 10_000 && bench.outbox.size > 0; i++) {
        flush();
        for (const name of [...open]) if (live(name)) bench.answer(name);
        open.clear();
        bench.outbox.tick((bench.now += 1_000), true);
      }
      expect([...lanes.keys()].filter((name) => live(name) && !lanes.get(name)?.internal)).toEqual([]);
      expect(bench.outbox.size).toBe(0);
    }),
    { numRuns: 2_000 },
  );
});
