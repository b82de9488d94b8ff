import type { Context, Effect, Event, In, State } from "../../../src/core/connection/state.js";
import type { SavedSession } from "../../../src/core/models/savedSession.js";
import { transition } from "../../../src/core/connection/transition.js";
import { closed, CONTEXT, IDENTITY, Machine, PLACES } from "./machine.js";

const SAVED: SavedSession = {
  version: "web-pubsub-session-1",
  endpoint: "",
  identity: IDENTITY,
  droppedAt: CONTEXT.now - 1_000,
  nextAckId: 1,
  operations: [],
  features: {},
};

/** Something that can happen to the connection. */
interface Occasion {
  readonly event: (state: State) => Event;
  /** Where it can happen. Default: everywhere. */
  readonly where?: (state: State) => boolean;
  /** The state that it happens in. Default: the place's. */
  readonly given?: (state: State) => State;
}

const hasOpenSocket = (state: State): boolean =>
  state.name === "Connected" ||
  (state.name === "Connecting" && state.open) ||
  (state.name === "Recovering" && state.phase === "proving");

const opensSocket = (state: State): boolean =>
  (state.name === "Connecting" && !state.open) || (state.name === "Recovering" && state.phase === "opening");

/** Codes by which a socket may close; the last one stands for every other. */
const CODES = [1000, 1001, 1008, 1009, 1011, 1012, 1013, 1006];
const LOST = (code: number): string => `lost ${code}`;

const JOINED = "the groups are joined, or 5 s have passed";

const OCCASIONS: Record<string, Occasion> = {
  "`start()`": { event: () => ({ type: "start" }) },
  "`start({ keepTrying: true })`": { event: () => ({ type: "start", keepTrying: true }) },
  "the signal of `start` fires": { event: () => ({ type: "abort", error: new Error("aborted") }) },
  "the access URL arrives": {
    event: ({ epoch }) => ({ type: "url", epoch }),
    where: (state) => state.name === "Connecting" && !state.open,
  },
  "the access URL arrives, the session's own": {
    event: ({ epoch }) => ({ type: "url", epoch }),
    where: ({ name }) => name === "Recovering",
    given: (state) => (state.name === "Recovering" ? { ...state, phase: "opening", resumed: true } : state),
  },
  "the access URL arrives, another than the session's": {
    event: ({ epoch }) => ({ type: "url", epoch, isOther: true }),
    where: ({ name }) => name === "Recovering",
    given: (state) => (state.name === "Recovering" ? { ...state, phase: "opening", resumed: true } : state),
  },
  "the socket opens": { event: ({ epoch }) => ({ type: "open", epoch }), where: opensSocket },
  "`connected` message": {
    event: ({ epoch }) => ({ type: "connected", epoch, identity: IDENTITY }),
    where: hasOpenSocket,
  },
  "`connected` message with another id": {
    event: ({ epoch }) => ({ type: "connected", epoch, identity: { ...IDENTITY, connectionId: "b" } }),
    where: hasOpenSocket,
  },
  "`disconnected` message": {
    event: ({ epoch }) => ({
      type: "disconnecting",
      epoch,
      message: { kind: "disconnected", message: "" },
    }),
    where: hasOpenSocket,
  },
  "another frame": { event: ({ epoch }) => ({ type: "frame", epoch }), where: hasOpenSocket },
  [JOINED]: {
    event: () => ({ type: "rejoined", connectionId: IDENTITY.connectionId }),
    where: (state) => "groups" in state && state.groups === "awaited",
  },
  ...Object.fromEntries(
    CODES.map((code): [string, Occasion] => [
      LOST(code),
      {
        event: ({ epoch }) => ({ type: "lost", epoch, error: closed(code) }),
        where: (state) => hasOpenSocket(state) || opensSocket(state) || state.name === "Stopping",
      },
    ]),
  ),
  "the timer fires": { event: () => ({ type: "due" }) },
  "a wake signal": { event: () => ({ type: "wake" }) },
  "`start({ resume })`": { event: () => ({ type: "start", saved: SAVED }) },
  "`suspend()`": { event: () => ({ type: "suspend" }) },
  "`stop()`": { event: () => ({ type: "stop" }) },
  "a drain is over": {
    event: () => ({ type: "drained" }),
    given: (state) => ({ ...state, drainUntil: CONTEXT.now }),
    where: ({ name }) => name !== "Stopped" && name !== "Stopping",
  },
  "`stop({ drainInMs })`": { event: () => ({ type: "drain", until: CONTEXT.now + 1 }) },
};

