import { FormulaCaller, REFERENCE, type Formula } from "./formulaCaller.js";
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

/** Outages of 20 s. The service that takes few handshakes takes a twentieth of its clients each second. */
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
    short: {
      title: "Without warning, for 3 s; then takes everyone at once",
      outage: { ...cut, awayInMs: 3_000 },
    },
  };
}

const growingReconnection =
  (most: number): Formula["reconnect"] =>
  (retry, random) =>
    random * Math.min(most, 1_000 * 2 ** (retry - 1));
const OUR_RECONNECTION = growingReconnection(30_000);
const OUR_PERIOD = 5_000;

/** Policies that were weighed. */
function weighed(recovery: Formula["recovery"], reconnect = OUR_RECONNECTION): MakeCaller {
  const formula: Formula = {
    first: (code, random) => (code === 1012 ? random * 5_000 : 0),
    recovery: (retry, random, left) => {
      const delay = recovery(retry, random, left);
      return delay <= left - 1_000 ? delay : random * (left - 1_000);
    },
    windowInMs: 30_000,
    lastChanceInMs: 2_000,
    turn: (random) => random * OUR_PERIOD,
    reconnect,
    timeoutInMs: 10_000,
  };
  return (outlet) => new FormulaCaller(outlet, formula);
}

const growing = (first: number, most: number, least: number) =>
  weighed((retry, random) => {
    const bound = Math.min(most, first * 2 ** (retry - 1));
    return retry === 1 ? random * bound : bound * (least + (1 - least) * random);
  });
const period =
  (inMs: number): Formula["recovery"] =>
  (retry, random) =>
    inMs * (retry === 1 ? random : 1 - (1 - random) ** 6);
const steady = (inMs: number) => weighed(period(inMs));
const reconnecting = (reconnect: Formula["reconnect"]) => weighed(period(OUR_PERIOD), reconnect);

export const weighedPolicies: Readonly<Record<string, MakeCaller>> = {
  "full jitter, 2 s doubling to 30 s": growing(2_000, 30_000, 0),
  "half jitter, 2 s doubling to 8 s": growing(2_000, 8_000, 0.5),
  "half jitter, 4 s doubling to 8 s": growing(4_000, 8_000, 0.5),
  "full jitter, 5 s": growing(5_000, 5_000, 0),
  "steady, 2.5 s": steady(2_500),
  "steady, 5 s (ours)": steady(OUR_PERIOD),
  "steady, 10 s": steady(10_000),
};

/** How new connections are made once the recovery has failed. */
export const weighedReconnections: Readonly<Record<string, MakeCaller>> = {
  "full jitter, 1 s doubling to 30 s (ours)": reconnecting(OUR_RECONNECTION),
  "full jitter, 1 s doubling to 10 s": reconnecting(growingReconnection(10_000)),
  "steady, 5 s": reconnecting((retry, random) => period(OUR_PERIOD)(retry, random, Infinity)),
};
