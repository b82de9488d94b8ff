import { Server, WebSocket, type Client } from "mock-socket";
import { WebPubSubClient, type WebPubSubClientOptions } from "web-pubsub-client";
import { ack, connected, type Frame } from "./frames.js";
import { turn } from "./stage.js";

/** How long the mock takes to open, to close and to carry a frame to the service, in ms. */
export const HOP = 4;

let services = 0;

/** One socket as the service sees it. */
export class MockPeer {
  readonly connectionId: string;
  readonly url: globalThis.URL;
  /** What came in, pings left out. */
  readonly frames: Frame[] = [];
  readonly #socket: Client;

  constructor(socket: Client, connectionId: string) {
    this.#socket = socket;
    this.connectionId = connectionId;
    this.url = new globalThis.URL(socket.url);
  }

  /** Frames of one type. */
  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame["type"] === type);
  }

  send(frame: Frame | string | ArrayBuffer): void {
    this.#socket.send(
      typeof frame === "string" || frame instanceof ArrayBuffer ? frame : JSON.stringify(frame),
    );
  }

  close(code = 1006, reason = ""): void {
    this.#socket.close({ code, reason, wasClean: false });
  }
}

/** What the service does with one operation: `ok`, an error's name, or nothing. */
export type Answer = "ok" | "silence" | (string & {});

/** A service on mock-socket: confirms connections, answers acks and pings as it is told. */
export class MockService {
  readonly url: string;
  readonly peers: MockPeer[] = [];
  readonly #server: Server;
  /** Decides what an operation is answered. Default: always `ok`. */
  answer: (frame: Frame, peer: MockPeer) => Answer = () => "ok";
  /** Empty: the service gives no token, so nothing can be recovered. */
  token = "token";
  #connections = 0;

  /** @param url of a service that has stopped, to take its place */
  constructor(url = `ws://mock${++services}.example/client/hubs/chat`) {
    this.url = url;
    this.#server = new Server(this.url, { mock: false });
    this.#server.on("connection", (socket) => this.#admit(socket));
  }

  /** The newest socket. */
  get peer(): MockPeer {
    const peer = this.peers.at(-1);
    if (peer === undefined) throw new Error("No client has connected yet.");
    return peer;
  }

  client(options: WebPubSubClientOptions = {}): WebPubSubClient {
    return new WebPubSubClient(`${this.url}?access_token=secret`, {
      webSocket: WebSocket,
      ...options,
      environment: { random: () => 0.5, ...options.environment },
    });
  }

  /** A client that is connected. */
  async connected(options: WebPubSubClientOptions = {}): Promise<WebPubSubClient> {
    const client = this.client(options);
    const started = client.start();
    await turn(HOP);
    await started;
    return client;
  }

  /** Breaks the newest socket off and waits until the client knows. */
  async cut(code = 1006, reason = ""): Promise<void> {
    this.peer.close(code, reason);
    await turn(HOP);
  }

  /** Nothing listens any more. */
  stop(): void {
    this.#server.stop();
  }

  #admit(socket: Client): void {
    const asked = new globalThis.URL(socket.url).searchParams.get("awps_connection_id");
    const peer = new MockPeer(socket, asked ?? `connection-${++this.#connections}`);
    this.peers.push(peer);
    socket.on("message", (data) => {
      const frame = JSON.parse(data as string) as Frame;
      if (frame["type"] === "ping") return peer.send({ type: "pong" });
      peer.frames.push(frame);
      if (frame["ackId"] === undefined) return;
      const answer = this.answer(frame, peer);
      if (answer !== "silence") peer.send(ack(frame["ackId"], answer === "ok" ? undefined : answer));
    });
    peer.send(connected(peer.connectionId, this.token));
  }
}
