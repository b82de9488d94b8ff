import { vi } from "vitest";
import {
  WebPubSubClient,
  type WebPubSubClientCredential,
  type WebPubSubClientOptions,
} from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { connected, pong } from "./frames.js";
import { ScriptedSocket, type SocketSettings } from "./scriptedSocket.js";
import { follow, type Settlement } from "./settlement.js";

export const URL = "wss://host.example/client/hubs/chat?access_token=secret";

export interface StageOptions extends WebPubSubClientOptions {
  readonly credential?: string | WebPubSubClientCredential;
  readonly socket?: SocketSettings;
  /** What the client's random draws give. Default: 0.5. */
  readonly random?: () => number;
}

/** The project "scripted on protobuf" runs tests a second time with that protocol, unless a test names one. */
export const isProtobuf = process.env["SCRIPTED_PROTOCOL"] === "protobuf";

/** What a timer of 0 ms takes that another one sets, in ms: fake ones are like those of the platforms. */
export const ONE_TURN = 1;

/** Turns the fake clock; everything that is due meanwhile happens. */
export async function turn(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** One client, its scripted sockets and a journal of what it told. Needs fake timers. */
export class Stage {
  readonly client: WebPubSubClient;
  readonly sockets: ScriptedSocket[] = [];
  /** `state-changed` as `=> State`, the others as their name and what matters of the argument. */
  readonly journal: string[] = [];
  /** Called with every new socket. */
  onSocket: ((socket: ScriptedSocket) => void) | undefined;

  constructor({ credential = URL, socket: settings, random = () => 0.5, ...options }: StageOptions = {}) {
    const opened = (socket: ScriptedSocket): void => {
      this.sockets.push(socket);
      this.onSocket?.(socket);
    };
    class StageSocket extends ScriptedSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol, { translates: isProtobuf, ...settings });
        opened(this);
      }
    }
    const all: WebPubSubClientOptions = {
      webSocket: StageSocket,
      ...(isProtobuf && { protocol: WebPubSubProtobufReliableProtocol() }),
      ...options,
      environment: { random, ...options.environment },
    };
    // Told apart because the constructor is overloaded.
    this.client =
      typeof credential === "string"
        ? new WebPubSubClient(credential, all)
        : new WebPubSubClient(credential, all);
    this.#keepJournal();
  }

  /** The newest socket. */
  get socket(): ScriptedSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("The client has made no socket yet.");
    return socket;
  }

  /** The journal without changes of state. */
  get named(): string[] {
    return this.journal.filter((entry) => !entry.startsWith("=>"));
  }

  get states(): string[] {
    return this.journal.filter((entry) => entry.startsWith("=>")).map((entry) => entry.slice(3));
  }

  /** Calls `start` and stops where the socket has yet to open. */
  async begin(): Promise<Settlement<void>> {
    const started = follow(this.client.start());
    await turn();
    return started;
  }

  /** Starts and gets connected. */
  async connect(connectionId = "A", token?: string): Promise<ScriptedSocket> {
    await this.begin();
    return this.accept(connectionId, token);
  }

  /** The newest socket opens and brings its `connected` message. */
  async accept(connectionId = "A", token?: string): Promise<ScriptedSocket> {
    const { socket } = this;
    socket.receiveOpen();
    socket.receiveFrame(connected(connectionId, token ?? `token-${connectionId}`));
    await turn();
    return socket;
  }

  /** The newest socket breaks off; what follows at once has happened then. */
  async drop(code = 1006, reason = ""): Promise<void> {
    this.socket.receiveClose(code, reason);
    await turn();
  }

  /** The newest socket opens as a recovery that brings no `connected` message, but answers the ping. */
  async recover(): Promise<ScriptedSocket> {
    const { socket } = this;
    socket.receiveOpen();
    socket.receiveFrame(pong);
    await turn();
    return socket;
  }

  #keepJournal(): void {
    const { client, journal } = this;
    client.on("state-changed", ({ state }) => journal.push(`=> ${state}`));
    client.on("connected", ({ connectionId, resumed }) =>
      journal.push(`connected ${connectionId}${resumed === true ? " resumed" : ""}`),
    );
    client.on("disconnected", ({ connectionId }) => journal.push(`disconnected ${connectionId}`));
    client.on("recovering", ({ connectionId }) => journal.push(`recovering ${connectionId}`));
    client.on("recovered", ({ connectionId }) => journal.push(`recovered ${connectionId}`));
    client.on("stopped", () => journal.push("stopped"));
    client.on("rejoin-group-failed", ({ group }) => journal.push(`rejoin-group-failed ${group}`));
    client.on("group-message", ({ message }) =>
      journal.push(`group-message ${JSON.stringify(message.data)}`),
    );
    client.on("server-message", ({ message }) =>
      journal.push(`server-message ${JSON.stringify(message.data)}`),
    );
  }
}
