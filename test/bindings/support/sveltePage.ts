import { flushSync, mount, unmount } from "svelte";
import { fromStore, writable } from "svelte/store";
import type { ClientSource } from "web-pubsub-client";
import { useGroup, useGroupMessages, type MaybeGetter } from "web-pubsub-client/svelte";
import { useBarePage } from "./page.js";
import Root from "./Root.svelte";

/** What a component does while it is initialised; it returns what the component shows. */
export type Setup = () => () => string;
/** Of the Svelte that this run is for. */
export const version = process.env["SVELTE_VERSION"] ?? "unknown";

type Parts = readonly { readonly key: unknown; readonly setup: Setup }[];

/** A value that the template follows. */
export const state = <T>(value: T): { current: T } => fromStore(writable(value));

const keyed = (setups: readonly Setup[]): Parts => setups.map((setup) => ({ key: setup, setup }));

export interface Shown {
  readonly place: HTMLElement;
  /** What each component shows. */
  texts(): (string | null)[];
  /** What the boundary around them has caught. */
  caught(): string | null | undefined;
  /** Shows these components; one that was there by the same setup stays. */
  change(...setups: Setup[]): void;
  unmount(): void;
}

/** Components by their setups, within one that provides a client. */
export function show(source: ClientSource, ...setups: Setup[]): Shown {
  const parts = state(keyed(setups));
  const place = document.body.appendChild(document.createElement("div"));
  const component = mount(Root, { target: place, props: { source, parts } });
  flushSync();
  let isMounted = true;
  return {
    place,
    texts: () => Array.from(place.querySelectorAll("p"), ({ textContent }) => textContent),
    caught: () => place.querySelector("b")?.textContent,
    change(...next) {
      parts.current = keyed(next);
      flushSync();
    },
    unmount() {
      if (!isMounted) return;
      isMounted = false;
      void unmount(component);
      place.remove();
    },
  };
}

/** The components connect with the page's `url` and `options`, which a test may change. */
export function usePage() {
  const all: Shown[] = [];
  const page = useBarePage("warn", () => {
    for (const each of all.splice(0)) each.unmount();
  });
  const keep = (shown: Shown): Shown => {
    all.push(shown);
    return shown;
  };
  return Object.assign(page, {
    show: (...setups: Setup[]) => keep(show({ url: page.url, options: page.options }, ...setups)),
    showWith: (source: ClientSource, ...setups: Setup[]) => keep(show(source, ...setups)),
  });
}

export const status =
  (group: MaybeGetter<string> = "room"): Setup =>
  () => {
    const room = useGroup(group);
    return () => `${room.status}${room.error ? ` (${room.error.name})` : ""}`;
  };

export const log =
  (group: MaybeGetter<string> = "room", limit?: number): Setup =>
  () => {
    const messages = useGroupMessages<string>(group, { limit });
    return () => `log: ${messages.current.map(({ data }) => data).join()}`;
  };