/** What is done, in words. */
const WORDS: {
  readonly [Type in Effect["type"]]: (effect: Extract<Effect, { type: Type }>, next: State) => string;
} = {
  getUrl: () => "ask for the URL",
  openSocket: (_, { name }) => `open a socket${name === "Recovering" ? " for the same id" : ""}`,
  close: () => "close with 1000",
  drop: () => "drop the socket",
  ping: () => "ping",
  probe: () => "probe the link",
  onDeclined: () => "suspect the unread operations",
  restore: () => "restore what was saved",
  onOpened: () => "begin the session",
  onRecovered: () => "resume the session",
  onLost: () => "end the session",
  onStopped: () => "reject operations",
  settleStart: ({ error }) => (error === undefined ? "resolve `start()`" : "reject `start()`"),
  settleStop: () => "resolve `stop()`",
  changed: () => "emit `state-changed`",
  awaitGroups: () => "wait for the groups",
  drainOperations: () => "refuse new operations",
  emit: ({ event }) => `emit \`${event}\``,
  tellSoon: () => "emit `connected` soon",
  // What it feeds back is listed itself.
  dispatch: () => "",
};

/** Something that a decision depends on beside state and event. */
interface Circumstance {
  readonly context?: Partial<Context>;
  readonly given?: (state: State) => State;
}

const recovering = (change: (state: In<"Recovering">) => State) => (state: State) =>
  state.name === "Recovering" ? change(state) : state;

/** The first one is the rule; of the others only what differs from it is shown. */
const CIRCUMSTANCES: Record<string, Circumstance> = {
  "": {},
  "the protocol isn't reliable, or there is no token": { context: { reliable: false } },
  "the codec can't ping": { context: { canPing: false } },
  "`autoReconnect: false`": { context: { autoReconnect: false } },
  "the retries are used up": { context: { reconnectRetry: { ...CONTEXT.reconnectRetry, maxRetries: 0 } } },
  "the 30 s are over": {
    given: recovering((state) => ({ ...state, deadline: CONTEXT.now, due: CONTEXT.now })),
  },
  "a sleep has outlasted the 30 s": {
    given: recovering((state) => ({ ...state, deadline: CONTEXT.now - 60_000, due: CONTEXT.now - 60_000 })),
  },
};

/** A connection whose groups aren't joined yet; for the rest it is like any other. */
const AWAITED = "Connected (groups awaited)";
const MORE_PLACES: typeof PLACES = {
  [AWAITED]: (context) => {
    const machine = new Machine(context);
    machine.joins = false;
    return machine.connect();
  },
};

