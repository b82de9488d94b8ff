import type { Metadata } from "../service/messages.js";
import type { EventPattern } from "./eventPattern.js";

/** An event, as a listening function gets it. */
export interface ListenerEvent {
  /** Unique among the events of its connection. */
  readonly id: string;
  /** `azure.webpubsub.sys.connected`, `azure.webpubsub.sys.disconnected` or `azure.webpubsub.user.{name}`. */
  readonly type: string;
  /** ISO 8601. */
  readonly time: string;
  /** Name of the hub, in lower case. */
  readonly hub: string;
  /** Id of the connection. */
  readonly connectionId: string;
  /** User id of the client; undefined if it has none. */
  readonly userId: string | undefined;
  /** The WebSocket subprotocol; undefined for a client without one. */
  readonly subprotocol: string | undefined;
  /** Name of the event, without what stands before it in `type`. */
  readonly eventName: string;
  /** How the data came. */
  readonly dataType: "text" | "json" | "binary" | "protobuf";
  /** A string, a JSON value, or a `Uint8Array` for binary and protobuf. */
  readonly data: unknown;
  /** What came beside the data; undefined if nothing. */
  readonly metadata: Metadata | undefined;
}

/** Where to find an event hub. */
export interface EventHubsOptions {
  /** Connection string of the namespace or of one event hub. */
  readonly connectionString: string;
  /** May be left out when the connection string has an `EntityPath`. */
  readonly eventHubName?: string;
}

/**
 * Hears of events without ever answering. It has either `eventHubs`, for which the package `@azure/event-hubs` must
 * be installed, or `onEvent`.
 */
export interface HubEventListener {
  /** User events to listen to. Default: `*`. */
  readonly events?: EventPattern;
  /** System events to listen to. Default: none. */
  readonly systemEvents?: readonly ("connected" | "disconnected")[];
  /** Sends the events to Azure Event Hubs, or to what speaks AMQP 1.0 like it. */
  readonly eventHubs?: EventHubsOptions;
  /** A thrown error is logged and changes nothing. */
  onEvent?(event: ListenerEvent): unknown;
}
