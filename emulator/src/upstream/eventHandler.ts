import type { Content, ContentType } from "../content.js";
import type { Metadata } from "../service/messages.js";
import type { ConnectEvent, EventOrigin } from "../service/upstream.js";
import type { ConnectionState } from "./connectionState.js";
import type { EventPattern } from "./eventPattern.js";
import type { GroupEventName, SystemEvent } from "./handler.js";

/** A user event, as a function that handles it gets it. */
export interface HandlerEvent extends Omit<EventOrigin, "connectionState"> {
  /** Name of the event. */
  readonly eventName: string;
  /** How the data came. */
  readonly dataType: "text" | "json" | "binary" | "protobuf";
  /** A string, a JSON value, or a `Uint8Array` for binary and protobuf. */
  readonly data: unknown;
  /** What came beside the data; undefined if nothing. */
  readonly metadata: Metadata | undefined;
  /** What earlier answers left on the connection; empty at first. */
  readonly state: ConnectionState;
  /** Of an invocation, whose client waits for the reply; undefined for an ordinary event. */
  readonly invocationId: string | undefined;
  /** Of an invocation: aborted when the client cancels it or is gone; undefined for an ordinary event. */
  readonly signal: AbortSignal | undefined;
}

/** Goes back to the client: as a server message before the ack, or as the answer to its invocation. */
export interface EventReply {
  /** Left out: nothing goes back. */
  readonly data?: Content;
  /** Default: text for a string, binary for bytes, JSON for everything else. */
  readonly dataType?: ContentType;
  /** Travels beside the data. Default: none. */
  readonly metadata?: Metadata;
  /** Replaces what is kept on the connection. Default: that stays. */
  readonly state?: ConnectionState;
}

/** Changes what the client's token says, or refuses the client with an HTTP status of 400 to 599. */
export type ConnectReply =
  | {
      /** Replaces the token's user id. */
      readonly userId?: string;
      /** Replace the token's groups when not empty. */
      readonly groups?: readonly string[];
      /** Replace the token's roles, also by none. */
      readonly roles?: readonly string[];
      /** One of those that the client offers. One of its own makes it a client of bare frames. */
      readonly subprotocol?: string;
      /** Kept on the connection and shown with later events. */
      readonly state?: ConnectionState;
    }
  | {
      /** The HTTP status, 400 to 599. */
      readonly status: number;
      /** Words for the client's log. Default: none. */
      readonly message?: string;
    };

type MaybePromise<Value> = Value | Promise<Value>;

/** An application's event handler in the same process. Of several, the first that takes an event gets it. */
export interface EventHandler {
  /** User events for `onEvent`: `*`, or names in an array or separated by commas, in any case. Default: `*`. */
  readonly events?: EventPattern;
  /** A thrown error answers the client with `InternalServerError`. */
  onEvent?(event: HandlerEvent): MaybePromise<EventReply | undefined | void>;
  /** A thrown error refuses the client with status 500. */
  onConnect?(event: Omit<ConnectEvent, "connectionState">): MaybePromise<ConnectReply | undefined | void>;
  /** A session has begun. */
  onConnected?(event: EventOrigin): unknown;
  /** The session has really ended; a recovery brings neither this nor `onConnected`. */
  onDisconnected?(
    event: EventOrigin & {
      /** Why it has ended, in words; may be empty. */
      readonly reason: string;
    },
  ): unknown;
  /** A connection has become a member of a group, by whoever's doing. */
  onJoined?(
    event: EventOrigin & {
      /** Name of the group. */
      readonly group: string;
    },
  ): unknown;
  /** A connection is no member of a group any more, also because its session has ended. */
  onLeft?(
    event: EventOrigin & {
      /** Name of the group. */
      readonly group: string;
    },
  ): unknown;
}

/** Which events of groups a webhook gets, as the cloud service is told it. */
export interface GroupPresenceEvents {
  /** Which of the events it gets. */
  readonly eventNames: readonly GroupEventName[];
  /** Patterns of group names as in roles (`*`, `**`, `?`); one must fit. Left out or empty: all groups. */
  readonly groupFilters?: readonly string[];
}

/** An application's event handler behind a URL, which gets CloudEvents by HTTP. */
export interface WebhookHandler {
  /** `{event}` in its path or query is replaced by the event's name, `{hub}` anywhere by the hub's. */
  readonly url: string;
  /** User events to send there. Default: `*`. */
  readonly events?: EventPattern;
  /** System events to send there. Default: none. */
  readonly systemEvents?: readonly SystemEvent[];
  /** Events of groups to send there. Default: none. */
  readonly groupPresenceEvents?: GroupPresenceEvents;
}
