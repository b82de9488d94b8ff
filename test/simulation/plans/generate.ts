import {
  GROUPS,
  type Call,
  type ClientPlan,
  type Plan,
  type Reaction,
  type ServiceTrouble,
  type Step,
  type Trouble,
} from "./plan.js";
import { Random } from "./random.js";

/** The part of the plans in which sessions go from one client to the next. */
const HAND_OVERS = 0.2;

/**
 * A random plan. Each seed picks a few kinds of trouble and repeats them, which finds more than a
 * little of everything does.
 */
export function generate(seed: number): Plan {
  const random = new Random(seed, 1);
  const clients = Array.from({ length: random.between(1, 3) }, () => clientPlan(random));
  const steps: Step[] = clients.map((_, client) => ({
    at: random.between(0, 50),
    client,
    what: { do: "start" as const },
  }));
  const kinds = pickKinds(random);
  const pace = random.pick([30, 300, 2_000, 6_000]);
  const count = random.between(5, random.pick([12, 25, 40]));
  let at = random.pick([0, 20, 100, 1_000]);
  for (let i = 0; i < count; i++) {
    // Trouble is worst when it comes close to other trouble.
    at += random.chance(0.4) ? random.between(0, 3) : random.between(0, pace);
    const kind = random.pick(kinds);
    const client = random.between(0, clients.length - 1);
    if (kind in CALLS) steps.push({ at, client, what: CALLS[kind as keyof typeof CALLS](random) });
    else if (kind in TROUBLES)
      steps.push({ at, client, what: TROUBLES[kind as keyof typeof TROUBLES](random) });
    else steps.push({ at, what: SERVICE[kind as keyof typeof SERVICE](random) });
  }
  steps.sort((a, b) => a.at - b.at);
  if (kinds.includes("suspend")) allowSuspensions(steps, random);
  const duration = at + random.pick([100, 2_000, 20_000]);
  return { seed, duration, ...(random.chance(0.6) ? { announces: false } : undefined), clients, steps };
}

/** Listeners suspend too. */
function allowSuspensions(steps: Step[], random: Random): void {
  for (const [index, { at, client, what }] of steps.entries()) {
    if (client === undefined || what.do !== "react" || !("do" in what.reaction)) continue;
    if (random.chance(0.5)) steps[index] = { at, client, what: { ...what, reaction: CALLS.suspend(random) } };
  }
}

function clientPlan(random: Random): ClientPlan {
  const low = random.pick([1, 5, 50]);
  return {
    reliable: random.chance(0.85),
    ...(random.chance(0.3) ? { protobuf: true } : undefined),
    browser: random.chance(0.3),
    latency: [low, low * random.pick([1, 2, 8])],
    tokenLifeInMs: random.pick([1_000_000, 1_000_000, 15_000]),
    autoReconnect: random.chance(0.93),
    autoRejoinGroups: random.chance(0.9),
    ...(random.chance(0.2) ? { restoreGroupStates: false } : undefined),
    resendOnNewConnection: random.chance(0.85),
    maxPendingOperations: random.pick([10_000, 10_000, 3]),
    ackTimeoutInMs: random.pick([30_000, 30_000, 3_000]),
    maxReconnects: random.chance(0.93) ? -1 : random.between(0, 3),
    maxRetries: random.pick([3, 3, 0, 1]),
  };
}

function acknowledged(random: Random): { ackId?: number; abortAfter?: number } {
  return {
    ...(random.chance(0.1) ? { ackId: random.pick([7, 20, 21, random.between(30, 3_000)]) } : undefined),
    ...(random.chance(0.12) ? { abortAfter: random.pick([-1, 0, 1, 10, 60, 300, 3_000]) } : undefined),
  };
}

const group = (random: Random): string => (random.chance(0.06) ? "closed" : random.pick(GROUPS.slice(0, 3)));

/** Some are larger than a window, by number or by size, if nobody looks after it. */
function burst(random: Random): { times: number; bytes?: number } {
  if (random.chance(0.001)) return { times: 400 };
  return random.chance(0.0003) ? { times: 24, bytes: 250_000 } : { times: random.between(2, 6) };
}

