import { WebPubSubClient, type WebPubSubClientOptions } from "web-pubsub-client";
import { createService, type PageService } from "web-pubsub-emulator/browser";

export const HUB = "chat";
export const ROOM = "room";
const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

/** A service and its clients: one for the room, and one for each run of a figure. */
export class Stage {
  readonly service: PageService;
  readonly #clients = new Set<WebPubSubClient>();

  /** @param warn gets what the service warns of */
  constructor(warn: (message: string) => void = () => {}) {
    this.service = createService({
      log: ({ message }) => warn(message),
      hubs: {
        [HUB]: { handlers: [{ onEvent: ({ data }) => ({ data: `The server got: ${String(data)}` }) }] },
      },
    });
  }

  /** A client access URL. */
  url(userId: string, options: { readonly expiresInMinutes?: number } = {}): Promise<string> {
    return this.service.clientAccessUrl(HUB, { userId, roles, ...options });
  }

  /** A client that isn't started. It is stopped when the stage closes. */
  client(
    userId: string,
    options: WebPubSubClientOptions = {},
    getClientAccessUrl: () => Promise<string> = () => this.url(userId),
  ): WebPubSubClient {
    const client = new WebPubSubClient(
      { getClientAccessUrl },
      { webSocket: this.service.webSocket, ...options },
    );
    this.#clients.add(client);
    return client;
  }

  /** A client that is connected and has joined the room. */
  async member(...args: Parameters<Stage["client"]>): Promise<WebPubSubClient> {
    const client = this.client(...args);
    await client.start();
    await client.joinGroup(ROOM);
    return client;
  }

  /** The hub from the inside. */
  get hub(): ReturnType<PageService["hub"]> {
    return this.service.hub(HUB);
  }

  /** Stops these clients, or all. */
  async stop(clients: Iterable<WebPubSubClient> = this.#clients): Promise<void> {
    await Promise.all(
      [...clients].map((client) => {
        this.#clients.delete(client);
        return client.stop();
      }),
    );
  }

  async close(): Promise<void> {
    await this.stop();
    this.service.close();
  }
}

export const pause = (timeInMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, timeInMs));

/** Resolves when the condition holds; looks at it every 20 ms. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(20);
}
