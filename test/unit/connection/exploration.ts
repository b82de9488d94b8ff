import type { Context, Effect, Event, Identity, State, Step } from "../../../src/core/connection/state.js";
import type { SavedSession } from "../../../src/core/models/savedSession.js";
import { INITIAL_STATE } from "../../../src/core/connection/state.js";
import { transition } from "../../../src/core/connection/transition.js";
import { toSettings } from "../../../src/core/options.js";
import { closed, CONTEXT, NOW } from "./machine.js";

/*
 * Every state that small alphabets of events, times and chances can lead to, found breadth first.
 * Times are kept relative to the present and epochs to the current one, and a time that is past is
 * just past, which makes the states finite; counters are followed up to a bound.
 */
const MAX_ATTEMPT = 3;
const MAX_EARLY_LOSSES = 1;
const EPOCH = 100;

const identity = (connectionId: string, reconnectionToken: string): Identity => ({
  connectionId,
  userId: "ann",
  reconnectionToken,
});

/** A session to resume, with a connection if a token is given. */
const saved = (reconnectionToken?: string): SavedSession => ({
  version: "web-pubsub-session-1",
  endpoint: "",
  identity: reconnectionToken === undefined ? undefined : identity("a", reconnectionToken),
  droppedAt: NOW,
  nextAckId: 1,
  operations: [],
  features: {},
});

const timeless: Event[] = [
  { type: "start" },
  { type: "stop" },
  { type: "suspend" },
  { type: "wake" },
  { type: "left" },
  { type: "rejoined", connectionId: "a" },
];

/** What a socket of an epoch can say. */
const said = (epoch: number): Event[] => [
  { type: "url", epoch },
  { type: "open", epoch },
  { type: "frame", epoch },
  { type: "connected", epoch, identity: identity("a", "r") },
  { type: "connected", epoch, identity: identity("a", "") },
  { type: "connected", epoch, identity: identity("b", "r") },
  ...[1000, 1006, 1008, 1009, 1012].map((code): Event => ({ type: "lost", epoch, error: closed(code) })),
];

const ALPHABET: readonly Event[] = [...timeless, ...said(EPOCH)];
const RESUMING: readonly Event[] = [
  { type: "start", saved: saved() },
  { type: "start", saved: saved("r") },
];
/** Of a session that is resumed. */
const OTHER: Event = { type: "url", epoch: EPOCH, isOther: true };
/** While a caller of `start` waits there may be a signal. */
const STARTING: readonly Event[] = [...ALPHABET, { type: "abort", error: new Error("aborted") }];
const STALE: readonly Event[] = said(EPOCH - 1);

const retries = (maxRetries: number) => toSettings({ reconnectRetryOptions: { maxRetries } }).reconnectRetry;

export interface Configuration extends Partial<Context> {
  /** The groups of a new connection are joined later, not at once. */
  readonly joinsLater?: boolean;
  /** A client may start with the session of another one. */
  readonly resumes?: boolean;
}

export const CONFIGURATIONS: Configuration[] = [
  ...[true, false].flatMap((reliable) => [
    { reliable, autoReconnect: false },
    ...[0, 1, Infinity].map((max) => ({
      reliable,
      reconnectRetry: retries(max),
      resumes: reliable && max === 0,
    })),
  ]),
  // Without a ping an open socket proves a recovery; that has nothing to do with retries.
  { canPing: false, joinsLater: true },
];

/** One event in one state, and where it leads once everything it feeds back is done. */
export interface Edge {
  readonly from: State;
  readonly event: Event;
  readonly context: Context;
  readonly steps: readonly Step[];
  readonly to: State;
}

function fedBack(effect: Effect, context: Configuration): Event | undefined {
  if (effect.type === "dispatch") return effect.event;
  if (effect.type !== "awaitGroups" || context.joinsLater === true) return undefined;
  return { type: "rejoined", connectionId: effect.connectionId };
}

/** One event and what it feeds back; the listeners in between do nothing. */
export function run(from: State, event: Event, context: Context): Step[] {
  const step = transition(from, event, context);
  const steps = [step];
  for (const effect of step.effects) {
    const next = fedBack(effect, context);
    if (next !== undefined) steps.push(...run(steps.at(-1)?.state ?? from, next, context));
  }
  return steps;
}

