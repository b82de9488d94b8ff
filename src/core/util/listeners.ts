import { getOrAdd } from "./getOrAdd.js";

/** A listener, and the function that it wraps; it can be removed by either. */
export interface Listener<T = never> {
  (args: T): void;
  listener?: unknown;
}

/** The listeners of each event. */
export class Listeners {
  readonly #byEvent = new Map<string, Listener<unknown>[]>();

  on(event: string, listener: Listener): void {
    getOrAdd(this.#byEvent, event, () => []).push(listener as Listener<unknown>);
  }

  /** Removes the newest entry of a listener. */
  removeListener(event: string, listener: unknown): void {
    const list = this.#byEvent.get(event) ?? [];
    for (let at = list.length - 1; at >= 0; at--) {
      if (list[at] !== listener && list[at]?.listener !== listener) continue;
      list.splice(at, 1);
      return;
    }
  }

  /** Calls all listeners that are registered at this moment. */
  emit(event: string, args: unknown): void {
    const list = this.#byEvent.get(event);
    if (list === undefined) return;
    // Listeners may come and go meanwhile.
    if (list.length === 1) list[0]?.(args);
    else for (const listener of [...list]) listener(args);
  }

  listenerCount(event: string): number {
    return this.#byEvent.get(event)?.length ?? 0;
  }
}
