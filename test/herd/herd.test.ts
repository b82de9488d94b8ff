import { beforeAll, expect, test } from "vitest";
import { chart } from "./chart.js";
import { stampede, type Stampede } from "./herd.js";
import { clients, scenarios, weighedPolicies } from "./scenarios.js";

const COUNT = 4_000;
const all = scenarios(COUNT);
const runs = new Map<string, Record<"ours" | "reference", Stampede>>();

beforeAll(() => {
  for (const [name, { outage }] of Object.entries(all)) {
    runs.set(name, {
      ours: stampede(outage, clients.ours),
      reference: stampede(outage, clients.reference),
    });
  }
});

const both = (name: string): Record<"ours" | "reference", Stampede> => {
  const pair = runs.get(name);
  if (pair === undefined) throw new Error(`No scenario ${name}.`);
  return pair;
};

test("from the second attempt on, no second sees more than a third of the clients; the reference's sees all", () => {
  for (const name of ["cut", "short"]) {
    const { ours, reference } = both(name);
    expect(ours.peakPerSecond).toBeLessThan(COUNT / 3);
    expect(ours.peakPer100Ms).toBeLessThan(COUNT / 20);
    expect(reference.peakPerSecond).toBeGreaterThan(0.9 * COUNT);
  }
  const { ours, reference } = both("restart");
  expect(ours.peakPerSecond).toBeLessThan(0.5 * COUNT);
  expect(reference.peakPerSecond).toBeGreaterThan(COUNT);
});

test("whoever was cut is back 5 s after the service at the latest, however long it was away", () => {
  for (const name of ["cut", "restart", "short"]) expect(both(name).ours.tailInMs).toBeLessThan(5_500);
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

test("peak times tail is near its limit: within the tail 99 % of the clients must come at least once", () => {
  for (const pair of runs.values()) {
    for (const { peakPerSecond, tailInMs } of Object.values(pair)) {
      if (tailInMs === undefined) continue;
      // A second that is begun counts whole.
      expect(peakPerSecond * Math.ceil(tailInMs / 1_000)).toBeGreaterThanOrEqual(0.99 * COUNT);
    }
  }
  const { ours } = both("cut");
  expect(ours.peakPerSecond * ((ours.tailInMs ?? Infinity) / 1_000)).toBeLessThan(1.6 * 0.99 * COUNT);
});

test("the formula by which policies were weighed is that of the client", () => {
  const formula = weighedPolicies["steady, 5 s (ours)"];
  if (formula === undefined) throw new Error("It is gone.");
  for (const name of ["cut", "short"]) {
    const outage = all[name]?.outage;
    if (outage === undefined) throw new Error(`No scenario ${name}.`);
    const weighed = stampede(outage, formula);
    const { ours } = both(name);
    expect(Math.abs(weighed.peakPerSecond / ours.peakPerSecond - 1)).toBeLessThan(0.1);
    expect(Math.abs((weighed.tailInMs ?? Infinity) / (ours.tailInMs ?? 1) - 1)).toBeLessThan(0.1);
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
