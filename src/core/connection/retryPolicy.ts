/** The delays before retries, reconnections and recoveries. */
import type { RetryMode } from "../models/options.js";

/** How often and when to try again, with all defaults filled in. */
export interface RetryPolicy {
  /** Retries after the first attempt; Infinity for no limit. */
  readonly maxRetries: number;
  /** Delay in ms before the first retry. */
  readonly retryDelayInMs: number;
  /** Upper bound in ms for `Exponential`. */
  readonly maxRetryDelayInMs: number;
  /** Whether the delay doubles with each retry. */
  readonly mode: RetryMode;
  /** Whether each delay is drawn at random between 0 and its bound. */
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

/** The longest time in ms that clients spread their attempts to recover over. */
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
 * Length in ms of a period in which one attempt to recover is made, at the same random moment of each: a second each in the first
 * three seconds after the drop, then two, then five. So a short outage costs little, and a crowd of clients never
 * tries more often than once a second each.
 * @param begin of the period, in ms after the drop
 */
export function recoveryPeriod(begin: number): number {
  if (begin < 3_000) return 1_000;
  return begin < 5_000 ? 2_000 : RECOVERY_PERIOD;
}

/** More retries aren't counted in the total: with unlimited ones it would have no end. */
const MOST_RETRIES = 1_000;

/** The time in ms that all retries take together, without jitter. */
export function totalDelay(policy: RetryPolicy): number {
  let total = 0;
  for (let retry = Math.min(policy.maxRetries, MOST_RETRIES); retry > 0; retry--)
    total += retryDelay({ ...policy, jitter: false }, retry, 0);
  return total;
}
