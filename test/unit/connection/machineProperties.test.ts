import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  stopped,
  type Context,
  type Effect,
  type Event,
  type State,
} from "../../../src/core/connection/state.js";
import { transition } from "../../../src/core/connection/transition.js";
import { toSettings } from "../../../src/core/options.js";
import { closed, CONTEXT, IDENTITY, Machine } from "./machine.js";

// Property tests take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const CODES = [1000, 1001, 1006, 1008, 1009, 1012, undefined];

/** One thing that happens: how much time has passed, the chance drawn, and the event. */
interface Happening {
  readonly passed: number;
  readonly random: number;
  /** How far the event's epoch is behind the state's. */
  readonly behind: number;
  readonly kind: Event["type"];
  readonly code: number | undefined;
  readonly connectionId: string;
  readonly token: string;
  readonly keepTrying: boolean;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  passed: fc.constantFrom(0, 1, 40, 999, 5_000, 12_000, 31_000),
  random: fc.constantFrom(0, 0.3, 0.999_999),
  behind: fc.constantFrom(0, 0, 0, 0, 1, 2, -1),
  kind: fc.constantFrom<Event["type"]>(
    "start",
    "start",
    "stop",
    "abort",
    "url",
    "open",
    "open",
    "frame",
    "connected",
    "connected",
    "lost",
    "lost",
    "due",
    "wake",
    "left",
    "disconnecting",
    "drain",
    "drained",
    "tell",
  ),
  code: fc.constantFrom(...CODES),
  connectionId: fc.constantFrom("a", "a", "b", ""),
  token: fc.constantFrom("r", ""),
  keepTrying: fc.boolean(),
});

const context: fc.Arbitrary<Context> = fc.record({
  now: fc.constant(CONTEXT.now),
  random: fc.constant(0.5),
  isStarting: fc.boolean(),
  reliable: fc.boolean(),
  canPing: fc.boolean(),
  autoReconnect: fc.boolean(),
  reconnectRetry: fc.constantFrom(
    toSettings().reconnectRetry,
    ...[0, 1, Infinity].flatMap((maxRetries) =>
      [0, 1_000].map(
        (retryDelayInMs) =>
          toSettings({ reconnectRetryOptions: { maxRetries, retryDelayInMs } }).reconnectRetry,
      ),
    ),
  ),
  connectTimeoutInMs: fc.constantFrom(100, 10_000, 120_000),
});

function toEvent(given: Happening, state: State): Event {
  const epoch = state.epoch - given.behind;
  const identity = { ...IDENTITY, connectionId: given.connectionId, reconnectionToken: given.token };
  switch (given.kind) {
    case "abort":
      return { type: "abort", error: new Error("aborted") };
    case "url":
      return { type: "url", epoch };
    case "connected":
      return { type: "connected", epoch, identity };
    case "lost":
      return { type: "lost", epoch, error: closed(given.code) };
    case "start":
      return { type: "start", keepTrying: given.keepTrying };
    case "disconnecting":
      return { type: "disconnecting", epoch, message: { kind: "disconnected", message: "bye" } };
    case "drain":
      return { type: "drain", until: CONTEXT.now + given.passed };
    case "rejoined":
      return { type: "rejoined", connectionId: given.connectionId };
    case "open":
    case "frame":
      return { type: given.kind, epoch };
    default:
      return { type: given.kind };
  }
}

const opening = (effect: Effect): boolean => effect.type === "openSocket";

/** Runs a history and looks at every step of it. */
function replay(
  given: Context,
  history: readonly Happening[],
  look: (machine: Machine, event: Event) => void,
) {
  const machine = new Machine(given);
  for (const each of history) {
    machine.context = { ...machine.context, now: machine.now + each.passed, random: each.random };
    const event = toEvent(each, machine.state);
    look(machine, event);
    machine.send(event);
  }
  return machine;
}

const history = fc.array(happening, { minLength: 1, maxLength: 60 });
const check = (property: fc.IProperty<[Context, Happening[]]>): void =>
  fc.assert(property, { numRuns: 1_000, endOnFailure: false });

