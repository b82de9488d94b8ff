import {
  type IncomingMessage,
  type RequestListener,
  type ServerOptions,
  type ServerResponse,
  type Server as HttpServer,
  createServer,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { withoutUpgrade } from "./declinedUpgrade.js";
import { refuse } from "./refusal.js";

/** What a peer may send, and take its time for, before a request is known: bytes and milliseconds. */
const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 2_000,
};

const { setTimeout, clearTimeout } = globalThis;

/** What the server hands on. */
export interface ServerHandlers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  /** Only upgrades to WebSocket come here. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Something failed that stops nothing, such as a connection that could not be accepted. */
  readonly failed: (error: Error) => void;
  /** A client spoke TLS where HTTP is spoken. */
  readonly misdirected: () => void;
}

/** How a server listens: for HTTP, or for HTTPS. */
export interface Listening {
  /** The event that brings a socket whose requests are read. */
  readonly arrival: "connection" | "secureConnection";
  readonly create: (limits: ServerOptions, request: RequestListener) => HttpServer;
}

const plain: Listening = { arrival: "connection", create: createServer };

/** What the codes of Node's errors mean to whoever chose the address. */
const reasons: Readonly<Record<string, (port: number) => string>> = {
  EADDRINUSE: (port) => `port ${port} is in use. Choose another one, or 0 for any that is free.`,
  EACCES: (port) => `port ${port} needs more rights. Choose one from 1024 on, or 0 for any that is free.`,
  EADDRNOTAVAIL: () => "this machine has no such address. 127.0.0.1 is always there.",
  ENOTFOUND: () => "there is no host of this name. 127.0.0.1 is always there.",
};

/** Whether bytes are the beginning of a TLS connection: a handshake of TLS 1.0 or later. */
function isHandshake([type, version]: Uint8Array = new Uint8Array()): boolean {
  return type === 0x16 && version === 0x03;
}

/** The HTTP server with its sockets: it can be closed whatever state they are in. */
export class Server {
  readonly #server: HttpServer;
  readonly #arrival: Listening["arrival"];
  readonly #failed: (error: Error) => void;
  readonly #sockets = new Set<Socket>();
  /** The last answer that is on its way, by its socket. */
  readonly #answers = new WeakMap<Duplex, ServerResponse>();

  /** @param listening left out: plain HTTP. */
  constructor(
    { request, upgrade, failed, misdirected }: ServerHandlers,
    { arrival, create }: Listening = plain,
  ) {
    this.#arrival = arrival;
    this.#server = create(limits, (incoming, response) => {
      const { socket } = incoming;
      this.#answers.set(socket, response);
      response.once("close", () => {
        if (this.#answers.get(socket) === response) this.#answers.delete(socket);
      });
      request(incoming, response);
    });
    this.#server.on("upgrade", (request, socket, head) => {
      if (request.headers.upgrade?.toLowerCase() !== "websocket") this.#decline(request, head);
      else this.#afterAnswers(socket, () => upgrade(request, socket, head));
    });
    this.#failed = failed;
    this.#server.on("clientError", (error: Error & { readonly rawPacket?: Buffer }, socket) => {
      if (isHandshake(error.rawPacket)) misdirected();
      if (socket.writable) refuse(socket, 400, `The request could not be read: ${error.message}`);
      else socket.destroy();
    });
    // Of HTTPS both come: the TCP socket before the handshake, the other one after it.
    for (const event of new Set(["connection", arrival])) {
      this.#server.on(event, (socket: Socket) => this.#watch(socket));
    }
  }

  #watch(socket: Socket): void {
    // A declined upgrade brings its socket here once more.
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    // While an upgrade waits, nobody else listens; `close` tells who needs to know.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /** @returns the port. Rejects where the port is taken or the host isn't this machine's. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException) => {
        const reason = reasons[error.code ?? ""]?.(port) ?? error.message;
        reject(new Error(`Can't listen on ${host}:${port}: ${reason}`, { cause: error }));
      };
      this.#server.once("error", refused);
      this.#server.listen(port, host, () => {
        this.#server.off("error", refused);
        this.#server.on("error", this.#failed);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Puts the request back as a plain one: the server reads it again, now with its body. */
  #decline(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    socket.unshift(Buffer.concat([withoutUpgrade(request), head]));
    this.#afterAnswers(socket, () => {
      // An earlier answer has set the time for idle connections, and only its own reader would have taken it back.
      socket.setTimeout(0);
      this.#server.emit(this.#arrival, socket);
    });
  }

  /** An upgrade takes the socket from the answers to earlier requests: it has to wait for them. */
  #afterAnswers(socket: Duplex, proceed: () => void): void {
    const last = this.#answers.get(socket);
    if (last === undefined) proceed();
    else last.once("close", () => socket.destroyed || proceed());
  }

  /** Takes no more connections, gives the open ones `graceInMs` milliseconds to end, then drops them. */
  async close(graceInMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceInMs);
    await closed;
    clearTimeout(timer);
  }
}
