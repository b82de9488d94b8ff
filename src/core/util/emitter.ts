import { EventEmitter } from "events";
import { safely } from "./safely.js";

/** Told which listener failed, and with what. */
export type OnListenerError = (event: string, error: unknown) => void;

type Listener<T> = (args: T) => unknown;

/** A wrapped listener; `events` finds it by the original because it compares `listener` too. */
interface SafeListener<T> {
  (args: T): void;
  listener?: Listener<T>;
}

/**
 * Typed events over `events`. A listener that throws, or whose promise rejects, is reported and
 * keeps neither the other listeners nor the caller from going on.
 */
export class Emitter<Events extends object> {
  readonly #emitter = new EventEmitter();
  readonly #onListenerError: OnListenerError;

  constructor(onListenerError: OnListenerError) {
    this.#onListenerError = onListenerError;
    // Many components may listen to one client: a count is no sign of a leak here.
    this.#emitter.setMaxListeners(0);
  }

  on<E extends keyof Events & string>(event: E, listener: Listener<Events[E]>, once = false): () => void {
    if (typeof listener !== "function") throw new TypeError("A listener must be a function.");
    const call = safely(listener, (error) => this.#onListenerError(event, error));
    let removed = false;
    const safe: SafeListener<Events[E]> = (args) => {
      // Perhaps by a listener that was called just before.
      if (removed) return;
      if (once) remove();
      call(args);
    };
    const remove = (): void => {
      removed = true;
      this.#emitter.removeListener(event, safe);
    };
    safe.listener = listener;
    this.#emitter.on(event, safe);
    return remove;
  }

  off<E extends keyof Events & string>(event: E, listener: Listener<Events[E]>): void {
    this.#emitter.removeListener(event, listener);
  }

  emit<E extends keyof Events & string>(event: E, args: Events[E]): void {
    this.#emitter.emit(event, args);
  }

  has(event: keyof Events & string): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }
}
