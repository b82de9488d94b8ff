import type { AbortSignalLike } from "@azure/abort-controller";

/** Checks an abort signal; null counts as undefined. @throws TypeError for anything else */
export function checkSignal(signal: AbortSignalLike | null | undefined): AbortSignalLike | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal.addEventListener === "function" && typeof signal.removeEventListener === "function")
    return signal;
  throw new TypeError("abortSignal must be an AbortSignal.");
}
