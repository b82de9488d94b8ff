import { getEventListeners } from "node:events";
import { expect, test, vi } from "vitest";
import { whenAborted } from "../../../src/core/util/whenAborted.js";

test("without a signal there is nothing to wait for, and nothing to end", () => {
  const callback = vi.fn();
  whenAborted(undefined, callback)();
  expect(callback).not.toHaveBeenCalled();
});

test("all who wait for a signal are called once, in order", () => {
  const abort = new AbortController();
  const told: number[] = [];
  for (const n of [1, 2, 3]) whenAborted(abort.signal, () => told.push(n));
  abort.abort();
  expect(told).toEqual([1, 2, 3]);
});

test("who has ended it isn't called, also if another one has ended it at the abort", () => {
  const abort = new AbortController();
  const told: number[] = [];
  const endFirst = whenAborted(abort.signal, () => told.push(1));
  const ends: (() => void)[] = [];
  whenAborted(abort.signal, () => ends.forEach((end) => end()));
  ends.push(whenAborted(abort.signal, () => told.push(3)));
  endFirst();
  abort.abort();
  expect(told).toEqual([]);
});

test("to end it twice ends it once: others go on waiting", () => {
  const abort = new AbortController();
  const told: number[] = [];
  const end = whenAborted(abort.signal, () => told.push(1));
  whenAborted(abort.signal, () => told.push(2));
  end();
  end();
  abort.abort();
  expect(told).toEqual([2]);
});

test("the signal has one listener while anybody waits, and may be waited for again", () => {
  const abort = new AbortController();
  const count = (): number => getEventListeners(abort.signal, "abort").length;
  const told: number[] = [];
  const ends = [1, 2].map((n) => whenAborted(abort.signal, () => told.push(n)));
  expect(count()).toBe(1);
  for (const end of ends) end();
  expect(count()).toBe(0);
  whenAborted(abort.signal, () => told.push(3));
  expect(count()).toBe(1);
  abort.abort();
  expect(told).toEqual([3]);
});

test("a signal that can't be listened to throws each time", () => {
  const { signal } = new AbortController();
  const broken = Object.assign(signal, {
    addEventListener: () => {
      throw new Error("broken");
    },
  });
  for (let n = 0; n < 2; n++) expect(() => whenAborted(broken, () => undefined)).toThrow("broken");
});
