import { retryDelay, type RetryPolicy } from "../connection/retryPolicy.js";
import type { Environment } from "../environment/environment.js";
import { Timer } from "../util/timer.js";

/** More retries aren't counted: with unlimited retries a call would wait forever. */
const MOST_RETRIES = 1_000;

/** The calls on a client that isn't started. Each waits for `start` as long as its message would be retried. */
export class CallsBeforeStart {
  readonly #environment: Environment;
  /** How long a call waits, in ms. */
  readonly #patience: number;
  readonly #timer: Timer;
  /** In the order of the calls, so the first is due first. */
  #calls: { readonly due: number; readonly refuse: () => void }[] = [];

  constructor(environment: Environment, policy: RetryPolicy) {
    this.#environment = environment;
    const retries = Math.min(policy.maxRetries, MOST_RETRIES);
    let total = 0;
    for (let retry = 1; retry <= retries; retry++)
      total += retryDelay({ ...policy, jitter: false }, retry, 0);
    this.#patience = total;
    this.#timer = new Timer(environment);
  }

  /** @param refuse called if the client isn't started in time */
  add(refuse: () => void): void {
    this.#calls.push({ due: this.#environment.now() + this.#patience, refuse });
    if (!this.#timer.isSet) this.#arm();
  }

  /** The client is started. */
  clear(): void {
    this.#calls = [];
    this.#timer.clear();
  }

  #arm(): void {
    this.#timer.at(this.#calls[0]?.due ?? Infinity, () => {
      const now = this.#environment.now();
      const over = this.#calls.filter(({ due }) => due <= now);
      this.#calls = this.#calls.filter(({ due }) => due > now);
      for (const { refuse } of over) refuse();
      if (!this.#timer.isSet) this.#arm();
    });
  }
}
