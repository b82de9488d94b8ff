import type { HandlerCookie } from "./handlerCookie.js";
import type { Metadata, Payload } from "./messages.js";

/** The connection that an event is about. */
export interface EventOrigin {
  /** Name of the hub, in lower case. */
  readonly hub: string;
  /** Id of the connection. */
  readonly connectionId: string;
  /** User id of the client; undefined if it has none. */
  readonly userId: string | undefined;
  /** The WebSocket subprotocol; undefined for a client without one. */
  readonly subprotocol: string | undefined;
  /** What an earlier answer left on the connection, unread by the service. */
  readonly connectionState: string | undefined;
  /** What the answer to `connect` set, unread by the service. Left out: none. */
  readonly cookies?: readonly HandlerCookie[] | undefined;
}

/** Something that happened on an open connection. */
export interface ConnectionEvent extends EventOrigin {
  /** Counts the events of a connection from 1, whoever takes them: `connect` was 0. */
  readonly eventId: number;
}

/** A connection has become a member of a group, or is none any more. */
export interface GroupEvent extends ConnectionEvent {
  readonly group: string;
}

/** A client that wants to connect. Only new connections ask; a recovery does not. */
export interface ConnectEvent extends EventOrigin {
  /** Of the access token. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
  /** Without the access token. */
  readonly query: Readonly<Record<string, readonly string[]>>;
  /** Without the authorization header. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** The WebSocket subprotocols that the client offers, the preferred one first. */
  readonly subprotocols: readonly string[];
}

export type ConnectDecision =
  | {
      readonly kind: "accepted";
      /** Replaces the token's user id, also by the empty string. */
      readonly userId?: string | undefined;
      /** Replace the token's groups when not empty. */
      readonly groups?: readonly string[] | undefined;
      /** Replace the token's roles, also by none. */
      readonly roles?: readonly string[] | undefined;
      readonly subprotocol?: string | undefined;
      readonly connectionState?: string | undefined;
      readonly cookies?: readonly HandlerCookie[] | undefined;
    }
  | { readonly kind: "refused"; readonly status: number; readonly message: string };

/** Something a client tells the application. */
export interface UserEvent extends ConnectionEvent {
  readonly eventName: string;
  readonly payload: Payload;
  readonly metadata: Metadata | undefined;
  /** Present: the client waits for the reply, and an answer without a handler is none. */
  readonly invocationId?: string | undefined;
}

export type UserEventAnswer =
  | {
      readonly kind: "handled";
      /** Goes back to the client: as a server message before the ack, or as the answer to its invocation. */
      readonly reply?: { readonly payload: Payload; readonly metadata?: Metadata | undefined } | undefined;
      readonly connectionState?: string | undefined;
    }
  /** Neither a handler nor a listener takes this event. */
  | { readonly kind: "unhandled" }
  | { readonly kind: "failed"; readonly reason: string; readonly cause?: unknown };

/**
 * The application behind the service, by whatever way it is reached. A rejected promise counts as a failed answer.
 */
export interface Upstream {
  /** Undefined: nobody is asked, the client connects as its token says. */
  connect(event: ConnectEvent): Promise<ConnectDecision | undefined>;
  connected(event: ConnectionEvent): void;
  disconnected(event: ConnectionEvent & { readonly reason: string }): void;
  /**
   * Groups of a new connection are told after `connected`.
   * @param event made only where somebody takes it: it is counted.
   */
  joined(hub: string, group: string, event: () => GroupEvent): void;
  /** Groups of a connection that ends are told before `disconnected`. */
  left(hub: string, group: string, event: () => GroupEvent): void;
  /**
   * Called for one event of a connection at a time, in the order they were sent; for invocations at any time.
   * @param signal of an invocation: aborted when nobody waits for the answer any more.
   */
  userEvent(event: UserEvent, signal?: AbortSignal): Promise<UserEventAnswer>;
}

/** Asks the application; never rejects. */
export async function ask(
  upstream: Upstream,
  event: UserEvent,
  signal?: AbortSignal,
): Promise<UserEventAnswer> {
  try {
    return await upstream.userEvent(event, signal);
  } catch (cause) {
    return { kind: "failed", reason: String(cause), cause };
  }
}

/** Nobody there: every client may connect, no event is handled. */
export const noUpstream: Upstream = {
  connect: () => Promise.resolve(undefined),
  connected() {},
  disconnected() {},
  joined() {},
  left() {},
  userEvent: () => Promise.resolve({ kind: "unhandled" }),
};
