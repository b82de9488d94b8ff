import { beforeAll, expect, test } from "vitest";
import { chart } from "./chart.js";
import { stampede, type Outage, type Stampede } from "./herd.js";
import { ANY_MOMENT, clients, FORMER, OURS, scenarios, weighedPolicies } from "./scenarios.js";

const COUNT = 3_500;
/** What chance adds to the number of clients in a second, and to a tenth of it in 100 ms. */
const CHANCE = { second: 1.02, tenth: 1.15 };
/** Round trips: the next period begins later where an attempt ends after its own. */
const ON_THE_WAY = 1_000;
const all = scenarios(COUNT);
const runs = new Map<string, Record<"ours" | "reference", Stampede>>();
const watched = [
  "blink",
  "blip",
  "short",
  "uneven",
  "cut",
  "restart",
  "cutSlow",
  "restartSlow",
  "unanswered",
  "late",
];

beforeAll(() => {
  for (const name of watched) {
    const outage = outageOf(name);
    runs.set(name, {
      ours: stampede(outage, clients.ours),
      reference: stampede(outage, clients.reference),
    });
  }
});

function outageOf(name: string): Outage {
  const scenario = all[name];
  if (scenario === undefined) throw new Error(`No scenario ${name}.`);
  return scenario.outage;
}

const both = (name: string): Record<"ours" | "reference", Stampede> => {
  const pair = runs.get(name);
  if (pair === undefined) throw new Error(`Scenario ${name} wasn't run.`);
  return pair;
};

const weighed = (policy: string, name: string): Stampede => {
  const caller = weighedPolicies[policy];
  if (caller === undefined) throw new Error(`No policy ${policy}.`);
  return stampede(outageOf(name), caller);
};

test("from the second attempt on, no second sees more attempts than there are clients, no 100 ms more than a tenth", () => {
  for (const [name, { ours, reference }] of runs) {
    expect(ours.peakPerSecond, name).toBeLessThan(CHANCE.second * COUNT);
    if (name !== "late") expect(ours.peakPer100Ms, name).toBeLessThan((CHANCE.tenth * COUNT) / 10);
    // Where handshakes hang, the reference's clients have no second attempt.
    if (name !== "unanswered") expect(reference.peakPer100Ms, name).toBeGreaterThan(COUNT / 4);
  }
  for (const name of ["restart", "cutSlow", "restartSlow", "late"])
    expect(both(name).reference.peakPerSecond, name).toBeGreaterThan(1.5 * COUNT);
});

test("when the recoveries of all end, no second sees more than that either, no 100 ms more than an eighth", () => {
  expect(both("late").ours.peakPer100Ms).toBeLessThan(COUNT / 8);
});

/** The length of the period in which the service is back, or of the one that begins then. */
const PERIODS = { blink: 1_000, blip: 1_000, short: 2_000, uneven: 5_000, cut: 5_000 };

test("whoever was cut is back one period after the service, however the period and the outage fall together", () => {
  for (const [name, length] of Object.entries(PERIODS))
    expect(both(name).ours.lastInMs, name).toBeLessThan(length + ON_THE_WAY);
  for (const name of ["blink", "blip", "short"] as const)
    expect(weighed(FORMER, name).lastInMs, name).toBeGreaterThan(PERIODS[name] + 2 * ON_THE_WAY);
});

test("clients that draw another moment in each period come later, and knock no less", () => {
  const { ours } = both("uneven");
  const other = weighed(ANY_MOMENT, "uneven");
  expect(other.lastInMs).toBeGreaterThan((ours.lastInMs ?? Infinity) + 3 * ON_THE_WAY);
  expect(ours.peakPerSecond).toBeLessThan(CHANCE.second * other.peakPerSecond);
  expect(ours.peakPer100Ms).toBeLessThan(CHANCE.tenth * other.peakPer100Ms);
});

test("a service that is back after more than 5 s sees a fifth of its clients a second; two if it forgot them", () => {
  for (const [name, share] of Object.entries({ uneven: 1 / 5, cut: 1 / 5, restart: 2 / 5 })) {
    const { ours, reference } = both(name);
    expect(ours.returnPeakPerSecond, name).toBeLessThan(1.1 * share * COUNT);
    expect(reference.returnPeakPerSecond, name).toBeGreaterThan(0.85 * COUNT);
  }
});

test("a service that takes few handshakes, and whose refusals cost something, has everyone back sooner", () => {
  for (const name of ["cutSlow", "restartSlow"]) {
    const { ours, reference } = both(name);
    expect(ours.tailInMs).toBeLessThan(0.75 * (reference.tailInMs ?? Infinity));
    expect(ours.attempts).toBeLessThan(0.4 * reference.attempts);
  }
});

test("handshakes that are never answered keep nobody away", () => {
  const { ours, reference } = both("unanswered");
  expect(ours.tailInMs).toBeLessThan(10_000);
  expect(reference.tailInMs).toBeUndefined();
});

test("the formula by which policies were weighed is that of the client", () => {
  const near = (value: number | undefined, other: number | undefined): void =>
    expect(Math.abs((value ?? Infinity) / (other ?? 1) - 1)).toBeLessThan(0.08);
  for (const name of ["short", "cut"]) {
    const formula = weighed(OURS, name);
    const { ours } = both(name);
    near(formula.peakPerSecond, ours.peakPerSecond);
    near(formula.medianInMs, ours.medianInMs);
    near(formula.tailInMs, ours.tailInMs);
    near(formula.attempts, ours.attempts);
  }
});

test("the picture has both lines in each panel, and nothing in it is no number", () => {
  const { ours, reference } = both("cut");
  const svg = chart([
    { title: "cut", awayInMs: 20_000, ours, reference },
    { title: "again", awayInMs: 20_000, ours, reference },
  ]);
  expect(svg.match(/<polyline/g)).toHaveLength(4);
  expect(svg.match(/<g /g)).toHaveLength(svg.match(/<\/g>/g)?.length ?? 0);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});
