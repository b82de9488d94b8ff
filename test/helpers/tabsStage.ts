import type { WebPubSubClient } from "web-pubsub-client";
import { WebPubSubClient as Client } from "web-pubsub-client";
import { throughWorker, type MessagePortLike, type ThroughWorkerOptions } from "web-pubsub-client/tabs";
import { InnerWorker, type MakeChannel } from "./sharedWorker.js";
import { Stage, turn, type StageOptions } from "./stage.js";

/** One end of a channel whose messages come in a later microtask. */
class Port implements MessagePortLike {
  onmessage: ((event: never) => void) | null = null;
  other: Port | undefined;
  isClosed = false;
  /** What this end has said. */
  readonly said: unknown[] = [];

  postMessage(message: unknown): void {
    const copy = structuredClone(message);
    this.said.push(copy);
    if (this.isClosed) return;
    queueMicrotask(() => this.other?.onmessage?.({ data: copy } as never));
  }

  close(): void {
    this.isClosed = true;
  }
}

/** A channel in virtual time. */
export const virtualChannel: MakeChannel = () => {
  const [port1, port2] = [new Port(), new Port()];
  port1.other = port2;
  port2.other = port1;
  return { port1, port2 };
};

/** A tab: its client and a journal of what it told. */
export interface Tab {
  readonly client: WebPubSubClient;
  readonly journal: string[];
}

/** A shared worker whose client has scripted sockets, and its tabs. Needs fake timers. */
export class TabsStage {
  readonly stage: Stage;
  readonly worker: InnerWorker;

  constructor(options: StageOptions = {}) {
    this.stage = new Stage(options);
    this.worker = new InnerWorker(() => this.stage.client, virtualChannel);
  }

  tab(options: ThroughWorkerOptions = {}): Tab {
    const client = new Client(...throughWorker(this.worker.make, options));
    const journal: string[] = [];
    client.on("connected", ({ connectionId }) => journal.push(`connected ${connectionId}`));
    client.on("disconnected", ({ message }) => journal.push(`disconnected ${message?.message ?? ""}`));
    client.on("recovering", () => journal.push("recovering"));
    client.on("recovered", () => journal.push("recovered"));
    client.on("stopped", () => journal.push("stopped"));
    client.on("group-message", ({ message }) => journal.push(`group ${String(message.data as string)}`));
    client.on("server-message", ({ message }) => journal.push(`server ${String(message.data as string)}`));
    return { client, journal };
  }

  /** A first tab, connected over connection A. */
  async open(options?: ThroughWorkerOptions): Promise<Tab> {
    const tab = this.tab(options);
    const started = tab.client.start();
    await turn();
    if (this.stage.sockets.length === 0) throw new Error("The worker's client has opened no socket.");
    await this.stage.accept();
    await started;
    return tab;
  }

  /** A further tab. */
  async openAnother(options?: ThroughWorkerOptions): Promise<Tab> {
    const tab = this.tab(options);
    await tab.client.start();
    return tab;
  }

  /** The frames of a type that the worker's client has sent. */
  sent(type: string): Record<string, unknown>[] {
    return this.stage.socket.sent.filter((frame) => frame["type"] === type);
  }
}
