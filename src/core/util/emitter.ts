import { Listeners, type Listener, type ListenerRegistry } from "./listeners.js";
import { safely } from "./safely.js";

/** Called with the event whose listener failed, and with its error. */
export type OnListenerError = (event: string, error: unknown) => void;

/**
 * Typed events: if a listener throws or its promise rejects, that is reported, and the other listeners and
 * the caller go on.
 */
export class Emitter<Events extends object> {
  readonly #registry: ListenerRegistry;
  readonly #onListenerError: OnListenerError;

  constructor(onListenerError: OnListenerError, registry: ListenerRegistry = new Listeners()) {
    this.#onListenerError = onListenerError;
    this.#registry = registry;
  }

  on<E extends keyof Events & string>(
    event: E,
    listener: (args: Events[E]) => unknown,
    once = false,
  ): () => void {
    if (typeof listener !== "function") throw new TypeError("A listener must be a function.");
    const call = safely(listener, (error) => this.#onListenerError(event, error));
    let removed = false;
    const safe: Listener<Events[E]> = (args) => {
      // A listener called just before may have removed this one.
      if (removed) return;
      if (once) remove();
      call(args);
    };
    const remove = (): void => {
      removed = true;
      this.#registry.removeListener(event, safe);
    };
    safe.listener = listener;
    this.#registry.on(event, safe);
    return remove;
  }

  off<E extends keyof Events & string>(event: E, listener: (args: Events[E]) => unknown): void {
    this.#registry.removeListener(event, listener);
  }

  emit<E extends keyof Events & string>(event: E, args: Events[E]): void {
    this.#registry.emit(event, args);
  }

  has(event: keyof Events & string): boolean {
    return this.#registry.listenerCount(event) > 0;
  }
}
