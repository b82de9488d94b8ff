import type { Environment } from "../../core/environment/environment.js";
import { toError } from "../../core/errors.js";
import { logger } from "../../core/log.js";
import type { WebPubSubClientEvents } from "../../core/models/events.js";
import { CountedHold } from "../../core/util/countedHold.js";
import type { Emitter } from "../../core/util/emitter.js";
import type { Connection } from "../../core/connection/connection.js";

/** Counts those who need the connection: the first starts it, the last, after a moment, stops it. */
export class Retention {
  readonly #connection: Connection;
  readonly #hold: CountedHold;

  constructor(
    connection: Connection,
    settings: { readonly environment: Environment; readonly releaseDelayInMs: number },
    emitter: Emitter<WebPubSubClientEvents>,
  ) {
    this.#connection = connection;
    this.#hold = new CountedHold(
      settings,
      () => void this.#begin(),
      () => void connection.stop(),
      () => {
        if (connection.state === "Stopped") this.#hold.forget();
      },
    );
    // Where it is stopped already the timer would hold the process, and end what is started meanwhile.
    emitter.on("stopped", () => this.#hold.forget());
  }

  retain(): () => void {
    return this.#hold.hold();
  }

  async #begin(): Promise<void> {
    if (this.#connection.state === "Stopping") await this.#connection.stop();
    if (!this.#hold.held || this.#connection.state !== "Stopped") return;
    try {
      await this.#connection.start(undefined, true);
    } catch (thrown) {
      // Whoever wants to know listens to the state; this is the end that was asked for.
      logger.info(`Stopped before the first connection: ${toError(thrown).message}`);
    }
  }
}
