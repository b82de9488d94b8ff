import type { FeaturePort } from "../../core/feature.js";
import { toError } from "../../core/errors.js";
import { RefCount } from "../../core/util/refCount.js";

/** Counts the users of a client: the first one starts it, and it stops some time after the last one has gone. */
export class Retention {
  readonly #port: FeaturePort;
  readonly #count: RefCount;

  constructor(port: FeaturePort) {
    const { client } = port;
    this.#port = port;
    this.#count = new RefCount(port.settings, {
      onUsed: () => void this.#begin(),
      onIdle: () => {
        // The timer of a stopped client would keep the process alive, and stop it if it is started meanwhile.
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
      // Only logged: the client was stopped on purpose, and `state-changed` shows it.
      settings.logger.info(`Stopped before the first connection: ${toError(thrown).message}`);
    }
  }
}
