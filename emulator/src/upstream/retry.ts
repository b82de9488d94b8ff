import type { Environment } from "../service/environment.js";

/** Pauses before the second, third and fourth attempt, in milliseconds. */
const pausesInMs = [1_000, 3_000, 5_000];

/** A failure that may be gone a moment later. */
export class PassingError extends Error {}

/** Tries again after every `PassingError`, until the pauses are used up or `signal` is aborted. */
export async function retrying<Value>(
  environment: Environment,
  signal: AbortSignal,
  attempt: () => Promise<Value>,
): Promise<Value> {
  for (const pause of pausesInMs) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      await sleep(environment, pause, signal);
    }
  }
  return attempt();
}

/** Aborts work that takes longer than `limitInMs` milliseconds, or that `signal` aborts. */
export async function limited<Value>(
  environment: Environment,
  limitInMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const limit = new AbortController();
  const expired = () => limit.abort(new Error(`there was no answer within ${limitInMs / 1_000} s`));
  const timer = environment.setTimer(expired, limitInMs);
  try {
    return await joined([limit.signal, signal], work);
  } finally {
    timer.cancel();
  }
}

/** Aborts work when any of the signals does. They may live long: nothing is left on them. */
export async function joined<Value>(
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const abort = () => controller.abort(signals.find(({ aborted }) => aborted)?.reason);
  for (const signal of signals) {
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  }
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) signal.removeEventListener("abort", abort);
  }
}

async function sleep(environment: Environment, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      timer.cancel();
      reject(reasonOf(signal));
    };
    const timer = environment.setTimer(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("It was aborted.");
}
