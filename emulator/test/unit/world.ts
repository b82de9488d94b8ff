import type { Frame } from "../../src/service/codec.js";
import type { Diagnostic } from "../../src/service/diagnostics.js";
import type { Environment } from "../../src/service/environment.js";
import { type Interference, noInterference } from "../../src/service/interference.js";
import { Service } from "../../src/service/service.js";
import type { TokenClaims } from "../../src/service/token.js";
import type { Link, Transport } from "../../src/service/transport.js";
import { type Upstream, noUpstream } from "../../src/service/upstream.js";
import { codecs } from "../../src/wire/index.js";

export type Message = Record<string, unknown>;

/** A clock that the test turns; timers run in their order. */
export class VirtualClock implements Environment {
  timers: { readonly at: number; readonly callback: () => void }[] = [];
  #now = 1_000_000;
  #random = 0;

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayInMs: number) {
    const timer = { at: this.#now + delayInMs, callback };
    this.timers.push(timer);
    return { cancel: () => void (this.timers = this.timers.filter((other) => other !== timer)) };
  }

  randomBytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => (this.#random = (this.#random * 5 + 17) % 8191) & 255);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }
}

/** A client's socket that is nothing but a list of what was sent to it. */
export class TestClient implements Transport {
  readonly messages: Message[] = [];
  bufferedBytes = 0;
  /** How the service ended the socket. */
  end: { code: number; reason: string } | "cut" | undefined;
  link: Link | undefined;
  #frozen = false;
  /** The client whose session this one has recovered. */
  readonly #earlier: TestClient | undefined;

  constructor(earlier?: TestClient) {
    this.#earlier = earlier;
  }

  send(frame: Frame): void {
    if (this.#frozen) return;
    this.messages.push(JSON.parse(new TextDecoder().decode(frame.bytes)) as Message);
  }

  close(code: number, reason: string): void {
    this.end = { code, reason };
  }

  cut(): void {
    this.end = "cut";
    this.link?.closed(1006);
  }

  freeze(): void {
    this.#frozen = true;
  }

  say(message: Message | string): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    this.link?.receive({ binary: false, bytes: new TextEncoder().encode(text) });
  }

  get connected(): Message {
    return this.messages.find(({ event }) => event === "connected") ?? {};
  }

  get id(): string {
    const { connectionId } = this.connected;
    return connectionId === undefined && this.#earlier !== undefined
      ? this.#earlier.id
      : String(connectionId);
  }

  /** The newest reconnection token. */
  get token(): string {
    const { reconnectionToken } = this.connected;
    return reconnectionToken === undefined && this.#earlier !== undefined
      ? this.#earlier.token
      : String(reconnectionToken);
  }

  get acks(): Message[] {
    return this.messages.filter(({ type }) => type === "ack");
  }

  get data(): Message[] {
    return this.messages.filter(({ type }) => type === "message");
  }
}

/** The service without a network, in virtual time. Its tokens are plain JSON. */
export class World {
  readonly clock = new VirtualClock();
  readonly diagnostics: Diagnostic[] = [];
  readonly service: Service;

  constructor(
    ports: { upstream?: Partial<Upstream>; interference?: Partial<Interference> } = {},
    options: { recoveryWindowInMs?: number } = {},
  ) {
    this.service = new Service(
      {
        environment: this.clock,
        tokens: { verify: (token) => Promise.resolve(JSON.parse(token) as TokenClaims) },
        codecs,
        upstream: { ...noUpstream, ...ports.upstream },
        interference: { ...noInterference, ...ports.interference },
        diagnostics: (diagnostic) => this.diagnostics.push(diagnostic),
      },
      options,
    );
  }

  /** Connects with every right on groups, unless the claims say otherwise. */
  async client(claims: TokenClaims = {}, reliable = true): Promise<TestClient> {
    const role = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
    return this.open({ access_token: JSON.stringify({ role, ...claims }) }, reliable);
  }

  async recover(client: TestClient, token = client.token): Promise<TestClient> {
    const query = { awps_connection_id: client.id, awps_reconnection_token: token };
    return this.open(query, true, new TestClient(client));
  }

  async open(
    query: Record<string, string>,
    reliable: boolean,
    client = new TestClient(),
  ): Promise<TestClient> {
    const admission = await this.service.admit({
      hub: "chat",
      host: undefined,
      query: new URLSearchParams(query),
      headers: {},
      subprotocols: [reliable ? "json.reliable.webpubsub.azure.v1" : "json.webpubsub.azure.v1"],
    });
    if (admission.kind === "refused") throw new Error(admission.message);
    client.link = admission.open(client);
    return client;
  }
}
