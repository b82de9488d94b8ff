/** What the functions share: arguments that may change, and values whose readers run again when they change. */
import { createSubscriber } from "svelte/reactivity";

/** A value, or a function that reads it and is followed when it changes: `() => room`. */
export type MaybeGetter<T> = T | (() => T);

/** A reactive value. */
export interface Current<T> {
  /** The value of this moment. Reading it makes the reader run again when it changes. */
  readonly current: T;
}

export function valueOf(value: MaybeGetter<string>): string {
  return typeof value === "function" ? value() : value;
}

/**
 * @returns `track`, which makes what reads (the template, a derived value, an effect) run again after `changed`
 */
export function signal(): { readonly track: () => void; readonly changed: () => void } {
  let update: (() => void) | undefined;
  const track = createSubscriber((again) => {
    update = again;
    return () => (update = undefined);
  });
  return { track, changed: () => update?.() };
}
