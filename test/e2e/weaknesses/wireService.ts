import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { ack, connected, pong, type Frame } from "../../helpers/frames.js";

/** One WebSocket as the service sees it. */
export class WireConnection {
  readonly url: URL;
  readonly socket: WebSocket;
  /** What it is made of. */
  readonly transport: Duplex;
  /** What came in, pings left out. */
  readonly frames: Frame[] = [];
  /** Takes everything and says nothing. */
  mute = false;

  constructor(socket: WebSocket, transport: Duplex, path: string) {
    this.socket = socket;
    this.transport = transport;
    this.url = new URL(path, "ws://host");
  }

  get recovers(): boolean {
    return this.url.searchParams.has("awps_connection_id");
  }

  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame["type"] === type);
  }

  send(frame: Frame | string): void {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The TCP connection is gone without a word. */
  cut(): void {
    this.socket.terminate();
  }
}

/** A service that answers every operation, unless the test says otherwise. */
export class WireService implements AsyncDisposable {
  readonly connections: WireConnection[] = [];
  /** Called with every connection; greets by default. */
  onConnection: (connection: WireConnection) => void = (connection) => this.greet(connection);
  /** What an operation is answered: `ok`, an error's name, or nothing. */
  answer: (frame: Frame, connection: WireConnection) => "ok" | "silence" | (string & {}) = () => "ok";
  /** What upgrades get: a WebSocket, 401, or no answer. */
  door: "open" | "closed" | "silent" = "open";
  /** Upgrades that got none. */
  turnedAway = 0;
  /** Empty: nothing can be recovered. */
  token = "token";
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #silent: Duplex[] = [];
  #ids = 0;

  private constructor(http: Server) {
    this.#http = http;
    this.#sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (protocols) => [...protocols][0] ?? false,
    });
    http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static async open(): Promise<WireService> {
    const http = createServer();
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    return new WireService(http);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/client/hubs/chat?access_token=secret`;
  }

  /** The newest connection. */
  get connection(): WireConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error("No client has connected yet.");
    return connection;
  }

  greet(connection: WireConnection): void {
    const id = connection.url.searchParams.get("awps_connection_id") ?? `connection-${++this.#ids}`;
    connection.send(connected(id, this.token));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.door === "open") {
      this.#sockets.handleUpgrade(request, socket, head, (opened) =>
        this.#admit(opened, socket, request.url ?? "/"),
      );
      return;
    }
    this.turnedAway++;
    // Whoever gives the attempt up may reset it.
    socket.on("error", () => undefined);
    if (this.door === "closed") socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
    else this.#silent.push(socket);
  }

  #admit(socket: WebSocket, transport: Duplex, path: string): void {
    const connection = new WireConnection(socket, transport, path);
    this.connections.push(connection);
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      if (frame["type"] === "ping") return connection.mute || connection.send(pong);
      connection.frames.push(frame);
      if (connection.mute || frame["ackId"] === undefined) return;
      const answer = this.answer(frame, connection);
      if (answer !== "silence") connection.send(ack(frame["ackId"], answer === "ok" ? undefined : answer));
    });
    this.onConnection(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.connections) socket.terminate();
    for (const socket of this.#silent) socket.destroy();
    this.#sockets.close();
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, "close");
  }
}
