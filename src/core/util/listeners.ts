import { getOrAdd } from "./getOrAdd.js";

/** A listener, and the function that it wraps; it can be removed by either. */
export interface Listener<T = never> {
  (args: T): void;
  listener?: unknown;
}

/** The listeners of each event. An `EventEmitter` fits. */
export interface ListenerRegistry {
  on(event: string, listener: Listener): unknown;
  /** Removes the newest entry of a listener. */
  removeListener(event: string, listener: unknown): unknown;
  /** Calls all listeners that are registered at this moment. */
  emit(event: string, args: unknown): unknown;
  listenerCount(event: string): number;
}

/** The listeners of each event: the core's own registry. */
export class Listeners implements ListenerRegistry {
  readonly #byEvent = new Map<string, Listener<unknown>[]>();

  on(event: string, listener: Listener): void {
    getOrAdd(this.#byEvent, event, () => []).push(listener as Listener<unknown>);
  }

  removeListener(event: string, listener: unknown): void {
    const list = this.#byEvent.get(event) ?? [];
    for (let at = list.length - 1; at >= 0; at--) {
      if (list[at] !== listener && list[at]?.listener !== listener) continue;
      list.splice(at, 1);
      return;
    }
  }

  emit(event: string, args: unknown): void {
    const list = this.#byEvent.get(event);
    if (!list) return;
    // Listeners may come and go meanwhile.
    if (list.length === 1) list[0]?.(args);
    else for (const listener of [...list]) listener(args);
  }

  listenerCount(event: string): number {
    return this.#byEvent.get(event)?.length ?? 0;
  }
}
