import { SignJWT } from "jose";
import { WebSocket } from "ws";
import {
  type ClientUrlOptions,
  type Emulator,
  type EmulatorOptions,
  developmentAccessKey,
  startEmulator,
} from "../../src/index.js";

export const reliable = "json.reliable.webpubsub.azure.v1";
export const plain = "json.webpubsub.azure.v1";
/** Roles that allow everything with groups. */
export const anyGroup = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

export type Message = Record<string, unknown>;

/** A token for a minute, with the given claims. */
export async function sign(
  claims: Record<string, unknown>,
  key = developmentAccessKey,
  alg = "HS256",
): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 60;
  return new SignJWT({ exp, ...claims }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key));
}

/** Waits until a condition holds; the test's own time limit is the end of it. */
export async function until<Value>(probe: () => Value | undefined | false | null): Promise<Value> {
  for (;;) {
    const value = probe();
    if (value !== undefined && value !== false && value !== null) return value;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A client that does nothing by itself. */
export class RawClient {
  readonly socket: WebSocket;
  readonly messages: Message[] = [];
  closed: { code: number; reason: string } | undefined;
  status: number | undefined;
  body = "";
  /** The whole URL without recovery parameters. */
  readonly url: string;
  #nextAckId = 1;
  /** The connection whose session this client asks for. */
  readonly #earlier: RawClient | undefined;

  constructor(
    url: string,
    subprotocol: string | string[] = reliable,
    headers: Record<string, string> = {},
    earlier?: RawClient,
  ) {
    this.url = url;
    this.#earlier = earlier;
    this.socket = new WebSocket(url, subprotocol, { headers });
    this.socket.on("message", (data: Buffer) => this.messages.push(JSON.parse(data.toString()) as Message));
    this.socket.on("close", (code, reason) => (this.closed ??= { code, reason: reason.toString() }));
    this.socket.on("unexpected-response", (_request, response) => {
      response.setEncoding("utf8").on("data", (chunk: string) => (this.body += chunk));
      response.on("end", () => {
        this.status = response.statusCode;
        this.socket.terminate();
      });
    });
    // A refused upgrade is an error for the library and an answer for the test: `closed` tells.
    this.socket.on("error", () => undefined);
  }

  get connected(): Message | undefined {
    return this.messages.find(({ event }) => event === "connected");
  }

  get id(): string {
    return this.connected === undefined && this.#earlier !== undefined
      ? this.#earlier.id
      : String(this.connected?.["connectionId"]);
  }

  /** The newest reconnection token. */
  get token(): string {
    const told = this.messages.filter(({ event }) => event === "connected").at(-1);
    return told === undefined && this.#earlier !== undefined
      ? this.#earlier.token
      : String(told?.["reconnectionToken"]);
  }

  /** Messages with data, without those about the connection. */
  get data(): Message[] {
    return this.messages.filter(({ type }) => type === "message");
  }

  send(message: Message): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Sends an operation and waits for its ack. */
  async ask(operation: Message): Promise<Message> {
    const ackId = operation["ackId"] ?? this.#nextAckId++;
    const before = this.messages.length;
    this.send({ ...operation, ackId });
    return until(() =>
      this.messages.slice(before).find((message) => message["type"] === "ack" && message["ackId"] === ackId),
    );
  }

  async join(group: string): Promise<Message> {
    return this.ask({ type: "joinGroup", group });
  }

  async text(group: string, data: string, more: Message = {}): Promise<Message> {
    return this.ask({ type: "sendToGroup", group, dataType: "text", data, ...more });
  }

  /** Everything sent before has been answered: what didn't come by now was not sent. */
  async settled(): Promise<void> {
    const pongs = () => this.messages.filter(({ type }) => type === "pong").length;
    const before = pongs();
    this.send({ type: "ping" });
    await until(() => pongs() > before);
  }

  async gone(): Promise<{ code: number; reason: string }> {
    return until(() => this.closed);
  }

  /** A new client that asks for this one's session. */
  recovery(more: { token?: string; subprotocol?: string } = {}): RawClient {
    const url = new URL(this.url);
    url.search = "";
    url.searchParams.set("awps_connection_id", this.id);
    url.searchParams.set("awps_reconnection_token", more.token ?? this.token);
    return new RawClient(url.href, more.subprotocol ?? reliable, {}, this);
  }
}

/** An emulator with the clients of one test; disposing it ends them all. */
export class House implements AsyncDisposable {
  readonly emulator: Emulator;
  readonly warnings: string[];
  readonly #clients: RawClient[] = [];

  private constructor(emulator: Emulator, warnings: string[]) {
    this.emulator = emulator;
    this.warnings = warnings;
  }

  static async open(options: EmulatorOptions = {}): Promise<House> {
    const warnings: string[] = [];
    return new House(
      await startEmulator({ log: ({ message }) => warnings.push(message), ...options }),
      warnings,
    );
  }

  /** Connects and waits for the `connected` message. By default with every right on groups. */
  async client(options: ClientUrlOptions & { hub?: string; subprotocol?: string } = {}): Promise<RawClient> {
    const { hub = "chat", subprotocol, ...url } = options;
    const client = new RawClient(
      await this.emulator.clientAccessUrl(hub, { roles: anyGroup, ...url }),
      subprotocol,
    );
    return this.connected(client);
  }

  async connected(client: RawClient): Promise<RawClient> {
    this.#clients.push(client);
    await until(() => client.connected ?? client.closed);
    if (client.connected === undefined) throw new Error(`Not connected: ${JSON.stringify(client.closed)}`);
    return client;
  }

  /** Recovers a connection, and waits until the service answers there: it says nothing by itself. */
  async recover(client: RawClient, more: { token?: string } = {}): Promise<RawClient> {
    const again = client.recovery(more);
    this.#clients.push(again);
    await until(() => again.socket.readyState === again.socket.OPEN || again.closed);
    again.send({ type: "ping" });
    await until(() => again.closed ?? again.messages.some(({ type }) => type === "pong"));
    if (again.closed !== undefined) throw new Error(`Not recovered: ${JSON.stringify(again.closed)}`);
    return again;
  }

  /** A bare REST call with a valid token. */
  async call(
    method: string,
    path: string,
    more: {
      query?: Record<string, string | string[]>;
      headers?: Record<string, string>;
      body?: string | Uint8Array<ArrayBuffer>;
    } = {},
  ): Promise<Response> {
    const url = new URL(path, this.emulator.endpoint);
    for (const [name, values] of Object.entries(more.query ?? {})) {
      for (const value of [values].flat()) url.searchParams.append(name, value);
    }
    const token = await sign({ aud: `${url.origin}${url.pathname}` });
    return fetch(url, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...more.headers },
      ...(more.body !== undefined && { body: more.body }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.socket.terminate();
    await this.emulator.close();
  }
}
