import type { Diagnostics } from "../service/diagnostics.js";
import type { CloudEvent } from "./cloudEvent.js";
import type { HubEventListener } from "./eventListener.js";
import { dataOf } from "./inProcess.js";
import type { Sink } from "./listeners.js";

/** Events go to a function of this process. */
export class FunctionSink implements Sink {
  readonly #listener: HubEventListener;
  readonly #diagnostics: Diagnostics;

  constructor(listener: HubEventListener, diagnostics: Diagnostics) {
    this.#listener = listener;
    this.#diagnostics = diagnostics;
  }

  send(event: CloudEvent): void {
    void this.#call(event);
  }

  async close(): Promise<void> {}

  async #call(event: CloudEvent): Promise<void> {
    const { id, type, eventName, metadata, payload, origin } = event;
    const { hub, connectionId, userId, subprotocol } = origin;
    try {
      await this.#listener.onEvent?.({
        id,
        type,
        time: new Date(event.time).toISOString(),
        hub,
        connectionId,
        userId,
        subprotocol,
        eventName,
        dataType: payload.dataType,
        data: dataOf(payload),
        metadata,
      });
    } catch (cause) {
      const message = `A listener failed: ${String(cause)}`;
      this.#diagnostics({ level: "warning", hub, connectionId, message, cause });
    }
  }
}
