import { retryDelay, type RetryPolicy } from "../connection/retryPolicy.js";
import type { Environment } from "../environment/environment.js";
import { Timer } from "../util/timer.js";

/** More retries than this aren't counted: without a limit calls would wait for ever. */
const MOST_RETRIES = 1_000;

/** The calls on a client that isn't started. Each waits for `start` as long as its message would be retried. */
export class CallsBeforeStart {
  readonly #environment: Environment;
  readonly #policy: RetryPolicy;
  readonly #timer: Timer;
  /** In the order of the calls, so the first is due first. */
  #calls: { readonly due: number; readonly refuse: () => void }[] = [];

  constructor(environment: Environment, policy: RetryPolicy) {
    this.#environment = environment;
    this.#policy = { ...policy, jitter: false };
    this.#timer = new Timer(environment);
  }

  /** @param refuse called if the client isn't started in time */
  add(refuse: () => void): void {
    let due = this.#environment.now();
    const retries = Math.min(this.#policy.maxRetries, MOST_RETRIES);
    for (let retry = 1; retry <= retries; retry++) due += retryDelay(this.#policy, retry, 0);
    this.#calls.push({ due, refuse });
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
