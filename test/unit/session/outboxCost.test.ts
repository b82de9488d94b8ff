import { expect, test } from "vitest";
import { OutboxBench } from "./outboxBench.js";

/**
 * Counts the elements that collections hand out or move at once: whatever is done to single
 * elements costs the same however many there are.
 */
function countWork(run: () => void): number {
  let work = 0;
  const { slice, filter, sort } = Array.prototype;
  const iterate = Set.prototype[Symbol.iterator];
  Array.prototype.slice = function (this: unknown[], ...range: [number?, number?]) {
    const taken = slice.apply(this, range) as unknown[];
    work += taken.length;
    return taken;
  };
  Array.prototype.filter = function (this: unknown[], keep: (element: unknown) => boolean) {
    work += this.length;
    return filter.call(this, keep) as unknown[];
  } as typeof filter;
  Array.prototype.sort = function (this: unknown[], compare: (a: unknown, b: unknown) => number) {
    const counted = (a: unknown, b: unknown): number => {
      work++;
      return compare(a, b);
    };
    return sort.call(this, counted) as unknown[];
  } as typeof sort;
  Set.prototype[Symbol.iterator] = function (this: Set<unknown>) {
    const inner = iterate.call(this);
    const { next } = inner;
    inner.next = () => {
      work++;
      return next.call(inner);
    };
    return inner;
  };
  try {
    run();
  } finally {
    Object.assign(Array.prototype, { slice, filter, sort });
    Set.prototype[Symbol.iterator] = iterate;
  }
  return work;
}

/** A drop and a recovery while so many operations are on their way, then a new connection. */
function history(count: number): void {
  const bench = new OutboxBench({ maxPendingOperations: count });
  for (let i = 0; i < count; i++) bench.add(`${i}`);
  bench.flush();
  for (let i = 0; i < count; i += 2) bench.answer(`${i}`);
  bench.recover();
  for (let i = 1; i < count; i += 4) bench.answer(`${i}`);
  bench.reconnect();
  bench.pass(30_000);
  for (let i = 3; i < count; i += 4) bench.answer(`${i}`);
  if (bench.outbox.size !== 0) throw new Error("Something was lost.");
}

/** All are aborted while they wait. */
function aborts(count: number): void {
  const bench = new OutboxBench({ maxPendingOperations: count });
  const signals = Array.from({ length: count }, () => new AbortController());
  signals.forEach(({ signal }, i) => bench.add(`${i}`, { signal }));
  for (const signal of signals) signal.abort();
  if (bench.outbox.size !== 0) throw new Error("Something was lost.");
}

test.each([
  ["a drop, a recovery and a new connection", history, 16],
  ["abort of all", aborts, 6],
])("20,000 operations through %s cost as much each as 2,000", (_what, run, bound) => {
  const small = countWork(() => run(2_000)) / 2_000;
  const large = countWork(() => run(20_000)) / 20_000;
  expect(small).toBeGreaterThan(0);
  expect(large).toBeLessThan(small * 1.5);
  expect(large).toBeLessThan(bound);
});

test("the counter sees a quadratic cost", () => {
  const quadratic = (count: number): void => {
    const set = new Set(Array.from({ length: count }, (_, i) => i));
    for (let i = 0; i < count; i++) [...set].sort((a, b) => a - b);
  };
  expect(countWork(() => quadratic(200)) / 200).toBeGreaterThan(1.5 * (countWork(() => quadratic(20)) / 20));
});