/** A call about the one group that all such calls are about, perhaps given up soon. */
function crowd(random: Random): Call {
  const more = {
    group: "open1",
    ...(random.chance(0.3) ? { abortAfter: random.pick([0, 1, 5, 10, 60, 1_000]) } : undefined),
  };
  const what = random.pick(["join", "leave", "state", "state", "watch", "unwatch"] as const);
  if (what !== "state") return { do: what, ...more };
  return random.chance(0.75)
    ? { do: what, value: String(random.between(1, 99)), ...more }
    : { do: what, ...more };
}

const CALLS = {
  start: (random) => ({
    do: "start",
    ...(random.chance(0.2) ? { abortAfter: random.pick([-1, 0, 5, 50, 400]) } : undefined),
    ...(random.chance(0.2) ? { keepTrying: true } : undefined),
  }),
  tryOn: (random) => ({
    do: "start",
    keepTrying: true,
    ...(random.chance(0.2) ? { abortAfter: random.pick([0, 5, 50, 400]) } : undefined),
  }),
  stop: (random) => ({
    do: "stop",
    ...(random.chance(0.4) ? { drain: random.pick([1, 50, 1_000, 20_000]) } : undefined),
  }),
  drain: (random) => ({ do: "stop", drain: random.pick([50, 1_000, 20_000]) }),
  join: (random) => ({ do: "join", group: group(random), ...acknowledged(random) }),
  leave: (random) => ({ do: "leave", group: group(random), ...acknowledged(random) }),
  send: (random) => ({
    do: "send",
    group: group(random),
    ...(random.chance(0.2) ? { noEcho: true } : undefined),
    ...(random.chance(0.2) ? { forget: true } : undefined),
    ...(random.chance(0.05) ? { ttl: random.pick([0, 1, 5]) } : undefined),
    ...(random.chance(0.2) ? burst(random) : acknowledged(random)),
  }),
  event: (random) => ({
    do: "event",
    ...(random.chance(0.2) ? { forget: true } : undefined),
    ...(random.chance(0.5) ? { reply: true } : undefined),
    ...acknowledged(random),
  }),
  state: (random) => ({
    do: "state",
    group: group(random),
    ...(random.chance(0.75) ? { value: String(random.between(1, 99)) } : undefined),
    ...acknowledged(random),
  }),
  watch: (random) => ({ do: "watch", group: group(random), ...acknowledged(random) }),
  unwatch: (random) => ({ do: "unwatch", group: group(random), ...acknowledged(random) }),
  crowd: (random) => crowd(random),
  subscribe: (random) => ({
    do: "subscribe",
    group: group(random),
    ...(random.chance(0.3) ? { loop: random.pick([0, 0, 3]) } : undefined),
  }),
  unsubscribe: (random) => ({ do: "unsubscribe", group: group(random) }),
  retain: () => ({ do: "retain" }),
  release: () => ({ do: "release" }),
  stream: (random) => ({
    do: "stream",
    group: group(random),
    fragments: random.chance(0.03) ? 200 : random.pick([0, 1, 3, 10, 40]),
    pace: random.pick([0, 0, 1, 50, 1_000]),
    finish: random.pick(["end", "end", "end", "abort", "none"] as const),
    ...(random.chance(0.2) ? { noEcho: true } : undefined),
    ...(random.chance(0.15) ? { idleTimeoutInMs: random.pick([500, 5_000]) } : undefined),
    ...(random.chance(0.15) ? { abortAfter: random.pick([-1, 0, 1, 10, 300]) } : undefined),
  }),
  invoke: (random) => ({
    do: "invoke",
    timeoutInMs: random.pick([500, 5_000, 600_000]),
    ...(random.chance(0.2) ? { abortAfter: random.pick([-1, 0, 1, 10, 60, 300]) } : undefined),
  }),
  suspend: (random) => ({
    do: "suspend",
    pause: random.pick([0, 0, 1, 20, 300, 3_000, 12_000, 29_500, 40_000]),
    by: random.chance(0.75) ? "another" : "same",
    ...(random.chance(0.7) ? { subscribes: true } : undefined),
  }),
  revert: (random) => ({
    do: "revert",
    age: random.pick([0, 1, 20, 300, 3_000]),
    ends: random.chance(0.7) ? "dies" : "stops",
    pause: random.pick([0, 20, 3_000, 12_000, 29_500]),
    ...(random.chance(0.7) ? { subscribes: true } : undefined),
  }),
  double: (random) => ({
    do: "double",
    of: random.chance(0.5) ? "snapshot" : "value",
    age: random.pick([0, 1, 20, 300, 3_000, 12_000]),
  }),
} satisfies Record<string, (random: Random) => Call>;

