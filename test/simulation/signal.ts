import type { AbortSignalLike } from "@azure/abort-controller";

type Listener = (this: AbortSignalLike, event: unknown) => void;

/** An abort signal that knows who listens. */
export class Signal implements AbortSignalLike {
  aborted = false;
  readonly listeners = new Set<Listener>();

  addEventListener(_type: "abort", listener: Listener): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.listeners.delete(listener);
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of [...this.listeners]) listener.call(this, { type: "abort" });
  }
}
