import type { RetryMode } from "../models/options.js";

/** When to try again: complete, with every default filled in. */
export interface RetryPolicy {
  /** Retries after the first attempt; Infinity for no limit. */
  readonly maxRetries: number;
  readonly retryDelayInMs: number;
  readonly maxRetryDelayInMs: number;
  readonly mode: RetryMode;
  readonly jitter: boolean;
}

/**
 * Delay in ms before a retry.
 * @param retry its number, from 1
 * @param random a random number from 0 to below 1
 */
export function retryDelay(policy: RetryPolicy, retry: number, random: number): number {
  const bound =
    policy.mode === "Fixed"
      ? policy.retryDelayInMs
      : Math.min(policy.maxRetryDelayInMs, policy.retryDelayInMs * 2 ** (retry - 1));
  return policy.jitter ? Math.floor(random * bound) : bound;
}

/** First bound and greatest bound in ms between attempts to recover a connection. */
export const RECOVERY_POLICY: RetryPolicy = {
  maxRetries: Infinity,
  retryDelayInMs: 2_000,
  maxRetryDelayInMs: 30_000,
  mode: "Exponential",
  jitter: true,
};
