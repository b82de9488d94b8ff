import fc from "fast-check";
import { expect, test } from "vitest";
import { toSettings } from "../../../src/core/options.js";
import { OutboxBench } from "./outboxBench.js";
import { ACK_TIMEOUT, Model, RETRY_DELAY, type Settings } from "./outboxModel.js";

type Action =
  | { readonly type: "add"; readonly explicit: number | undefined; readonly forget: boolean }
  | { readonly type: "flush"; readonly limit: number; readonly throwing: boolean }
  | { readonly type: "answer"; readonly which: number; readonly answer: string }
  | { readonly type: "abort"; readonly which: number }
  | { readonly type: "pass"; readonly ms: number; readonly connected: boolean }
  | { readonly type: "resume" | "sessionEnded" | "clear" };

const answers = [
  "ok",
  "ok",
  "Duplicate",
  "Forbidden",
  "BadRequest",
  "InternalServerError",
  "InternalServerError",
];
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("add" as const),
      explicit: fc.oneof(
        { weight: 4, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.nat(30) },
      ),
      forget: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("flush" as const),
      limit: fc.constantFrom(1, 2, 100),
      throwing: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("answer" as const),
      which: fc.nat(1_000),
      answer: fc.constantFrom(...answers),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("abort" as const), which: fc.nat(1_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 400, RETRY_DELAY, ACK_TIMEOUT),
      connected: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: "resume" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "sessionEnded" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "clear" as const }) },
);

const settings: fc.Arbitrary<Settings> = fc.record({
  maxRetries: fc.constantFrom(0, 1, 3),
  resend: fc.boolean(),
  maxPending: fc.constantFrom(2, 5, 1_000),
});

/** Runs a history against the outbox and the model side by side. */
class Twins {
  readonly model: Model;
  readonly bench: OutboxBench;
  readonly aborts = new Map<string, AbortController>();
  readonly used = new Set<number>();
  #count = 0;

  constructor(given: Settings) {
    this.model = new Model(given);
    this.bench = new OutboxBench({
      messageRetry: toSettings({ messageRetryOptions: { maxRetries: given.maxRetries } }).messageRetry,
      resendOnNewConnection: given.resend,
      maxPendingOperations: given.maxPending,
    });
  }

  do(action: Action): void {
    const { model, bench } = this;
    const one = "which" in action ? model.pending[action.which % model.pending.length] : undefined;
    switch (action.type) {
      case "add":
        return this.#add(action.explicit, action.forget);
      case "flush":
        bench.beforeWrite = () => {
          if (action.throwing) throw new Error("send failed");
        };
        bench.flush(action.limit);
        return model.flush(action.limit, action.throwing);
      case "answer":
        if (one === undefined) return;
        bench.answer(one.name, action.answer === "ok" ? undefined : action.answer);
        return one.id === undefined ? undefined : model.answer(one, action.answer);
      case "abort":
        if (one === undefined) return;
        this.aborts.get(one.name)?.abort();
        return model.end(one, "Aborted");
      case "pass":
        bench.now = model.now += action.ms;
        bench.outbox.tick(bench.now, action.connected);
        return model.tick(action.connected);
      case "resume":
        bench.outbox.resume();
        return model.resume();
      case "sessionEnded":
        bench.outbox.sessionEnded(new Error("gone"));
        return model.sessionEnded();
      case "clear":
        bench.outbox.clear(new Error("stopped"));
        return model.clear();
    }
  }

  #add(explicit: number | undefined, forget: boolean): void {
    const { model, bench } = this;
    const name = `op${this.#count++}`;
    const abort = new AbortController();
    const isTaken = !forget && explicit !== undefined && model.pending.some(({ id }) => id === explicit);
    const add = () => bench.add(name, { ackId: explicit, fireAndForget: forget, signal: abort.signal });
    if (isTaken || model.waiting >= model.settings.maxPending) {
      const code = isTaken ? "AckIdInUse" : "TooManyPending";
      expect(add).toThrow(expect.objectContaining({ code }) as Error);
      if (!isTaken && !forget && explicit !== undefined) this.used.add(explicit);
      return;
    }
    const { ackId } = add();
    expect(ackId === undefined).toBe(forget);
    if (ackId !== undefined) {
      if (explicit === undefined) expect(this.used.has(ackId)).toBe(false);
      else expect(ackId).toBe(explicit);
      this.used.add(ackId);
    }
    this.aborts.set(name, abort);
    model.add(name, ackId);
  }

  compare(): void {
    const { model, bench } = this;
    expect(bench.written).toEqual(model.written);
    const endings = [...bench.calls.keys()].flatMap((name): [string, string][] => {
      const ending = bench.ending(name);
      return ending === undefined ? [] : [[name, ending]];
    });
    expect(new Map(endings)).toEqual(model.endings);
    expect(bench.outbox.size).toBe(model.pending.length);
  }
}

const history = fc.array(action, { minLength: 1, maxLength: 80, size: "max" });

test("whatever happens, the outbox does what the delivery promises say", () => {
  fc.assert(
    fc.property(settings, history, (given, actions) => {
      const twins = new Twins(given);
      for (const each of actions) twins.do(each);
      twins.compare();
      // Whatever is left ends in the end, each exactly once: the bench throws on a second time.
      twins.do({ type: "clear" });
      twins.compare();
      expect(twins.model.endings.size).toBe(twins.bench.calls.size);
    }),
    { numRuns: 800 },
  );
});

test("first sendings are in the order of the calls, and an operation has one id for life", () => {
  fc.assert(
    fc.property(settings, history, (given, actions) => {
      const twins = new Twins(given);
      for (const each of actions) twins.do(each);
      const seen = new Map<string, string>();
      let last = -1;
      for (const each of twins.bench.written) {
        const [name = "", id = ""] = each.split("#");
        expect(seen.get(name) ?? id).toBe(id);
        if (seen.has(name)) continue;
        seen.set(name, id);
        const order = Number(name.slice(2));
        // One whose first write the socket threw out comes later.
        if (actions.some((action) => action.type === "flush" && action.throwing)) continue;
        expect(order).toBeGreaterThan(last);
        last = order;
      }
    }),
    { numRuns: 200 },
  );
});

test("nextDue tells the time of the next thing to do", () => {
  fc.assert(
    fc.property(settings, history, (given, actions) => {
      const twins = new Twins(given);
      for (const each of actions) twins.do(each);
      const { model, bench } = twins;
      const delayed = model.delayed.map(({ due }) => due);
      expect(bench.outbox.nextDue(false)).toBe(Math.min(Infinity, ...delayed));
      expect(bench.outbox.nextDue(true)).toBe(
        Math.min(Infinity, ...delayed, ...model.sent.map(({ due }) => due)),
      );
      // Whoever sets a timer by `onDue` alone misses nothing.
      if (bench.outbox.nextDue(true) !== Infinity)
        expect(bench.dueTimes).toContain(bench.outbox.nextDue(true));
    }),
    { numRuns: 200 },
  );
});
