import {
  WebPubSubClient,
  type WebPubSubClientEvents,
  type WebPubSubClientOptions,
  type WebPubSubClientProtocol,
} from "web-pubsub-client";
import {
  startEmulator,
  type ClientUrlOptions,
  type Emulator,
  type EmulatorOptions,
} from "web-pubsub-emulator";

export { seeded } from "../helpers/seeded.js";
export { until } from "../helpers/until.js";

export const hub = "chat";
/** Roles that allow everything with groups. */
export const anyGroup = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

type EventName = keyof WebPubSubClientEvents;
export type Told = { [E in EventName]: { event: E; args: WebPubSubClientEvents[E] } }[EventName];

const eventNames: readonly EventName[] = [
  "connected",
  "disconnected",
  "stopped",
  "server-message",
  "group-message",
  "rejoin-group-failed",
  "recovering",
  "recovered",
  "state-changed",
];

/** A client and everything it has told, in order. */
export class Guest {
  readonly client: WebPubSubClient;
  readonly told: Told[] = [];
  /** Asked for its URL so often. */
  credentialCalls = 0;

  constructor(url: () => Promise<string>, options: WebPubSubClientOptions) {
    const getClientAccessUrl = () => {
      this.credentialCalls++;
      return url();
    };
    this.client = new WebPubSubClient({ getClientAccessUrl }, options);
    for (const event of eventNames) {
      this.client.on(event, (args) => this.told.push({ event, args } as Told));
    }
  }

  of<E extends EventName>(event: E): WebPubSubClientEvents[E][] {
    return this.told.flatMap((entry) =>
      entry.event === event ? [entry.args as WebPubSubClientEvents[E]] : [],
    );
  }

  /** Names of the events, without messages and `state-changed`. */
  get story(): EventName[] {
    return this.told
      .map(({ event }) => event)
      .filter((event) => !event.endsWith("-message") && event !== "state-changed");
  }

  /** Payloads of group and server messages, bytes as `Uint8Array`. */
  get heard(): unknown[] {
    return this.told.flatMap(({ args }) => {
      if (!("message" in args) || args.message === undefined || args.message.kind === "disconnected")
        return [];
      const { data } = args.message;
      return [data instanceof ArrayBuffer ? new Uint8Array(data) : data];
    });
  }
}

/** An emulator with the clients of one test; disposing it ends them all. */
export class House implements AsyncDisposable {
  readonly emulator: Emulator;
  readonly warnings: string[];
  readonly #guests: Guest[] = [];
  readonly #protocol: WebPubSubClientProtocol | undefined;

  constructor(emulator: Emulator, warnings: string[], protocol?: WebPubSubClientProtocol) {
    this.emulator = emulator;
    this.warnings = warnings;
    this.#protocol = protocol;
  }

  /** @param protocol what its guests speak unless they are given another one; default: that of the client */
  static async open(options: EmulatorOptions = {}, protocol?: WebPubSubClientProtocol): Promise<House> {
    const warnings: string[] = [];
    const log = ({ message }: { message: string }) => warnings.push(message);
    return new House(await startEmulator({ log, ...options }), warnings, protocol);
  }

  get faults(): Emulator["faults"] {
    return this.emulator.faults;
  }

  get hub(): ReturnType<Emulator["hub"]> {
    return this.emulator.hub(hub);
  }

  /** A client that isn't started. By default its token allows everything with groups. */
  guest(userId: string, options: WebPubSubClientOptions = {}, token: ClientUrlOptions = {}): Guest {
    return this.guestWith(
      () => this.emulator.clientAccessUrl(hub, { roles: anyGroup, userId, ...token }),
      options,
    );
  }

  /** A client that isn't started and gets its URLs here. */
  guestWith(url: () => Promise<string>, options: WebPubSubClientOptions = {}): Guest {
    const guest = new Guest(url, { protocol: this.#protocol, ...options });
    this.#guests.push(guest);
    return guest;
  }

  /** A client that is connected and has joined these groups. */
  async welcome(userId: string, groups: string[] = [], options: WebPubSubClientOptions = {}): Promise<Guest> {
    const guest = this.guest(userId, options);
    await guest.client.start();
    for (const group of groups) await guest.client.joinGroup(group);
    return guest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#guests.map(({ client }) => client.stop()));
    await this.emulator.close();
  }
}
