import { inspect } from "node:util";
import { WebPubSubClient } from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { FeatureCounts, FeatureUse } from "./featureUse.js";
import { gauge } from "./gauge.js";
import { Ledger } from "./ledger.js";
import { StreamLedger } from "./streamLedger.js";

/** What the conductor asks of the clients' process. */
export type FleetOrder =
  | { readonly type: "start"; readonly urls: readonly string[] }
  | { readonly type: "traffic"; readonly on: boolean }
  | { readonly type: "count" }
  | { readonly type: "troubles" }
  | { readonly type: "gauge" }
  | { readonly type: "end" };

const PER_GROUP = 10;
const keepAliveIntervalInMs = Number(process.argv[2] ?? 2_000);
/** So many messages each client sends before it uses another feature. */
const messagesPerTurn = Number(process.argv[3] ?? 2);
const ledger = new Ledger(new Set(["u0"]));
const streams = new StreamLedger();
const features = new FeatureCounts();
const members: Member[] = [];
const say = (message: unknown): void => void process.send?.(message);
let recoveries = 0;
let newConnections = 0;
let failures = 0;
let sent = 0;

class Member {
  readonly client: WebPubSubClient;
  readonly use: FeatureUse;
  readonly name: string;
  pending = 0;
  readonly #group: string;
  readonly #peers: readonly string[];
  #number = 0;

  constructor(
    name: string,
    url: string,
    group: string,
    peers: readonly string[],
    codec: "json" | "protobuf",
  ) {
    this.name = name;
    this.#group = group;
    this.#peers = peers;
    this.client = new WebPubSubClient(url, {
      ...(codec === "protobuf" ? { protocol: WebPubSubProtobufReliableProtocol() } : undefined),
      keepAliveIntervalInMs,
      keepAliveTimeoutInMs: 2.5 * keepAliveIntervalInMs,
      ackTimeoutInMs: 4_000,
      connectTimeoutInMs: 3_000,
      // Whatever the faults do, an operation ends by its outcome, not by running out of retries.
      messageRetryOptions: { maxRetries: 1_000, retryDelayInMs: 200 },
    });
    this.use = new FeatureUse(this.client, name, group, streams, features, members.length);
    this.client.on("connected", () => newConnections++);
    this.client.on("recovered", () => recoveries++);
    // A new connection may stand for a while before the service has answered that it is in the group.
    this.client.group(group).onStatusChange((status) => {
      for (const each of [ledger, streams])
        if (status === "joined") each.joined(name);
        else each.left(name);
    });
    this.client.on("group-message", ({ message }) => {
      if (message.stream !== undefined) return;
      const { from, number } = message.data as { from: string; number: number };
      ledger.receives(name, from, number);
    });
    this.client.on("server-message", ({ message }) => {
      ledger.receivesFromService(
        name,
        this.client.connectionId ?? "",
        (message.data as { number: number }).number,
      );
    });
  }

  async join(): Promise<void> {
    await this.client.start({ keepTrying: true });
    await this.client.joinGroup(this.#group);
    await this.use.begin();
  }

  /** How it stands; undefined when nothing is left to do. */
  get trouble(): string | undefined {
    const { client, name, use } = this;
    const { status } = client.group(this.#group);
    const due = ledger.dueAt(name);
    const pending = this.pending + use.pending;
    const missed = this.missed;
    const isWell = client.state === "Connected" && status === "joined";
    if (isWell && pending === 0 && due === 0 && missed.length === 0) return undefined;
    return `${name}: group ${status}, ${pending} pending, ${due} due, ${inspect(client.connectionInfo)}, ${missed.join("; ")}`;
  }

  /** States of others that this member doesn't know. */
  get missed(): string[] {
    const others = members.filter(({ name }) => this.#peers.includes(name));
    return this.use.missed(
      others.map(({ use, name, client }) => ({ use, name, connectionId: client.connectionId })),
    );
  }

  async send(): Promise<void> {
    const number = ++this.#number;
    if (number % messagesPerTurn === 0) void this.use.turn(this.#peers);
    sent++;
    this.pending++;
    ledger.sends(this.name, number, this.#peers);
    try {
      const result = await this.client.sendToGroup(this.#group, { from: this.name, number });
      const outcome = result.resentOnNewConnection === true ? "resent" : "sent";
      ledger.settled(this.name, number, outcome, this.#peers);
    } catch (error) {
      failures++;
      ledger.settled(this.name, number, "failed", this.#peers);
      say({ type: "note", text: `an operation failed: ${String(error)}` });
    }
    this.pending--;
  }
}

let sends = false;
let turn = 0;
// Each client sends once a second.
const timer = setInterval(() => {
  if (!sends) return;
  for (let i = 0; i < members.length / 20; i++) void members[turn++ % members.length]?.send();
}, 50);

async function start(urls: readonly string[]): Promise<void> {
  const names = urls.map((_, i) => `u${i}`);
  for (const [i, url] of urls.entries()) {
    const group = Math.floor(i / PER_GROUP);
    const peers = names.slice(group * PER_GROUP, (group + 1) * PER_GROUP);
    members.push(new Member(`u${i}`, url, `g${group}`, peers, i % 2 === 0 ? "json" : "protobuf"));
  }
  await Promise.all(members.map(async (member) => member.join()));
  newConnections = 0;
  say({ type: "started" });
}

function count(): void {
  say({
    type: "count",
    connected: members.filter(({ client }) => client.state === "Connected").length,
    pending: members.reduce((sum, { pending, use }) => sum + pending + use.pending, 0),
    due: ledger.due + streams.due.length + members.reduce((sum, { missed }) => sum + missed.length, 0),
    sent,
    received: ledger.received,
    recoveries,
    newConnections,
  });
}

async function end(): Promise<void> {
  clearInterval(timer);
  ledger.close();
  const { received, lost, doubled, reordered, missedByNewConnection, resent, examples } = ledger;
  await Promise.all(members.map(async ({ client }) => client.stop()));
  say({
    type: "result",
    sent,
    received,
    lost,
    doubled,
    reordered,
    missedByNewConnection,
    resent,
    failures,
    recoveries,
    newConnections,
    examples,
    features,
  });
  process.disconnect();
}

process.on("unhandledRejection", (reason) => {
  say({ type: "note", text: `unhandled rejection: ${String(reason)}` });
  process.exit(1);
});
process.on("message", (order: FleetOrder) => {
  switch (order.type) {
    case "start":
      return void start(order.urls);
    case "traffic":
      sends = order.on;
      return;
    case "count":
      return count();
    case "troubles":
      return say({
        type: "troubles",
        texts: [...members.flatMap(({ trouble }) => trouble ?? []), ...streams.due],
      });
    case "gauge":
      return void gauge().then((result) => say({ type: "gauge", ...result }));
    case "end":
      return void end();
  }
});