function breaking(random: Random) {
  return {
    clientLearns: random.pick([0, 0, 1, 20, 200, 5_000, -1]),
    serviceLearns: random.pick([0, 0, 1, 20, 200, 5_000, -1]),
    loseUp: random.chance(0.5),
    loseDown: random.chance(0.7),
  };
}

export const TROUBLES = {
  cut: (random) => ({ do: "cut", ...breaking(random) }),
  cutAfter: (random) => ({
    do: "cutAfter",
    direction: random.pick(["up", "down"] as const),
    frames: random.between(1, 4),
    ...breaking(random),
  }),
  stall: (random) => ({
    do: "stall",
    direction: random.pick(["up", "down"] as const),
    for: random.pick([100, 1_000, 8_000, 30_000]),
  }),
  crawl: (random) => ({
    do: "crawl",
    direction: random.pick(["up", "down"] as const),
    perFrame: random.pick([5, 50, 400]),
    for: random.pick([1_000, 20_000]),
  }),
  closeStreams: (random) => ({
    do: "closeStreams",
    name: random.pick(["InternalServerError", "Forbidden", "IdleTimeout"]),
  }),
  freeze: (random) => ({
    do: "freeze",
    for: random.pick([500, 5_000, 40_000, 100_000]),
    wakes: random.chance(0.6),
    ...(random.chance(0.6) ? { first: random.pick(["timers", "frames"] as const) } : undefined),
  }),
  wake: () => ({ do: "wake" }),
  clockJump: (random) => ({
    do: "clockJump",
    by: random.pick([2_500, 60_000, 3_600_000, -2_500, -3_600_000]),
  }),
  sendThrows: (random) => ({ do: "sendThrows", times: random.between(1, 4) }),
  credential: (random) => ({
    do: "credential",
    how: random.pick(["fails", "hangs", "lies", "slow"] as const),
    for: random.pick([50, 1_000, 12_000]),
  }),
  kick: (random) => ({ do: "kick", code: random.pick([1008, 1000, 1001, 1011, "cut"] as const) }),
  react: (random) => ({
    do: "react",
    event: random.pick([
      "state-changed",
      "state-changed",
      "connected",
      "disconnected",
      "recovering",
      "recovered",
      "stopped",
      "group-message",
    ]),
    times: random.between(1, 2),
    reaction: reaction(random),
  }),
} satisfies Record<string, (random: Random) => Trouble>;

const EVERYWHERE = (Object.keys(CALLS) as (keyof typeof CALLS)[]).filter(
  (kind) => kind !== "suspend" && kind !== "revert" && kind !== "double",
);

function reaction(random: Random): Reaction {
  if (random.chance(0.3)) return { throws: random.pick(["sync", "async"] as const) };
  return CALLS[random.pick(EVERYWHERE)](random);
}

