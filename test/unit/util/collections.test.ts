import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { deferred } from "../../../src/core/util/deferred.js";
import { Queue } from "../../../src/core/util/queue.js";
import { split } from "../../../src/core/util/split.js";

// Property tests take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

describe("a queue", () => {
  test("does what an array does, at constant cost", () => {
    const action = fc.oneof(
      { weight: 5, arbitrary: fc.record({ type: fc.constant("push"), count: fc.nat(80) }) },
      { weight: 5, arbitrary: fc.record({ type: fc.constant("shift"), count: fc.nat(80) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant("drain"), count: fc.constant(1) }) },
    );
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        const queue = new Queue<number>();
        let model: number[] = [];
        let next = 0;
        for (const { type, count } of actions) {
          for (let i = 0; i < count; i++) {
            if (type === "push") {
              model.push(next);
              queue.push(next++);
            } else if (type === "shift") {
              expect(queue.shift()).toBe(model.shift());
            } else {
              expect(queue.drain()).toEqual(model);
              model = [];
            }
          }
          expect([queue.size, queue.peek()]).toEqual([model.length, model[0]]);
        }
      }),
    );
  });

  test("is empty at first", () => {
    const queue = new Queue<number>();
    expect([queue.size, queue.peek(), queue.shift(), queue.drain()]).toEqual([0, undefined, undefined, []]);
  });
});

describe("a deferred", () => {
  test("resolves or rejects from outside", async () => {
    const good = deferred<number>();
    good.resolve(5);
    await expect(good.promise).resolves.toBe(5);
    const bad = deferred<number>();
    const error = new Error("no");
    bad.reject(error);
    await expect(bad.promise).rejects.toBe(error);
  });
});

test("a data type that is left out leaves its place to the options", () => {
  const options = { noEcho: true };
  expect(split("text", options)).toEqual(["text", options]);
  expect(split("text", undefined)).toEqual(["text", undefined]);
  expect(split(options, undefined)).toEqual([undefined, options]);
  expect(split(undefined, options)).toEqual([undefined, options]);
  expect(split(undefined, undefined)).toEqual([undefined, undefined]);
});
