import { SERVICE, TROUBLES } from "../plans/generate.js";
import { GROUPS, type ServiceTrouble } from "../plans/plan.js";
import { Random } from "../plans/random.js";
import type { PageTrouble, TabCall, TabPlan, TabsPlan, TabsStep, WorkerTrouble } from "./plan.js";

/** A random plan: a few kinds of trouble, repeated. */
export function generateTabs(seed: number): TabsPlan {
  const random = new Random(seed, 21);
  const tabs = Array.from({ length: random.between(1, 6) }, () => tabPlan(random));
  const outsiders = random.between(1, 2);
  const asksTab = random.chance(0.2);
  const steps: TabsStep[] = tabs.map((_, tab) => ({
    at: random.between(0, random.pick([5, 500, 5_000])),
    tab,
    what: { do: "start" as const },
  }));
  const kinds = pickKinds(random, asksTab);
  const pace = random.pick([30, 300, 2_000, 6_000]);
  let at = random.pick([0, 20, 400, 3_000]);
  for (let i = random.between(8, random.pick([20, 40, 60])); i > 0; i--) {
    at += random.chance(0.4) ? random.between(0, 3) : random.between(0, pace);
    const kind = random.pick(kinds);
    const tab = random.between(0, tabs.length - 1);
    if (kind in CALLS) {
      const what = CALLS[kind as keyof typeof CALLS](random);
      const isOutside = FOR_ALL.has(kind) && random.chance(0.3);
      if (isOutside) steps.push({ at, outsider: random.between(0, outsiders - 1), what });
      else steps.push({ at, tab, what });
    } else if (kind in PAGE) steps.push({ at, tab, what: PAGE[kind as keyof typeof PAGE](random) });
    else if (kind in WORKER)
      steps.push({ at, worker: true, what: WORKER[kind as keyof typeof WORKER](random) });
    else steps.push({ at, service: true, what: serviceTrouble(kind, random) });
  }
  steps.sort((one, other) => one.at - other.at);
  const low = random.pick([1, 5, 50]);
  return {
    seed,
    duration: Math.max(...steps.map((step) => step.at)) + random.pick([100, 2_000, 20_000]),
    ...(random.chance(0.6) ? { announces: false } : undefined),
    locks: random.chance(0.6),
    asksTab,
    protobuf: random.chance(0.2),
    latency: [low, low * random.pick([1, 2, 8])],
    lingers: random.pick([0, 100, 40_000]),
    tabs,
    outsiders,
    steps,
  };
}

/** Messages don't expire: what the service drops then isn't the tabs' matter. */
function serviceTrouble(kind: string, random: Random): ServiceTrouble {
  const what = SERVICE[kind as keyof typeof SERVICE](random);
  return what.do === "publish" ? { ...what, ttl: 0 } : what;
}

function tabPlan(random: Random): TabPlan {
  const low = random.pick([0, 0, 1, 20]);
  return {
    latency: [low, low + random.pick([0, 2, 30])],
    keepTrying: random.chance(0.7),
    resendOnNewConnection: random.chance(0.85),
  };
}

const FOR_ALL: ReadonlySet<string> = new Set(["send", "event", "invoke", "stream", "set", "join"]);

const group = (random: Random): string => (random.chance(0.04) ? "closed" : random.pick(GROUPS.slice(0, 3)));

const abortable = (random: Random): { abortAfter?: number } =>
  random.chance(0.1) ? { abortAfter: random.pick([0, 1, 5, 10, 60, 300, 3_000]) } : {};

