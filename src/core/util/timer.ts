import type { Environment, TimerHandle } from "../environment/environment.js";

/** One timer; setting it again replaces the earlier setting. */
export class Timer {
  readonly #environment: Environment;
  #handle: TimerHandle;
  #fire: (() => void) | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** It is set and hasn't fired yet. */
  get isSet(): boolean {
    return this.#fire !== undefined;
  }

  /** Calls back after a delay in ms. */
  after(delayInMs: number, callback: () => void): void {
    this.clear();
    const fire = (): void => {
      if (this.#fire !== fire) return;
      this.#fire = undefined;
      callback();
    };
    this.#handle = this.#environment.setTimer(fire, delayInMs);
    this.#fire = fire;
  }

  /** Calls back at a time of the environment's clock, in ms; at once if it is past, never for Infinity. */
  at(due: number, callback: () => void): void {
    if (due === Infinity) this.clear();
    else this.after(Math.max(0, due - this.#environment.now()), callback);
  }

  clear(): void {
    if (!this.isSet) return;
    this.#fire = undefined;
    try {
      this.#environment.clearTimer(this.#handle);
    } catch {
      // It fires for nothing.
    }
  }
}
