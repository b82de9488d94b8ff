import { describe, expect, test } from "vitest";
import type { Event, State } from "../../../src/core/connection/state.js";
import { CONFIGURATIONS, explore, isFollowed, run, type Edge } from "./exploration.js";
import { CONTEXT, NOW, types } from "./machine.js";

const WINDOW = 30_000;
const LAST_CHANCE = 1_000;
/** A timer so late tells of a sleep. */
const LATE = 2_000;
const OPENING = ["getUrl", "openSocket"];

/** What the application calls. */
const ASKED: readonly Event["type"][] = ["start", "stop", "suspend", "abort"];

type Rule = (edge: Edge) => boolean;

const effectsOf = ({ steps }: Edge): string[] =>
  steps.flatMap(({ effects }) => effects.map(({ type }) => type));
const count = (edge: Edge, ...types: string[]): number =>
  effectsOf(edge).filter((type) => types.includes(type)).length;
const mayHaveSocket = (state: State): boolean =>
  !["Stopped", "Disconnected"].includes(state.name) && !("phase" in state && state.phase === "waiting");

/** What must hold for every event in every state. */
const RULES: Record<string, Rule> = {
  "a state that waits has a timer; Stopped and Connected have none": ({ to }) =>
    (to.due === Infinity) === (to.name === "Stopped" || to.name === "Connected"),

  "a stale event changes nothing": ({ from, event, steps }) =>
    !("epoch" in event) || event.epoch === from.epoch || (steps.length === 1 && steps[0]?.state === from),

  "stop leads to Stopped within 50 ms, the socket silent": ({ event, to }) => {
    if (event.type !== "stop" || to.name === "Stopped") return true;
    const end = run(to, { type: "due" }, { ...CONTEXT, now: to.due }).at(-1)?.state;
    return to.name === "Stopping" && to.due - NOW <= 50 && end?.name === "Stopped";
  },

  "a timer that fires leads elsewhere": ({ from, event, to }) => event.type !== "due" || to !== from,

  "no step emits an effect twice": ({ steps }) =>
    steps.every(({ effects }) => new Set(types(effects)).size === effects.length),

  "an end is told before the next beginning, and what was told is true": ({ steps }) =>
    steps.every(({ state, effects }) =>
      effects.every((effect) => {
        if (effect.type !== "emit") return true;
        const id = "identity" in state ? state.identity.connectionId : undefined;
        if (effect.event === "disconnected") return effect.args.connectionId !== id;
        return effect.event === "stopped" || effect.args.connectionId === id;
      }),
    ),

  "nothing is owed in Stopped": ({ to }) => to.name !== "Stopped" || to.told === undefined,

  "no event opens two sockets": (edge) => count(edge, "openSocket") <= 1,

  "no attempt begins beside a socket that may be open": (edge) => {
    const effects = effectsOf(edge);
    const opening = effects.findIndex((type) => OPENING.includes(type));
    if (opening < 0 || edge.event.type === "url" || !mayHaveSocket(edge.from)) return true;
    return effects.slice(0, opening).includes("drop");
  },

  "Connecting for start ends with exactly one settleStart, and nothing settles it before": (edge) => {
    if (edge.from.name !== "Connecting" || edge.from.purpose !== "start") return true;
    return count(edge, "settleStart") === (edge.to.name === "Connecting" ? 0 : 1);
  },

  "whoever waits for stop is told when the client is stopped, but for a failed start": (edge) =>
    edge.to.name !== "Stopped" ||
    edge.from.name === "Stopped" ||
    (edge.from.name === "Connecting" && edge.from.purpose === "start" && edge.event.type !== "stop") ||
    count(edge, "settleStop") === 1,

  "without autoReconnect only start connects": ({ context, steps }) =>
    context.autoReconnect ||
    !steps.some(({ state }) => state.name === "Connecting" && state.purpose === "reconnect"),

  "there are no more attempts than the first one and its retries": ({ context, steps }) =>
    !steps.some(
      ({ state }) => state.name === "Connecting" && state.attempt > context.reconnectRetry.maxRetries + 1,
    ),

  "Recovering is never entered without a reliable codec and a token": ({ context, to }) =>
    to.name !== "Recovering" || (context.reliable && to.identity.reconnectionToken !== ""),

  "a recovery attempt that fails past the window is the last, but for one after a sleep": (edge) => {
    const { from, event, context, steps } = edge;
    if (from.name !== "Recovering" || from.phase === "waiting") return true;
    if (event.type !== "due" && (event.type !== "lost" || event.epoch !== from.epoch)) return true;
    const mayGoOn =
      context.now + LAST_CHANCE < from.deadline || (!from.late && context.now > from.due + LATE);
    return mayGoOn || steps[0]?.state.name !== "Recovering";
  },

  "a wake makes one attempt past the window, not several": ({ from, event, steps }) =>
    from.name !== "Recovering" ||
    from.phase === "waiting" ||
    !from.late ||
    event.type !== "wake" ||
    steps.every(({ effects }) => effects.length === 0),

  "a recovery attempt is given no longer than any other": ({ context, steps }) =>
    steps.every(
      ({ state, effects }) =>
        !effects.some(({ type }) => type === "openSocket") ||
        state.due - context.now <= context.connectTimeoutInMs,
    ),
};

