import type { AttemptKind, Caller, Outlet } from "./caller.js";

/** The delay before the next attempt to recover, after so many were refused and so long after the drop. All in ms. */
export type RecoveryDelay = (refused: number, random: number, sinceDropInMs: number) => number;

/** When to knock, as formulas: for the reference client and for the policies that were weighed. All in ms. */
export interface Formula {
  /** Before the first attempt. */
  readonly first: (code: number, random: number) => number;
  /** Made for each client: a policy may remember what it has chosen before. */
  readonly recovery: () => RecoveryDelay;
  /** How long after the drop recoveries are tried. */
  readonly windowInMs: number;
  /** With less than this left of it no more. */
  readonly lastChanceInMs: number;
  /** Before the first attempt for a new connection. */
  readonly turn: (random: number) => number;
  /** After the nth refused attempt for a new connection. */
  readonly reconnect: (retry: number, random: number) => number;
  /** For one attempt. */
  readonly timeoutInMs: number;
}

/**
 * `@azure/web-pubsub-client` 1.1.0 with default options: recovery at once, then 1 s after each failure for 30 s;
 * new connections at once, then 1 s after each failure. No jitter, no time limit for an attempt.
 */
export const REFERENCE: Formula = {
  first: () => 0,
  recovery: () => () => 1_000,
  windowInMs: 30_000,
  lastChanceInMs: 0,
  turn: () => 0,
  reconnect: () => 1_000,
  timeoutInMs: Infinity,
};

export class FormulaCaller implements Caller {
  readonly #outlet: Outlet;
  readonly #formula: Formula;
  readonly #recovery: RecoveryDelay;
  #droppedAt = 0;
  #kind: AttemptKind = "recovery";
  #failures = 0;
  /** Of the current attempt. */
  #epoch = 0;

  constructor(outlet: Outlet, formula: Formula) {
    this.#outlet = outlet;
    this.#formula = formula;
    this.#recovery = formula.recovery();
  }

  dropped(code: number): void {
    this.#droppedAt = this.#outlet.now();
    this.#attemptIn(this.#formula.first(code, this.#outlet.random()));
  }

  refused(): void {
    this.#epoch++;
    this.#failures++;
    const random = this.#outlet.random();
    const sinceDrop = this.#outlet.now() - this.#droppedAt;
    const { windowInMs, lastChanceInMs, reconnect } = this.#formula;
    if (this.#kind === "new") this.#attemptIn(reconnect(this.#failures, random));
    else if (windowInMs - sinceDrop > lastChanceInMs)
      this.#attemptIn(this.#recovery(this.#failures, random, sinceDrop));
    else this.#turn();
  }

  forgotten(): void {
    this.#turn();
  }

  welcomed(): void {
    this.#epoch++;
  }

  #turn(): void {
    this.#epoch++;
    this.#kind = "new";
    this.#failures = 0;
    this.#attemptIn(this.#formula.turn(this.#outlet.random()));
  }

  #attemptIn(delayInMs: number): void {
    const epoch = ++this.#epoch;
    this.#outlet.after(delayInMs, () => {
      if (this.#epoch !== epoch) return;
      this.#outlet.attempt(this.#kind);
      if (this.#formula.timeoutInMs === Infinity) return;
      this.#outlet.after(this.#formula.timeoutInMs, () => this.#epoch === epoch && this.refused());
    });
  }
}
