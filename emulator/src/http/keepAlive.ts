import type { WebSocket } from "ws";
import type { Link } from "../service/transport.js";
import type { SocketTransport } from "./socketTransport.js";

/** How often sockets are asked for a sign of life, in milliseconds. */
const defaultIntervalInMs = 30_000;

interface Connection {
  readonly webSocket: WebSocket;
  readonly transport: SocketTransport;
  readonly link: Link;
  /** Whether anything came in since the last round. */
  alive: boolean;
}

const { setInterval, clearInterval } = globalThis;

/** Finds sockets whose peer is gone without a word, by WebSocket pings. One timer serves them all. */
export class KeepAlive {
  readonly #connections = new Set<Connection>();
  readonly #intervalInMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(intervalInMs = defaultIntervalInMs) {
    this.#intervalInMs = intervalInMs;
  }

  watch(webSocket: WebSocket, transport: SocketTransport, link: Link): void {
    const connection = { webSocket, transport, link, alive: true };
    this.#connections.add(connection);
    const heard = () => {
      connection.alive = true;
    };
    webSocket.on("message", heard).on("pong", heard).on("ping", heard);
    webSocket.once("close", () => this.#connections.delete(connection));
    this.#timer ??= setInterval(() => this.#round(), this.#intervalInMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #round(): void {
    for (const { webSocket, transport, link, alive } of this.#connections) {
      if (alive) {
        if (!transport.frozen && webSocket.readyState === webSocket.OPEN) webSocket.ping();
      } else if (transport.frozen) {
        // The fault says that the socket stays up: only the service learns that nobody is there.
        link.closed(1006);
      } else webSocket.terminate();
    }
    for (const connection of this.#connections) connection.alive = false;
  }
}