interface Outcome {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** One event and all that it feeds back. */
function run(state: State, event: Event, context: Context): Outcome {
  const step = transition(state, event, context);
  let next = step.state;
  const effects: Effect[] = [];
  for (const effect of step.effects) {
    effects.push(effect);
    if (effect.type !== "dispatch") continue;
    const more = run(next, effect.event, context);
    next = more.state;
    effects.push(...more.effects);
  }
  return { state: next, effects };
}

function nameOf(state: State): string {
  if (state.name === "Connecting") return `${state.name} (${state.purpose}${state.open ? ", open" : ""})`;
  return "phase" in state ? `${state.name} (${state.phase})` : state.name;
}

const inMs = (ms: number): string => ms.toLocaleString("en");

/** What an event leads to, as cells of the table; undefined: to nothing. */
function cellsOf(state: State, event: Event, context: Context): string | undefined {
  const early = run(state, event, { ...context, random: 0 });
  const late = run(state, event, { ...context, random: 1 - Number.EPSILON });
  if (early.state === state && early.effects.length === 0) return undefined;
  // With a delay of 0 the first attempt is begun at once, so there the state that waits for it shows.
  const { state: next, effects } = late;
  const waits = nameOf(early.state) === nameOf(next) ? Math.max(0, early.state.due - context.now) : 0;
  const due = Math.max(0, next.due - context.now);
  const isSame = nameOf(next) === nameOf(state) && next.epoch === state.epoch;
  let timer = waits === due ? `${inMs(due)} ms` : `${inMs(waits)} to ${inMs(due)} ms`;
  if (due === Infinity) timer = "";
  else if (next.epoch === state.epoch && next.due === state.due) timer = "goes on";
  const done = effects
    .map((effect) => WORDS[effect.type](effect as never, next))
    .filter((words) => words !== "");
  if (next.disconnectedMessage !== undefined && next.disconnectedMessage !== state.disconnectedMessage)
    done.push("keep it for `disconnected`");
  return `${isSame ? "the same" : nameOf(next)} | ${timer} | ${done.join(", ")}`;
}

/** Occasions that lead to the same, in words. */
function wordsOf(occasions: readonly string[]): string {
  const codes = CODES.filter((code) => occasions.includes(LOST(code)));
  const others = occasions.filter((name) => !codes.some((code) => LOST(code) === name));
  if (codes.length === 0) return others.join(" or ");
  const rest = CODES.at(-1);
  const without = CODES.filter((code) => !codes.includes(code)).join(", ");
  let lost = `lost (${codes.join(", ")})`;
  if (without === "") lost = "lost";
  else if (codes.at(-1) === rest) lost = `lost (any code but ${without})`;
  return [lost, ...others].join(" or ");
}

/** Places of one state: its name is said once. */
function placesOf([first = "", ...others]: readonly string[]): string {
  return [first, ...others.map((place) => place.replace(/^\w+ /, ""))].join(", ");
}

/** Adds to the list of a key. */
function addTo(lists: Map<string, string[]>, key: string, ...items: string[]): void {
  lists.set(key, [...(lists.get(key) ?? []), ...items]);
}

/** The rows of the state table, by running the machine: every state and event that leads to something. */
export function stateTable(): string[] {
  const places = Object.entries({ ...PLACES, ...MORE_PLACES })
    .map(([place, make]) => ({ place, state: make().state }))
    // Some states last only while listeners are called; the table shows what follows on them.
    .filter(({ state: { name, due } }) => due !== Infinity || name === "Stopped" || name === "Connected");
  const rows: string[] = [];
  for (const name of new Set(places.map(({ state }) => state.name))) {
    const here = places.filter(({ state }) => state.name === name);
    const byOutcome = new Map<string, string[]>();
    for (const [occasion, { event, where, given }] of Object.entries(OCCASIONS)) {
      const possible = here.filter(
        ({ place, state }) => where?.(state) !== false && (place !== AWAITED || occasion === JOINED),
      );
      for (const [circumstance, more] of Object.entries(CIRCUMSTANCES)) {
        const outcomes = new Map<string, string[]>();
        for (const { place, state: plain } of possible) {
          const rule = given?.(plain) ?? plain;
          const state = more.given?.(rule) ?? rule;
          const usual = cellsOf(rule, event(rule), CONTEXT);
          const outcome = cellsOf(state, event(state), { ...CONTEXT, ...more.context });
          if (outcome === undefined || (circumstance !== "" && outcome === usual)) continue;
          addTo(outcomes, outcome, place);
        }
        for (const [outcome, from] of outcomes) {
          const isEverywhere = from.length === possible.length && from.length > 1;
          addTo(
            byOutcome,
            JSON.stringify([isEverywhere ? name : placesOf(from), circumstance, outcome]),
            occasion,
          );
        }
      }
    }
    const byOccasion = new Map<string, string[]>();
    for (const [key, occasions] of byOutcome) {
      const [place, circumstance, outcome] = JSON.parse(key) as [string, string, string];
      addTo(byOccasion, JSON.stringify([place, wordsOf(occasions), outcome]), circumstance);
    }
    for (const [key, circumstances] of byOccasion) {
      const [place, when, outcome] = JSON.parse(key) as [string, string, string];
      const condition = circumstances.join(" or ");
      rows.push(`| ${place} | ${when}${condition && `; if ${condition}`} | ${outcome} |`);
    }
  }
  return ["| in | on | next | its timer | what is done, in this order |", "|-|-|-|-|-|", ...rows];
}
