import type { AbortSignalLike } from "@azure/abort-controller";
import { getOrAdd } from "./getOrAdd.js";

/** One listener per signal, shared by all callbacks: Node warns of a leak if a signal has many listeners. */
const watches = new WeakMap<AbortSignalLike, (callback: () => void) => () => void>();

/**
 * Calls back when a signal fires, if there is one. Returns a function that removes the callback.
 * @param callback must be a new function for each call
 */
export function whenAborted(signal: AbortSignalLike | undefined, callback: () => void): () => void {
  if (!signal) return () => undefined;
  return getOrAdd(watches, signal, () => {
    const callbacks = new Set<() => void>();
    const listener = (): void => callbacks.forEach((each) => each());
    signal.addEventListener("abort", listener);
    return (added) => {
      callbacks.add(added);
      return () => {
        if (!callbacks.delete(added) || callbacks.size > 0) return;
        watches.delete(signal);
        signal.removeEventListener("abort", listener);
      };
    };
  })(callback);
}
