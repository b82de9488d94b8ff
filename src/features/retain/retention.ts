import type { FeaturePort } from "../../core/feature.js";
import { toError } from "../../core/errors.js";
import { RefCount } from "../../core/util/refCount.js";

/** Counts those who need the connection: the first starts it, the last, after a moment, stops it. */
export class Retention {
  readonly #port: FeaturePort;
  readonly #count: RefCount;

  constructor(port: FeaturePort) {
    const { client } = port;
    this.#port = port;
    this.#count = new RefCount(port.settings, {
      onUsed: () => void this.#begin(),
      onIdle: () => {
        // Where it is stopped already the timer would hold the process, and end what is started meanwhile.
        if (client.state === "Stopped") this.#count.cancel();
      },
      onReleased: () => void client.stop(),
    });
    client.on("stopped", () => this.#count.cancel());
  }

  retain(): () => void {
    return this.#count.hold();
  }

  async #begin(): Promise<void> {
    const { client, settings } = this.#port;
    if (client.state === "Stopping") await client.stop();
    if (!this.#count.held || client.state !== "Stopped") return;
    try {
      await client.start({ keepTrying: true });
    } catch (thrown) {
      // Who wants to know listens to the state; this is the end that was asked for.
      settings.logger.info(`Stopped before the first connection: ${toError(thrown).message}`);
    }
  }
}
