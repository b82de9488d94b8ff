import type { EngineName } from "./installed.js";

/** A browser that a driver runs, as the list of tests sees it. */
export interface Engine {
  readonly name: EngineName;
  readonly version: string;
  /**
   * Opens a page in a window of its own, and resolves when it has loaded. All pages share one profile.
   * @param size of the view in CSS pixels; left out: the browser's own
   */
  open(url: string, size?: Size): Promise<EnginePage>;
  /** Stops or continues the browser and all its processes, as a sleeping machine would. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  close(): Promise<void>;
}

/** What a browser, so driven, can do. */
export interface Abilities {
  /** Keeps pages with a client in its back-forward cache, over HTTP also those with `Cache-Control: no-store`. */
  readonly restoresPages: boolean;
  /** `setOffline`. */
  readonly goesOffline: boolean;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** One page. */
export interface EnginePage {
  /** Loads another address in the same tab; resolves when it has loaded. */
  goto(url: string): Promise<void>;
  /** Loads the page again; resolves when the new one is there, if not all of it. */
  reload(): Promise<void>;
  /**
   * Runs an expression, or a function with an argument that JSON can hold, in the page; waits for it if it is a
   * promise, during which others may run. Rejects when the page goes before it answers.
   */
  evaluate<Result>(expression: string): Promise<Result>;
  evaluate<Result, Given>(work: (given: Given) => Result, given: Given): Promise<Awaited<Result>>;
  evaluate<Result>(work: () => Result): Promise<Awaited<Result>>;
  /** The page's own `window.open` of its address: another tab with a copy of its `sessionStorage`. */
  duplicate(): Promise<EnginePage>;
  /** Types into the field that has the focus after a click on it, and presses Enter. */
  type(selector: string, text: string): Promise<void>;
  /** The network as the page sees it, with its events `offline` and `online`. Left out: the driver can't. */
  setOffline?(offline: boolean): Promise<void>;
  /** A PNG of what is in view. */
  screenshot(): Promise<Uint8Array>;
  /** Also where it is closed already. */
  close(): Promise<void>;
}

/** What `evaluate` runs, as one expression. */
export const toExpression = (work: string | ((given: never) => unknown), given?: unknown): string =>
  typeof work === "string" ? work : `(${work.toString()})(${JSON.stringify(given) ?? ""})`;

/** The pages that are open, for traces of a failed test. */
export const openPages = new Set<EnginePage>();