/** What each state has to answer; all else is to leave no trace. */
const MEANINGFUL: Readonly<Record<State["name"], readonly Event["type"][]>> = {
  Stopped: ["start", "stop"],
  Connecting: ["url", "open", "connected", "lost", "due", "wake", "abort", "stop", "suspend"],
  Connected: ["connected", "lost", "wake", "stop", "suspend", "rejoined"],
  Recovering: ["open", "frame", "connected", "lost", "due", "wake", "stop", "suspend", "rejoined"],
  Disconnected: ["due", "wake", "stop", "suspend"],
  Stopping: ["lost", "due"],
};

const isHandled: Rule = ({ from, event, steps: [first] }) => {
  // On a socket that stands a second message of the same kind may mean something or not, and so with the groups.
  if (from.name === "Connected" && event.type === "connected") return true;
  // The URL is asked for in one phase only.
  if (event.type === "rejoined" || (from.name === "Recovering" && event.type === "url")) return true;
  const isStale = "epoch" in event && event.epoch !== from.epoch;
  const means = !isStale && MEANINGFUL[from.name].includes(event.type);
  return means === (first !== undefined && (first.state !== from || first.effects.length > 0));
};

/** An event that means nothing, as far as the rules go: none of them forbids that but these two. */
const isIgnored = ({ from, event, steps: [first] }: Edge): boolean =>
  event.type !== "stop" && event.type !== "due" && first?.state === from && first.effects.length === 0;

/** The first edge that breaks each rule: an assertion on every edge would take minutes. */
function explored(punctual: boolean, rules: Record<string, Rule>) {
  const broken: Record<string, Edge> = {};
  const reached: State[] = [];
  const before = new Map<State, Set<State>>();
  let edges = 0;
  for (const configuration of CONFIGURATIONS) {
    const states = explore(configuration, punctual, (edge) => {
      edges++;
      if (!isHandled(edge)) broken["what means something is handled, and nothing else"] ??= edge;
      if (isIgnored(edge)) return;
      for (const [name, holds] of Object.entries(rules)) if (!holds(edge)) broken[name] ??= edge;
      const { from, event, to } = edge;
      if (ASKED.includes(event.type)) return;
      before.set(to, (before.get(to) ?? new Set()).add(from));
    });
    reached.push(...states.values());
  }
  return { broken, states: reached, before, edges };
}

const place = (state: State): string => ("phase" in state ? `${state.name}/${state.phase}` : state.name);

describe("in every state that can be reached", () => {
  test("the rules hold for every event: early, late and after sleep", () => {
    const { broken, states, before, edges } = explored(false, RULES);
    console.info(`${states.length} states, ${edges} steps in ${CONFIGURATIONS.length} configurations`);
    expect(broken).toEqual({});
    expect([...new Set(states.map(place))].sort()).toEqual([
      "Connected",
      "Connecting",
      "Disconnected",
      "Recovering/opening",
      "Recovering/proving",
      "Recovering/waiting",
      "Stopped",
      "Stopping/closing",
    ]);
    expect(states.length).toBeGreaterThan(5_000);

    // Connected or Stopped can be reached without any call of the application.
    const reaching = new Set(states.filter(({ name }) => name === "Connected" || name === "Stopped"));
    for (const state of reaching) for (const earlier of before.get(state) ?? []) reaching.add(earlier);
    expect(states.filter((state) => isFollowed(state) && !reaching.has(state))).toEqual([]);
  });

  test("Recovering outlives its window by one attempt at most, while timers are punctual", () => {
    const { broken, states } = explored(true, {
      "in time": ({ to }) =>
        to.name !== "Recovering" ||
        to.late ||
        (to.due <= to.deadline && NOW <= to.deadline && to.deadline <= NOW + WINDOW),
    });
    expect(broken).toEqual({});
    expect(states.filter(({ name }) => name === "Recovering").length).toBeGreaterThan(500);
  });
});