export const SERVICE = {
  restart: (random) => ({
    do: "restart",
    how: random.pick(["close", "cut", "die"] as const),
    code: random.pick([1012, 1001, 1013, 1008, 1011, 1000]),
    downFor: random.pick([0, 100, 3_000, 20_000]),
  }),
  door: (random) => ({
    do: "door",
    how: random.pick(["refuse", "hang", "reset"] as const),
    only: random.pick(["new", "recovery", "all"] as const),
    for: random.pick([10, 1_000, 8_000, 40_000]),
  }),
  refuseOperations: (random) => ({
    do: "refuseOperations",
    times: random.between(1, 5),
    name: random.chance(0.25) ? "Forbidden" : "InternalServerError",
  }),
  swallowAcks: (random) => ({ do: "swallowAcks", times: random.between(1, 3) }),
  delayAcks: (random) => ({
    do: "delayAcks",
    times: random.between(1, 6),
    by: random.pick([5, 100, 2_000, 10_000]),
  }),
  silentRecoveries: (random) => ({ do: "silentRecoveries", times: random.between(1, 3) }),
  replayTwice: (random) => ({ do: "replayTwice", times: random.between(1, 2) }),
  rejectRecoveries: (random) => ({ do: "rejectRecoveries", times: random.between(1, 2) }),
  handler: (random) => ({
    do: "handler",
    how: random.pick(["fails", "slow"] as const),
    times: random.between(1, 5),
    by: random.pick([1, 50, 2_000, 12_000]),
  }),
  nackFragments: (random) => ({
    do: "nackFragments",
    times: random.between(1, 4),
    name: random.pick(["TransientError", "InvalidSequenceId"]),
  }),
  refuseStreams: (random) => ({ do: "refuseStreams", times: random.between(1, 2) }),
  holdStreamAcks: (random) => ({
    do: "holdStreamAcks",
    times: random.between(1, 5),
    by: random.pick([-1, 5, 300, 5_000]),
  }),
  holdInvocations: (random) => ({
    do: "holdInvocations",
    times: random.between(1, 3),
    by: random.pick([5, 300, 5_000, 20_000]),
  }),
  publish: (random) => ({
    do: "publish",
    group: random.pick(GROUPS.slice(0, 3)),
    // A burst that a reader who is away can't take.
    times: random.chance(0.003) ? 1_100 : random.pick([1, 1, 3, 10, 80]),
    ttl: random.chance(0.1) ? random.pick([1, 10]) : 0,
    ...(random.chance(0.0005) ? { bytes: 250_000 } : undefined),
  }),
} satisfies Record<string, (random: Random) => ServiceTrouble>;

/** What a step may do. */
export const KINDS: readonly string[] = [CALLS, TROUBLES, SERVICE].flatMap(Object.keys);

/** A few kinds of trouble, with enough of an application to suffer it. */
function pickKinds(random: Random): string[] {
  const troubles = [...Object.keys(TROUBLES), ...Object.keys(SERVICE), "start", "stop"];
  const kinds = ["join", "join", "send", "send", "send"];
  if (random.chance(0.5)) kinds.push("leave", "leave");
  if (random.chance(0.5)) kinds.push("event");
  // Kinds that do most together.
  if (random.chance(0.06)) kinds.push("event", "event", "handler");
  if (random.chance(0.06)) kinds.push("credential", "credential", "restart");
  if (random.chance(0.06)) kinds.push("kick", "kick", "refuseOperations", "refuseOperations");
  if (random.chance(0.06))
    kinds.push("drain", "start", "invoke", "stream", "holdInvocations", "holdStreamAcks");
  if (random.chance(0.06)) kinds.push("invoke", "invoke", "holdInvocations", "handler", "cut", "cut");
  if (random.chance(0.5)) kinds.push("publish");
  if (random.chance(0.6)) kinds.push("cut", "cutAfter");
  if (random.chance(0.25)) kinds.push("subscribe", "subscribe", "unsubscribe", "publish");
  if (random.chance(0.06)) kinds.push("retain", "retain", "release", "release");
  if (random.chance(0.04)) kinds.push("retain", "release", "stop", "start", "door");
  if (random.chance(0.04)) kinds.push("wake", "wake", "wake", "freeze", "freeze", "freeze");
  if (random.chance(0.04)) kinds.push("tryOn", "tryOn", "stop", "door", "credential");
  if (random.chance(0.04)) kinds.push("state", "state", "state", "kick", "restart");
  if (random.chance(0.3)) kinds.push("stream", "stream");
  if (random.chance(0.2)) kinds.push("invoke", "invoke");
  if (random.chance(0.25)) kinds.push("state", "state", "watch", "unwatch");
  if (random.chance(0.1))
    kinds.push(...Array<string>(8).fill("crowd"), "delayAcks", "swallowAcks", "subscribe");
  for (let i = random.between(1, 5); i > 0; i--) kinds.push(random.pick(troubles));
  if (!random.chance(HAND_OVERS)) return kinds;
  kinds.push("suspend", ...(random.chance(0.3) ? ["suspend", "suspend"] : []));
  if (random.chance(0.2)) kinds.push("revert");
  if (random.chance(0.2)) kinds.push("double");
  return kinds;
}
