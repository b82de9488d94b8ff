import type { WebSocketLike } from "../../../src/core/environment/environment.js";
import type { Json } from "../oracles/model.js";
import type { Wire } from "./wire.js";

type Handler = ((event: never) => void) | null;

/** The client's end of a wire: behaves like the sockets of `ws`, or like a browser's. */
export class ClientSocket implements WebSocketLike {
  readyState = 0;
  binaryType = "blob";
  onopen: Handler = null;
  onmessage: Handler = null;
  onclose: Handler = null;
  onerror: Handler = null;
  terminate: (() => void) | undefined;
  /** The next so many frames are not taken. */
  throws = 0;
  /** What was taken, in order. */
  onTaken: ((message: Json, data: string | ArrayBuffer) => void) | undefined;
  /** What wasn't. */
  onThrown: ((message: Json) => void) | undefined;
  /** The client has asked for the end. */
  released = false;
  readonly #wire: Wire;
  #closedByClient = false;

  constructor(wire: Wire, browser: boolean) {
    this.#wire = wire;
    if (!browser) this.terminate = () => this.#terminate();
  }

  /** A frame that arrives now is handed over. */
  get receives(): boolean {
    return this.readyState === 1 || (this.readyState === 2 && this.#closedByClient);
  }

  send(data: string | ArrayBuffer): void {
    if (this.readyState === 0) throw new Error("InvalidStateError: the socket is still connecting.");
    if (this.readyState !== 1) return;
    if (this.throws > 0) {
      this.throws--;
      this.onThrown?.(this.#wire.read(data));
      throw new Error("The socket throws.");
    }
    const message = this.#wire.read(data);
    this.onTaken?.(message, data);
    this.#wire.sendUp(data, message);
  }

  close(code = 1005): void {
    this.released = true;
    if (this.readyState >= 2) return;
    if (this.readyState === 1 && code !== 1000) this.#wire.abandoned();
    const connecting = this.readyState === 0;
    this.readyState = 2;
    this.#closedByClient = true;
    if (connecting) this.#wire.terminate();
    else this.#wire.closeUp(code);
  }

  #terminate(): void {
    this.released = true;
    if (this.readyState === 3) return;
    if (this.readyState === 1) this.#wire.abandoned();
    this.readyState = 2;
    this.#closedByClient = true;
    this.#wire.terminate();
  }

  opened(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  message(data: string | ArrayBuffer): void {
    this.onmessage?.({ data } as never);
  }

  /** The handshake was refused or broke. */
  failed(): void {
    if (this.readyState === 3) return;
    this.onerror?.({ message: "Unexpected server response" } as never);
    this.closed(1006, "");
  }

  closed(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason } as never);
  }
}
