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
  readonly hub: string;
  readonly connectionId: string;
  readonly userId: string | undefined;
  readonly subprotocol: string | undefined;
  readonly eventName: string;
  readonly dataType: "text" | "json" | "binary" | "protobuf";
  /** A string, a JSON value, or a `Uint8Array` for binary and protobuf. */
  readonly data: unknown;
  readonly metadata: Metadata | undefined;
}

/** Where to find an event hub. */
export interface EventHubsOptions {
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
