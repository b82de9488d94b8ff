import type { Environment, TimerHandle } from "../environment/environment.js";
import { toError } from "../errors.js";
import { logger } from "../logger.js";
import type { Connection } from "./connection.js";

/** Counts those who need the connection: the first starts it, the last, after a moment, stops it. */
export class Retention {
  readonly #connection: Connection;
  readonly #environment: Environment;
  readonly #releaseDelayInMs: number;
  #count = 0;
  #timer: TimerHandle;

  constructor(
    connection: Connection,
    { environment, releaseDelayInMs }: { environment: Environment; releaseDelayInMs: number },
  ) {
    this.#connection = connection;
    this.#environment = environment;
    this.#releaseDelayInMs = releaseDelayInMs;
  }

  retain(): () => void {
    this.#environment.clearTimer(this.#timer);
    if (this.#count++ === 0) void this.#begin();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      if (--this.#count > 0) return;
      this.#timer = this.#environment.setTimer(() => void this.#connection.stop(), this.#releaseDelayInMs);
    };
  }

  async #begin(): Promise<void> {
    if (this.#connection.state === "Stopping") await this.#connection.stop();
    if (this.#count === 0 || this.#connection.state !== "Stopped") return;
    try {
      await this.#connection.start(undefined, true);
    } catch (thrown) {
      // Whoever wants to know listens to the state; this is the end that was asked for.
      logger.info(`Stopped before the first connection: ${toError(thrown).message}`);
    }
  }
}
