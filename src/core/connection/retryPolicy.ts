/** The delays before retries, reconnections and recoveries. */
import type { RetryMode } from "../models/options.js";

/** How often and when to try again, with all defaults filled in. */
export interface RetryPolicy {
  /** Retries after the first attempt; Infinity for no limit. */
  readonly maxRetries: number;
  readonly retryDelayInMs: number;
  readonly maxRetryDelayInMs: number;
  readonly mode: RetryMode;
  readonly jitter: boolean;
}

/** A delay doubles at most this often: 1 ms has become 34 years by then, and 0 stays 0. */
const DOUBLINGS = 40;

/**
 * Delay in ms before a retry.
 * @param retry its number, from 1
 * @param random a random number from 0 to below 1
 */
export function retryDelay(policy: RetryPolicy, retry: number, random: number): number {
  const bound =
    policy.mode === "Fixed"
      ? policy.retryDelayInMs
      : Math.min(policy.maxRetryDelayInMs, policy.retryDelayInMs * 2 ** Math.min(retry - 1, DOUBLINGS));
  return policy.jitter ? Math.floor(random * bound) : bound;
}

/** Time in ms between attempts to recover a connection. */
export const RECOVERY_PERIOD = 5_000;

/**
 * Delays when a recovered connection is lost again at once. They are short, because the service's window fills
 * during the pause, and a full window would cost the session.
 */
export const FLAP_POLICY: RetryPolicy = {
  maxRetries: Infinity,
  retryDelayInMs: 250,
  maxRetryDelayInMs: RECOVERY_PERIOD,
  mode: "Exponential",
  jitter: true,
};

/**
 * Delay in ms before an attempt to recover: the first retry comes at any moment of the period, the next ones
 * nearly a period apart, seldom sooner. So when the service is away, its clients try at a steady rate until it
 * is back. With growing delays they would all try at first, and wait too long later.
 * @param retry its number, from 1
 * @param random a random number from 0 to below 1
 */
export function recoveryDelay(retry: number, random: number): number {
  return Math.floor(RECOVERY_PERIOD * (retry === 1 ? random : 1 - (1 - random) ** 6));
}
