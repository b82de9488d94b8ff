/** Shared by several hooks: the newest value, an external store, a log of items. */
import { useInsertionEffect, useRef, useSyncExternalStore } from "react";

/** The items that a hook has collected, and their group. */
export interface Log<T> {
  readonly of?: object;
  readonly items: readonly T[];
}

export const NOTHING: Log<never> = { items: [] };

/** The value of the newest render that was committed, for callbacks that outlive a render. */
export function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  useInsertionEffect(() => {
    latest.current = value;
  });
  return latest;
}

/** The current result of `read`; on a server and during hydration `onServer`. */
export function useStore<T>(subscribe: (changed: () => void) => () => void, read: () => T, onServer: T): T {
  return useSyncExternalStore(subscribe, read, () => onServer);
}

const neverChanges = () => () => {};

/**
 * Whether this is rendered on a server. Only there and in a page that takes over a server's markup does React ask for
 * the value on a server, and such a page has a document. A renderer without one, as in React Native, never asks.
 */
export function useIsOnServer(): boolean {
  return useStore(neverChanges, () => false, typeof document === "undefined");
}
