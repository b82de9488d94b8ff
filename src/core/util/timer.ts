import type { Environment, TimerHandle } from "../environment/environment.js";

/** One timer; setting it again replaces the earlier setting. */
export class Timer {
  readonly #environment: Environment;
  #handle: TimerHandle;
  /** It is set and hasn't fired yet. */
  isSet = false;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Calls back after a delay in ms. */
  after(delayInMs: number, callback: () => void): void {
    this.clear();
    this.isSet = true;
    this.#handle = this.#environment.setTimer(() => {
      this.isSet = false;
      callback();
    }, delayInMs);
  }

  /** Calls back at a time of the environment's clock, in ms; at once if it is past, never for Infinity. */
  at(due: number, callback: () => void): void {
    if (due === Infinity) this.clear();
    else this.after(Math.max(0, due - this.#environment.now()), callback);
  }

  clear(): void {
    if (this.isSet) this.#environment.clearTimer(this.#handle);
    this.isSet = false;
  }
}
