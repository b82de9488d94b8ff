import type { AbortSignalLike } from "@azure/abort-controller";
import { getOrAdd } from "./getOrAdd.js";

/** One listener for all who wait for a signal: Node takes many on one signal for a leak, and warns. */
const watches = new WeakMap<AbortSignalLike, (callback: () => void) => () => void>();

/**
 * Calls back when a signal fires, if there is one. Returns a function that ends it.
 * @param callback a new function each time
 */
export function whenAborted(signal: AbortSignalLike | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined;
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
