import type { Environment } from "../service/environment.js";

/** Clock, timers and randomness of the page, looked up at each use: a test may replace them by its own. */
export const pageEnvironment: Environment = {
  now: () => Date.now(),
  setTimer(callback, delayInMs) {
    const timer: unknown = globalThis.setTimeout(callback, delayInMs);
    // In Node: what waits here doesn't keep the process alive.
    if (typeof timer === "object" && timer !== null && "unref" in timer) (timer as { unref(): void }).unref();
    return { cancel: () => globalThis.clearTimeout(timer as ReturnType<typeof setTimeout>) };
  },
  randomBytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
};
