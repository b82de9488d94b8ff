import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Frame } from "../service/codec.js";
import type { Transport } from "../service/transport.js";

/** How long a peer may take to answer a close frame, in milliseconds. */
const closeTimeoutInMs = 2_000;
/** What a close frame has room for. */
const maxReasonBytes = 123;

const { setTimeout, clearTimeout } = globalThis;

/** A WebSocket as the service's transport. */
export class SocketTransport implements Transport {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  #corked = false;
  #frozen = false;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  /** Whether a fault has made this end deaf and dumb. */
  get frozen(): boolean {
    return this.#frozen;
  }

  send(frame: Frame): void {
    if (this.#frozen || this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    this.#cork();
    this.#webSocket.send(frame.bytes, { binary: frame.binary });
  }

  close(code: number, reason: string): void {
    if (this.#frozen) return;
    this.#webSocket.close(code, truncate(reason));
    const timer = setTimeout(() => this.#webSocket.terminate(), closeTimeoutInMs).unref();
    this.#webSocket.once("close", () => clearTimeout(timer));
  }

  cut(): void {
    this.#webSocket.terminate();
  }

  freeze(): void {
    this.#frozen = true;
    this.#webSocket.pause();
  }

  /** Frames of one turn leave in one system call. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }
}

/** Cuts a text to what a close frame can carry, without breaking a character. */
function truncate(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= maxReasonBytes) return reason;
  return new TextDecoder().decode(bytes.subarray(0, maxReasonBytes), { stream: true });
}
