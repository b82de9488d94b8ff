import type { AbortSignalLike } from "@azure/abort-controller";

/** Calls back when a signal fires, if there is one. Returns a function that ends it. */
export function whenAborted(signal: AbortSignalLike | undefined, callback: () => void): () => void {
  signal?.addEventListener("abort", callback);
  return () => signal?.removeEventListener("abort", callback);
}
