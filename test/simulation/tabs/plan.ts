import type { ServiceTrouble, Trouble } from "../plans/plan.js";

/** Tabs, the worker, outside clients and what happens to them. Times are in ms of virtual time. */
export interface TabsPlan {
  readonly seed: number;
  /** When the last trouble ends. */
  readonly duration: number;
  /** Whether the service says `connected` on a recovery; left out: it does. */
  readonly announces?: boolean;
  /** The browser has Web Locks: it tells of a page that ends. */
  readonly locks: boolean;
  /** The worker asks the tabs for its URL. */
  readonly asksTab: boolean;
  /** The worker's client speaks protobuf. */
  readonly protobuf: boolean;
  /** Of the worker's line to the service, one way. */
  readonly latency: readonly [low: number, high: number];
  /** How long the browser lets the worker live after the last page. */
  readonly lingers: number;
  readonly tabs: readonly TabPlan[];
  readonly outsiders: number;
  readonly steps: readonly TabsStep[];
}

export interface TabPlan {
  /** Of its port, one way. */
  readonly latency: readonly [low: number, high: number];
  readonly keepTrying: boolean;
  readonly resendOnNewConnection: boolean;
}

/** What a program calls. */
export type TabCall =
  | { readonly do: "start" | "stop" }
  | ({
      readonly do: "join" | "leave" | "watch" | "unwatch" | "clear";
      readonly group: string;
    } & Abortable)
  | ({ readonly do: "set"; readonly group: string; readonly value: string } & Abortable)
  | ({
      readonly do: "send";
      readonly group: string;
      readonly noEcho?: boolean;
      readonly forget?: boolean;
      readonly times?: number;
    } & Abortable)
  | ({ readonly do: "event"; readonly forget?: boolean } & Abortable)
  | ({ readonly do: "invoke" } & Abortable)
  | {
      readonly do: "stream";
      readonly group: string;
      /** Several tabs may choose the same. */
      readonly id?: string;
      readonly fragments: number;
      readonly pace: number;
      readonly noEcho?: boolean;
      readonly finish: "end" | "abort";
    };

interface Abortable {
  readonly abortAfter?: number;
}

/** What happens to a page. */
export type PageTrouble =
  /** Its process ends: without a word, or with `pagehide`. */
  | { readonly do: "crash" | "close" }
  /** It goes into the back-forward cache and comes back. */
  | { readonly do: "hide"; readonly for: number }
  /** It does nothing for a while, and isn't told. */
  | { readonly do: "freeze"; readonly for: number; readonly first?: "timers" | "frames" }
  | { readonly do: "wake" };

/** What happens to the worker, or to its line. */
export type WorkerTrouble =
  Trouble | { readonly do: "die" } | { readonly do: "unloadable"; readonly for: number };

export type TabsStep =
  | { readonly at: number; readonly tab: number; readonly what: TabCall | PageTrouble }
  | { readonly at: number; readonly outsider: number; readonly what: TabCall }
  | { readonly at: number; readonly worker: true; readonly what: WorkerTrouble }
  | { readonly at: number; readonly service: true; readonly what: ServiceTrouble };
