import type { Decoded } from "./codec.js";
import type { ServiceMessage } from "./messages.js";

/** Which connection an event is about. */
export interface TraceSubject {
  readonly hub: string;
  /** Undefined: a client that was not let in. */
  readonly connectionId: string | undefined;
  readonly userId: string | undefined;
}

/** What happens to a connection, as it happens. */
export type TraceEvent =
  | { readonly kind: "opened"; readonly subprotocol: string }
  | { readonly kind: "refused"; readonly reason: string }
  /** The transport is gone, the session waits. */
  | { readonly kind: "lost"; readonly code: number }
  | { readonly kind: "recovered"; readonly replayed: number }
  | { readonly kind: "ended"; readonly reason: string }
  | { readonly kind: "received"; readonly decoded: Decoded; readonly bytes: number }
  | {
      readonly kind: "sent";
      readonly message: ServiceMessage;
      readonly bytes: number;
      readonly sequenceId: number | undefined;
      /** There is no transport: the message waits for the recovery. */
      readonly held: boolean;
    };

export type Watcher = (subject: TraceSubject, event: TraceEvent) => void;

/** Shows what happens in the service to those who watch. While nobody does, nobody makes events. */
export class Trace {
  readonly #watchers = new Set<Watcher>();

  /** To be asked before an event is made. */
  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  /** @param watcher must not throw. @returns what ends the watching. */
  watch(watcher: Watcher): () => void {
    // One of its own, so that the same function can watch twice.
    const own: Watcher = (subject, event) => watcher(subject, event);
    this.#watchers.add(own);
    return () => void this.#watchers.delete(own);
  }

  emit(subject: TraceSubject, event: TraceEvent): void {
    for (const watcher of this.#watchers) watcher(subject, event);
  }
}
