import { FormulaCaller, REFERENCE, type Formula, type RecoveryDelay } from "./formulaCaller.js";
import type { MakeCaller } from "./caller.js";
import type { Outage } from "./herd.js";
import { MachineCaller } from "./machineCaller.js";

/** The client with default options, and the reference client. */
export const clients: Readonly<Record<"ours" | "reference", MakeCaller>> = {
  ours: (outlet) => new MachineCaller(outlet),
  reference: (outlet) => new FormulaCaller(outlet, REFERENCE),
};

export interface Scenario {
  readonly title: string;
  readonly outage: Outage;
}

/** No outage of 20 s, but one that is long enough for all delays to have grown. */
export function longOutage(count: number): Scenario {
  const { outage } = scenarios(count)["cut"] as Scenario;
  return {
    title: "Without warning, for 2 minutes; then takes everyone at once",
    outage: { ...outage, awayInMs: 120_000 },
  };
}

/**
 * Outages of other lengths, in ms. After 16 s the service returns soon after a period of 5 s has begun: a client that has
 * made its attempt of this period waits for the next one. After 32 s all recoveries have failed.
 */
const OTHER_LENGTHS = { blink: 500, blip: 1_500, short: 3_000, uneven: 16_000, late: 32_000 };

/**
 * Outages of 20 s, and of other lengths. The service that takes few handshakes takes a twentieth of its clients each
 * second.
 */
export function scenarios(count: number): Readonly<Record<string, Scenario>> {
  const cut: Outage = {
    clients: count,
    seed: 1,
    awayInMs: 20_000,
    closeCode: 1006,
    sessions: "kept",
    whileAway: "refused",
    handshakesPerSecond: Infinity,
    refusalCost: 0,
  };
  const restart: Outage = { ...cut, closeCode: 1012, sessions: "gone" };
  const perSecond = Math.ceil(count / 20);
  const few = { handshakesPerSecond: perSecond };
  const slow = { ...few, refusalCost: 1 / 20 };
  const limit = `takes ${perSecond.toLocaleString("en")} handshakes a second`;
  const costly = `${limit}, a refusal costs 1/20 of one`;
  const others = Object.fromEntries(
    Object.entries(OTHER_LENGTHS).map(([name, awayInMs]) => [
      name,
      {
        title: `Without warning, for ${awayInMs / 1_000} s; then takes everyone at once`,
        outage: { ...cut, awayInMs },
      },
    ]),
  );
  return {
    cut: { title: "Without warning; then takes everyone at once", outage: cut },
    restart: { title: "Closed with 1012, sessions gone; then takes everyone at once", outage: restart },
    cutFew: { title: `Without warning; then ${limit}`, outage: { ...cut, ...few } },
    restartFew: { title: `Closed with 1012, sessions gone; then ${limit}`, outage: { ...restart, ...few } },
    cutSlow: { title: `Without warning; then ${costly}`, outage: { ...cut, ...slow } },
    restartSlow: {
      title: `Closed with 1012, sessions gone; then ${costly}`,
      outage: { ...restart, ...slow },
    },
    unanswered: {
      title: "Without warning, handshakes are not answered; then takes everyone at once",
      outage: { ...cut, whileAway: "unanswered" },
    },
    ...others,
  };
}

const growingReconnection =
  (most: number): Formula["reconnect"] =>
  (retry, random) =>
    random * Math.min(most, 1_000 * 2 ** (retry - 1));
const OUR_RECONNECTION = growingReconnection(30_000);
/** Over which first attempts are spread after a restart, and after a recovery that failed. */
const SPREAD = 5_000;
/** The last attempt to recover begins by then, in ms after the drop. */
const LATEST = 29_000;

/** Policies that were weighed. */
function weighed(recovery: Formula["recovery"], reconnect = OUR_RECONNECTION): MakeCaller {
  const formula: Formula = {
    first: (code, random) => (code === 1012 ? random * SPREAD : 0),
    recovery,
    windowInMs: 30_000,
    lastChanceInMs: 2_000,
    turn: (random) => random * SPREAD,
    reconnect,
    timeoutInMs: 10_000,
  };
  return (outlet) => new FormulaCaller(outlet, formula);
}

/** By delays from one attempt to the next. A delay past the end becomes a random one until then. */
function delayed(delayOf: (refused: number, random: number) => number): MakeCaller {
  return weighed(() => (refused, random, sinceDrop) => {
    const delay = delayOf(refused, random);
    const left = LATEST - sinceDrop;
    return delay <= left ? delay : random * left;
  });
}
const growing = (first: number, most: number, least: number) =>
  delayed((refused, random) => {
    const bound = Math.min(most, first * 2 ** (refused - 1));
    return refused === 1 ? random * bound : bound * (least + (1 - least) * random);
  });
const evenly =
  (inMs: number) =>
  (refused: number, random: number): number =>
    inMs * (refused === 1 ? random : 1 - (1 - random) ** 6);

/**
 * By periods, in each of which one attempt is made.
 * @param lengthOf the period that begins so long after the drop, in ms
 * @param same whether a client takes the same random moment of each of its periods, instead of another one each time
 */
function periods(lengthOf: (sinceDropInMs: number) => number, same = true): () => RecoveryDelay {
  return () => {
    let end = -Infinity;
    let chosen: number | undefined;
    return (_, random, sinceDrop) => {
      const inPeriod = (begin: number, at: number): number => {
        end = begin + lengthOf(begin);
        return begin - sinceDrop + Math.floor(at * Math.max(0, Math.min(end, LATEST) - begin));
      };
      // After the attempt of the last period, further ones follow in what is left.
      if (end >= LATEST) return inPeriod(sinceDrop, random);
      if (!same) return inPeriod(Math.max(sinceDrop, end), random);
      chosen ??= random;
      const delay = inPeriod(end, chosen);
      return delay >= 0 ? delay : inPeriod(sinceDrop, chosen);
    };
  };
}
const ourPeriod = (begin: number): number => (begin < 3_000 ? 1_000 : begin < 5_000 ? 2_000 : 5_000);
const OUR_RECOVERY = periods(ourPeriod);

/** The policy of this client, as a formula. */
export const OURS = "periods of 1, 1, 1, 2, then 5 s (ours)";
/** Policies that this client had before: what a single client waits wasn't weighed in the first one. */
export const FORMER = "5 s, evenly";
export const ANY_MOMENT = "the same, at another moment of each period";

export const weighedPolicies: Readonly<Record<string, MakeCaller>> = {
  "full jitter, 2 s doubling to 30 s": growing(2_000, 30_000, 0),
  "half jitter, 2 s doubling to 8 s": growing(2_000, 8_000, 0.5),
  "half jitter, 4 s doubling to 8 s": growing(4_000, 8_000, 0.5),
  "full jitter, 5 s": growing(5_000, 5_000, 0),
  "2.5 s, evenly": delayed(evenly(2_500)),
  [FORMER]: delayed(evenly(5_000)),
  "periods of 1 s": weighed(periods(() => 1_000)),
  [OURS]: weighed(OUR_RECOVERY),
  [ANY_MOMENT]: weighed(periods(ourPeriod, false)),
};

/** How new connections are made once the recovery has failed. */
export const weighedReconnections: Readonly<Record<string, MakeCaller>> = {
  "full jitter, 1 s doubling to 30 s (ours)": weighed(OUR_RECOVERY),
  "full jitter, 1 s doubling to 10 s": weighed(OUR_RECOVERY, growingReconnection(10_000)),
  "5 s, evenly": weighed(OUR_RECOVERY, evenly(5_000)),
};
