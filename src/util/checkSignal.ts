import type { AbortSignalLike } from "@azure/abort-controller";

/** The signal as it was given; null counts as none. @throws TypeError for what isn't one */
export function checkSignal(signal: AbortSignalLike | null | undefined): AbortSignalLike | undefined {
  if (signal === undefined || signal === null) return undefined;
  if ([signal.addEventListener, signal.removeEventListener].every((each) => typeof each === "function"))
    return signal;
  throw new TypeError("abortSignal must be an AbortSignal.");
}
