import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { decideOnClose, firstAttemptSpread } from "../../../src/core/connection/closePolicy.js";
import { recoveryPeriod, retryDelay, type RetryPolicy } from "../../../src/core/connection/retryPolicy.js";

// Property tests take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

describe("what follows on a close", () => {
  test.each([1000, 1001, 1005, 1006, 1007, 1011, 1012, 1013, 4000, undefined])(
    "%s: recover, if that can be",
    (code) => {
      for (const autoReconnect of [true, false]) {
        expect(decideOnClose({ code, recoverable: true, autoReconnect })).toBe("recover");
      }
      expect(decideOnClose({ code, recoverable: false, autoReconnect: true })).toBe("reconnect");
      expect(decideOnClose({ code, recoverable: false, autoReconnect: false })).toBe("stop");
    },
  );

  test.each([1008, 1009])("%i: never recover", (code) => {
    for (const recoverable of [true, false]) {
      expect(decideOnClose({ code, recoverable, autoReconnect: true })).toBe("reconnect");
      expect(decideOnClose({ code, recoverable, autoReconnect: false })).toBe("stop");
    }
  });
});

test("only a service that goes away, restarts or asks for time spreads the first attempt", () => {
  const codes = [undefined, ...Array.from({ length: 5_000 }, (_, code) => code)];
  expect(codes.filter((code) => firstAttemptSpread(code) !== 0)).toEqual([1001, 1012, 1013]);
  expect(firstAttemptSpread(1012)).toBe(5_000);
});

describe("delays", () => {
  const policy: RetryPolicy = {
    maxRetries: Infinity,
    retryDelayInMs: 1_000,
    maxRetryDelayInMs: 30_000,
    mode: "Exponential",
    jitter: false,
  };
  const delays = (given: RetryPolicy, random = 0.5): number[] =>
    [1, 2, 3, 4, 5, 6, 7, 2_000].map((retry) => retryDelay(given, retry, random));

  test("Exponential doubles up to the bound", () => {
    expect(delays(policy)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("Fixed is exact and has no bound", () => {
    expect(new Set(delays({ ...policy, mode: "Fixed", retryDelayInMs: 40_000 }))).toEqual(new Set([40_000]));
  });

  test("jitter draws from 0 to the bound", () => {
    expect(delays({ ...policy, jitter: true }, 0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(delays({ ...policy, jitter: true }, 0.5).slice(0, 3)).toEqual([500, 1_000, 2_000]);
    expect(delays({ ...policy, jitter: true, mode: "Fixed" }, 0.25)[5]).toBe(250);
  });

  test("a first delay above the bound is cut", () => {
    expect(delays({ ...policy, maxRetryDelayInMs: 10 })[0]).toBe(10);
  });

  test("a recovery is tried once in each of three seconds, then in two seconds, then in every five", () => {
    const begins = [0, 1, 1_000, 2_999, 3_000, 4_999, 5_000, 25_000];
    expect(begins.map(recoveryPeriod)).toEqual([1_000, 1_000, 1_000, 1_000, 2_000, 2_000, 5_000, 5_000]);
  });

  test("are always a number from 0 to the bound", () => {
    const any: fc.Arbitrary<RetryPolicy> = fc.record({
      maxRetries: fc.constant(Infinity),
      retryDelayInMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e9, noNaN: true })),
      maxRetryDelayInMs: fc.oneof(fc.constant(0), fc.constant(Infinity), fc.nat()),
      mode: fc.constantFrom("Fixed" as const, "Exponential" as const),
      jitter: fc.boolean(),
    });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 1e6 }), random, (given, retry, chance) => {
        const delay = retryDelay(given, retry, chance);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(delay)).toBe(true);
        if (given.mode === "Exponential") expect(delay).toBeLessThanOrEqual(given.maxRetryDelayInMs);
        else expect(delay).toBeLessThanOrEqual(given.retryDelayInMs);
      }),
    );
  });
});
