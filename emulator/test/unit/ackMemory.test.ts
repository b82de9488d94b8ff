import fc from "fast-check";
import { expect, test } from "vitest";
import { AckMemory } from "../../src/service/ackMemory.js";

test("an executed operation is remembered, a refused one may be tried again", () => {
  const memory = new AckMemory();
  expect(memory.begin(1)).toBe("new");
  expect(memory.finish(1, false)).toBe(0);
  expect(memory.begin(1)).toBe("new");
  expect(memory.finish(1, true)).toBe(0);
  expect(memory.begin(1)).toBe("executed");
});

test("an operation that is still running isn't started again, its repeats are counted", () => {
  const memory = new AckMemory();
  memory.begin(7);
  expect(memory.begin(7)).toBe("executing");
  expect(memory.begin(7)).toBe("executing");
  expect(memory.finish(7, true)).toBe(2);
  expect(memory.begin(7)).toBe("executed");
});

test("remembers exactly the ids it was given, up to 64 bits", () => {
  const id = fc.oneof(
    fc.integer({ min: 0, max: 5_000 }),
    fc.maxSafeNat(),
    fc.bigInt({ min: BigInt(Number.MAX_SAFE_INTEGER) + 1n, max: 2n ** 64n - 1n }),
  );
  fc.assert(
    fc.property(fc.uniqueArray(id), fc.uniqueArray(id), (executed, others) => {
      const memory = new AckMemory();
      for (const ackId of executed) {
        expect(memory.begin(ackId)).toBe("new");
        memory.finish(ackId, true);
      }
      const known = new Set(executed);
      for (const ackId of [...executed, ...others]) {
        expect(memory.begin(ackId)).toBe(known.has(ackId) ? "executed" : "new");
        if (!known.has(ackId)) memory.finish(ackId, false);
      }
    }),
  );
});