/**
 * The same state with its times moved so that the present is `NOW`, its epoch a fixed one and its
 * connection named `a`. Of a socket's age only counts whether it has reached 1 s,
 * and of an attempt's age nothing.
 */
function normal(state: State, now: number): State {
  const due = Math.max(state.due - now, -1) + NOW;
  switch (state.name) {
    case "Connected":
    case "Recovering": {
      const known = { ...state.identity, connectionId: "a" };
      const told = state.told && {
        ...state.told,
        connectionId: state.told.connectionId === state.identity.connectionId ? "a" : "z",
      };
      const moved = { ...state, epoch: EPOCH, due, identity: known, told };
      if (moved.name === "Connected") {
        return { ...moved, stableAt: moved.stableAt > now ? NOW + 1_000 : NOW };
      }
      const left = (time: number): number => Math.max(time - now, -1) + NOW;
      // To the second: of the period counts how far its end is.
      const end = moved.period && Math.ceil(left(moved.period.end) / 1_000) * 1_000;
      const period = moved.period && end !== undefined ? { ...moved.period, end } : undefined;
      return { ...moved, since: NOW, deadline: left(moved.deadline), period };
    }
    default:
      return { ...state, epoch: EPOCH, due, told: state.told && { ...state.told, connectionId: "z" } };
  }
}

function keyOf(state: State): string {
  const identity = "identity" in state ? state.identity.reconnectionToken : "";
  const told = state.told && `${state.told.connectionId} ${state.told.recovering}`;
  return Object.values({
    ...state,
    identity,
    told,
    period: "period" in state && state.period && `${state.period.end} ${state.period.moment}`,
    disconnectedMessage: state.disconnectedMessage?.message,
  }).join();
}

export const isFollowed = (state: State): boolean =>
  !("attempt" in state && state.attempt > MAX_ATTEMPT) && state.earlyLosses <= MAX_EARLY_LOSSES;

/** When something happens after a state was entered, and whether its timer is still to fire by then. */
function moments(state: State, punctual: boolean, { resumes }: Configuration): [number, readonly Event[]][] {
  const left = state.due - NOW;
  const isStarting = state.name === "Connecting" && state.purpose === "start";
  const usual = isStarting ? STARTING : ALPHABET;
  const isOpening = state.name === "Recovering" && state.phase === "opening";
  const more = state.name === "Stopped" ? RESUMING : isOpening ? [OTHER] : [];
  const alphabet = resumes === true ? [...usual, ...more] : usual;
  // The last one is a sleep.
  const found = [0, 5_000, 31_000]
    .filter((dt) => !punctual || dt <= left)
    .map((dt): [number, readonly Event[]] => [dt, dt === 0 ? [...alphabet, ...STALE] : alphabet]);
  if (left === Infinity) return found;
  found.push([Math.max(left, 0), [{ type: "due" }]]);
  if (!punctual) found.push([left + 31_000, [{ type: "due" }]]);
  return found;
}

/**
 * Visits every state and every edge.
 * @param punctual no timer fires late and nothing sleeps
 */
export function explore(
  configuration: Configuration,
  punctual: boolean,
  visit: (edge: Edge) => void,
): Map<string, State> {
  const first = normal(INITIAL_STATE, NOW);
  const states = new Map([[keyOf(first), first]]);
  const queue = [first];
  const known = (state: State): State => {
    const key = keyOf(state);
    const found = states.get(key);
    if (found !== undefined) return found;
    states.set(key, state);
    queue.push(state);
    return state;
  };
  for (const from of queue) {
    if (!isFollowed(from)) continue;
    for (const [dt, events] of moments(from, punctual, configuration)) {
      const now = NOW + dt;
      const unchanged = known(normal(from, now));
      for (const random of [0, 0.5]) {
        const context: Context = { ...CONTEXT, ...configuration, now, random };
        for (const event of events) {
          const steps = run(from, event, context);
          const end = steps.at(-1)?.state ?? from;
          visit({ from, event, context, steps, to: end === from ? unchanged : known(normal(end, now)) });
        }
      }
    }
  }
  return states;
}
