import { afterEach, beforeEach, vi } from "vitest";
import { WebPubSubClient, type WebPubSubClientOptions } from "web-pubsub-client";
import { startEmulator, type ClientUrlOptions, type Emulator } from "web-pubsub-emulator";

export const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

/** How long what is left is kept in these tests, in ms. */
export const releaseDelayInMs = 60;

/** A service for each test of the file; its clients are stopped with it. */
export function useEmulator() {
  let emulator: Emulator;
  let clients: WebPubSubClient[] = [];
  let happened: string[] = [];
  let orders: unknown[] = [];
  const onEvent = ({ data }: { readonly data: unknown }) => {
    orders.push(data);
    return { data: { accepted: true } };
  };
  beforeEach(async () => {
    const hubs = { chat: { handlers: [{ events: "order", onEvent }] } };
    emulator = await startEmulator({ log: () => {}, hubs, negotiate: true });
    happened = [];
    orders = [];
    emulator.trace(({ type, group }) => happened.push(group === undefined ? type : `${type} ${group}`));
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.stop()));
    clients = [];
    await emulator.close();
  });
  const url = (options?: ClientUrlOptions): Promise<string> =>
    emulator.clientAccessUrl("chat", { userId: "ann", roles, ...options });
  return {
    get emulator(): Emulator {
      return emulator;
    },
    url,
    /** A client that isn't started. */
    async client(options?: WebPubSubClientOptions, who?: ClientUrlOptions): Promise<WebPubSubClient> {
      const client = new WebPubSubClient(await url(who), { releaseDelayInMs, ...options });
      clients.push(client);
      return client;
    },
    async started(options?: WebPubSubClientOptions, who?: ClientUrlOptions): Promise<WebPubSubClient> {
      const client = await this.client(options, who);
      await client.start();
      return client;
    },
    /** Groups that the service has somebody in. */
    groups(): readonly string[] {
      return emulator.hub("chat").groups();
    },
    members(group: string): number {
      return emulator.hub("chat").members(group).length;
    },
    publish(group: string, data: string | object): void {
      emulator.hub("chat").sendToGroup(group, data);
    },
    /** How often the service has seen one kind of thing: `opened`, `joinGroup room`. */
    count(what: string): number {
      return happened.filter((each) => each === what).length;
    },
    /** What the event `order` has brought. */
    orders(): readonly unknown[] {
      return orders;
    },
    connections(): number {
      return emulator.hub("chat").connections().length;
    },
  };
}

/** Waits until `check` passes without throwing. */
export function eventually(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { interval: 5 });
}