const CALLS = {
  start: () => ({ do: "start" }),
  stop: () => ({ do: "stop" }),
  join: (random) => ({ do: "join", group: group(random), ...abortable(random) }),
  leave: (random) => ({ do: "leave", group: group(random), ...abortable(random) }),
  watch: (random) => ({ do: "watch", group: group(random), ...abortable(random) }),
  unwatch: (random) => ({ do: "unwatch", group: group(random), ...abortable(random) }),
  set: (random) => ({
    do: "set",
    group: group(random),
    value: String(random.between(1, 999)),
    ...abortable(random),
  }),
  clear: (random) => ({ do: "clear", group: group(random), ...abortable(random) }),
  send: (random) => ({
    do: "send",
    group: group(random),
    ...(random.chance(0.3) ? { noEcho: true } : undefined),
    ...(random.chance(0.2) ? { forget: true } : undefined),
    ...(random.chance(0.3) ? { times: random.between(2, 6) } : abortable(random)),
  }),
  event: (random) => ({
    do: "event",
    ...(random.chance(0.2) ? { forget: true } : undefined),
    ...abortable(random),
  }),
  invoke: (random) => ({ do: "invoke", ...abortable(random) }),
  stream: (random) => ({
    do: "stream",
    group: random.pick(GROUPS.slice(0, 3)),
    ...(random.chance(0.3) ? { id: random.pick(["one", "two"]) } : undefined),
    fragments: random.between(1, random.pick([3, 12, 40])),
    pace: random.pick([0, 1, 100, 2_000]),
    ...(random.chance(0.5) ? { noEcho: true } : undefined),
    finish: random.chance(0.8) ? "end" : "abort",
  }),
} satisfies Record<string, (random: Random) => TabCall>;

const PAGE = {
  crash: () => ({ do: "crash" }),
  close: () => ({ do: "close" }),
  hide: (random) => ({ do: "hide", for: random.pick([0, 5, 500, 20_000, 100_000]) }),
  sleep: (random) => ({
    do: "freeze",
    for: random.pick([50, 1_000, 12_000, 35_000, 90_000]),
    ...(random.chance(0.6) ? { first: random.pick(["timers", "frames"] as const) } : undefined),
  }),
  pageWakes: () => ({ do: "wake" }),
} satisfies Record<string, (random: Random) => PageTrouble>;

const WORKER = {
  die: () => ({ do: "die" }),
  unloadable: (random) => ({ do: "unloadable", for: random.pick([100, 5_000]) }),
  cut: TROUBLES.cut,
  cutAfter: TROUBLES.cutAfter,
  lineStalls: TROUBLES.stall,
  crawl: TROUBLES.crawl,
  closeStreams: TROUBLES.closeStreams,
  kick: TROUBLES.kick,
  workerWakes: TROUBLES.wake,
  workerSleeps: TROUBLES.freeze,
} satisfies Record<string, (random: Random) => WorkerTrouble>;

/** A page that doesn't reach its worker in time has a connection of its own, if it has a URL. */
const MAKES_FALL_BACK: ReadonlySet<string> = new Set(["die", "unloadable", "workerSleeps", "sleep", "hide"]);

function pickKinds(random: Random, asksTab: boolean): string[] {
  const troubles = [...Object.keys(PAGE), ...Object.keys(WORKER), ...Object.keys(SERVICE)];
  const kinds = ["join", "join", "join", "send", "send", "send", "start"];
  if (random.chance(0.5)) kinds.push("leave", "leave");
  if (random.chance(0.4)) kinds.push("stop", "start");
  if (random.chance(0.4)) kinds.push("crash", "start");
  if (random.chance(0.3)) kinds.push("close", "start");
  if (random.chance(0.3)) kinds.push("event", "event");
  if (random.chance(0.4)) kinds.push("publish", "publish");
  if (random.chance(0.6)) kinds.push("cut", "cutAfter");
  if (random.chance(0.3)) kinds.push("stream", "stream");
  if (random.chance(0.3)) kinds.push("invoke", "invoke");
  if (random.chance(0.3)) kinds.push("set", "set", "clear", "watch", "unwatch");
  if (random.chance(0.1)) kinds.push("die", "start");
  for (let i = random.between(1, 4); i > 0; i--) kinds.push(random.pick(troubles));
  return asksTab ? kinds.filter((kind) => !MAKES_FALL_BACK.has(kind)) : kinds;
}
