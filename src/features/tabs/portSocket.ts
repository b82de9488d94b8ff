import type { WebSocketLike } from "../../core/environment/environment.js";
import { toError } from "../../core/errors.js";
import type { FromWorker } from "./portMessages.js";
import type { WorkerPort, WorkerPortOwner } from "./workerPort.js";

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
/** The code of a socket that ended without a close frame (RFC 6455, section 7.4.1). */
const ABNORMAL = 1006;

/** A socket over a port to the worker. */
export class PortSocket implements WebSocketLike, WorkerPortOwner {
  binaryType = "arraybuffer";
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readyState = CONNECTING;
  #port: WorkerPort | undefined;

  constructor(url: string, opening: Promise<WorkerPort>) {
    opening.then(
      (port) => {
        if (this.readyState !== CONNECTING) return port.close({ type: "close", code: undefined });
        this.#port = port;
        port.owner = this;
        // The page may have gone and come back meanwhile.
        if (port.isClosed) this.#closed(ABNORMAL);
        else port.post({ type: "open", url });
      },
      (thrown: unknown) => this.#closed(ABNORMAL, toError(thrown).message),
    );
  }

  send(frame: string | ArrayBuffer): void {
    if (typeof frame !== "string")
      throw new TypeError("Only the JSON subprotocols are spoken with the worker.");
    this.#port?.post(frame);
  }

  close(code?: number): void {
    if (this.readyState >= CLOSING) return;
    this.readyState = CLOSING;
    this.#port?.close({ type: "close", code });
    this.#port = undefined;
    // As with a socket, not inside the call.
    void Promise.resolve().then(() => this.#closed(code));
  }

  onMessage(message: FromWorker): void {
    if (typeof message === "string") {
      this.onmessage?.({ data: message } as never);
    } else if (message.type === "open") {
      this.readyState = OPEN;
      this.onopen?.({} as never);
    } else if (message.type === "close") {
      this.#port?.close({ type: "close", code: undefined });
      this.#closed(message.code, message.reason);
    }
  }

  onBack(): void {
    if (this.#port?.isClosed !== true) return;
    this.#port.close({ type: "gone" });
    this.#closed(ABNORMAL, "The page was away.");
  }

  #closed(code: number | undefined, reason = ""): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#port = undefined;
    this.onclose?.({ code, reason } as never);
  }
}