describe("whatever happens", () => {
  test("a stale event changes nothing, and no step opens two sockets", () => {
    check(
      fc.property(context, history, (given, events) => {
        replay(given, events, ({ state, context: now }, event) => {
          const step = transition(state, event, now);
          if ("epoch" in event && event.epoch !== state.epoch) {
            expect(step.state).toBe(state);
            expect(step.effects).toEqual([]);
          }
          expect(step.effects.filter(opening).length).toBeLessThan(2);
        });
      }),
    );
  });

  test("epochs never fall, and every attempt has one of its own", () => {
    check(
      fc.property(context, history, (given, events) => {
        let epoch = 0;
        const attempts: number[] = [];
        let seen = 0;
        replay(given, events, ({ effects, state }) => {
          expect(state.epoch).toBeGreaterThanOrEqual(epoch);
          epoch = state.epoch;
          const isBegun = ({ type }: Effect): boolean =>
            type === "getUrl" || (type === "openSocket" && state.name === "Recovering");
          if (effects.slice(seen).some(isBegun)) attempts.push(epoch);
          seen = effects.length;
        });
        // With its URL the attempt goes on.
        const begun = attempts.filter((each, at) => each !== attempts[at - 1]);
        expect(new Set(begun).size).toBe(begun.length);
      }),
    );
  });

  test("stop leads to Stopped", () => {
    check(
      fc.property(context, history, (given, events) => {
        const machine = replay(given, events, () => undefined);
        machine.send({ type: "stop" });
        if (machine.state.name === "Stopping") machine.due();
        expect(machine.state).toEqual(stopped(machine.state.epoch));
        const { state } = machine;
        const silent = ["url", "open", "frame", "connected", "lost"] as const;
        for (const kind of silent) {
          const event = {
            passed: 0,
            random: 0,
            behind: 0,
            kind,
            code: 1006,
            connectionId: "a",
            token: "r",
            keepTrying: false,
          };
          expect(machine.send(toEvent(event, state)).state).toBe(state);
        }
      }),
    );
  });

  test("each start is settled exactly once, and at the latest when connecting ends", () => {
    check(
      fc.property(context, history, (given, events) => {
        const machine = new Machine(given);
        let waiting = false;
        for (const each of events) {
          machine.context = { ...machine.context, now: machine.now + each.passed, random: each.random };
          const began = machine.state.name === "Stopped" && each.kind === "start";
          machine.take();
          machine.send(toEvent(each, machine.state));
          const settled = machine.take().filter(({ type }) => type === "settleStart").length;
          if (began) waiting = true;
          // Without a caller who waits there is nothing to settle: such effects do nothing.
          if (waiting && settled > 0) {
            expect(settled).toBe(1);
            waiting = false;
          }
          const { state } = machine;
          // A start that keeps trying waits through failed attempts, too.
          if (waiting) expect(["Connecting", "Disconnected"]).toContain(state.name);
          if (state.name === "Connecting" && state.purpose === "start") expect(waiting).toBe(true);
        }
      }),
    );
  });

  test("what is told makes sense: connected, then at most one of recovering and recovered in turn", () => {
    check(
      fc.property(context, history, (given, events) => {
        const machine = replay(given, events, () => undefined);
        let standing: "none" | "up" | "down" = "none";
        for (const effect of machine.effects) {
          if (effect.type !== "emit") continue;
          if (effect.event === "connected") expect(standing).toBe("none");
          if (effect.event === "disconnected") expect(standing).not.toBe("none");
          if (effect.event === "recovering") expect(standing).toBe("up");
          if (effect.event === "recovered") expect(standing).toBe("down");
          if (effect.event === "stopped") expect(standing).toBe("none");
          standing = {
            connected: "up",
            recovered: "up",
            recovering: "down",
            disconnected: "none",
            stopped: "none",
          }[effect.event] as typeof standing;
        }
      }),
    );
  });

  test("a session begins, is resumed and ends in turn", () => {
    check(
      fc.property(context, history, (given, events) => {
        const machine = replay(given, events, () => undefined);
        let session = false;
        for (const { type } of machine.effects) {
          if (type === "onOpened") {
            expect(session).toBe(false);
            session = true;
          } else if (type === "onRecovered" || type === "onLost") {
            expect(session).toBe(true);
            session = type === "onRecovered";
          } else if (type === "onStopped") {
            session = false;
          }
        }
      }),
    );
  });
});
