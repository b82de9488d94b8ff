import type { AbortSignalLike } from "@azure/abort-controller";

type Listener = (this: AbortSignalLike, event: unknown) => void;

/** An abort signal that knows who listens. */
export class Signal implements AbortSignalLike {
  aborted = false;
  /** By the clock that was given. */
  abortedAt: number | undefined;
  /** Called before the listeners. */
  onAbort: (() => void) | undefined;
  readonly #now: () => number;
  readonly listeners = new Set<Listener>();

  constructor(now: () => number) {
    this.#now = now;
  }

  addEventListener(_type: "abort", listener: Listener): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.listeners.delete(listener);
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.abortedAt = this.#now();
    this.onAbort?.();
    for (const listener of [...this.listeners]) listener.call(this, { type: "abort" });
  }
}
