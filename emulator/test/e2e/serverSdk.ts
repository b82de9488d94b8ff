import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { House, RawClient } from "./harness.js";

/** The official server SDK, as a user of the service sets it up: it wants to be told that plain HTTP is meant. */
export function serverOf(house: House, hub = "chat"): WebPubSubServiceClient {
  return new WebPubSubServiceClient(house.emulator.connectionString, hub, { allowInsecureConnection: true });
}

/** The SDK gives a promise of the iterator, whatever its types say. */
export async function listed(server: WebPubSubServiceClient, group: string, options: object) {
  return Promise.resolve(server.group(group).listConnections(options));
}

/** What clients got as data, once everything sent before has arrived. */
export async function seen(...clients: RawClient[]): Promise<unknown[][]> {
  await Promise.all(clients.map(async (client) => client.settled()));
  return clients.map((client) => client.data.map(({ data }) => data));
}
