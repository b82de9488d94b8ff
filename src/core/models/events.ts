/** The events of a client, and the arguments of their listeners. */
import type { DisconnectedMessage, GroupDataMessage, ServerDataMessage } from "./messages.js";

/**
 * State of the connection. `Recovering`: the connection with the same id is being recovered.
 * `Disconnected`: the client waits to make a new connection.
 */
export type WebPubSubClientState =
  "Stopped" | "Connecting" | "Connected" | "Recovering" | "Disconnected" | "Stopping";

/**
 * The client has a new connection, and its groups are joined again, or 5,000 ms have passed without that: the link
 * may break just then. `client.group(name).status` shows the status of each group.
 */
export interface OnConnectedArgs {
  /** Id of the connection. */
  connectionId: string;
  /** User id of the access token; empty if there is none. */
  userId: string;
  /** True: the connection of an earlier session goes on (`start({ resume })`), and no message was missed. */
  resumed?: boolean;
}

/** A connection is lost for good; messages sent until the groups are joined again can't be delivered. */
export interface OnDisconnectedArgs {
  /** Id of the connection that is lost. */
  connectionId?: string;
  /** The service's message before it closed the connection, if there was one. */
  message?: DisconnectedMessage;
}

/** The client has stopped; `start` works again. */
export interface OnStoppedArgs {}

/** The application's server has sent a message. */
export interface OnServerDataMessageArgs {
  /** The message. */
  message: ServerDataMessage;
}

/** A message was published to a group that this connection is in. */
export interface OnGroupDataMessageArgs {
  /** The message, with its group and sender. */
  message: GroupDataMessage;
}

/** A group could not be joined again on a new connection. It is tried again on the next one. */
export interface OnRejoinGroupFailedArgs {
  /** Name of the group. */
  group: string;
  /** Why the join failed: a `SendMessageError`. */
  error: Error;
}

/** The socket is lost, and the same connection is being recovered. */
export interface OnRecoveringArgs {
  /** Id of the connection. */
  connectionId: string;
}

/** The same connection works again, and no message was missed. */
export interface OnRecoveredArgs {
  /** Id of the connection, the same as before. */
  connectionId: string;
}

/**
 * The state has changed. Also emitted, with `state` equal to `previousState`, when a further attempt to
 * recover is scheduled.
 */
export interface OnStateChangedArgs {
  /** The state from now on. */
  state: WebPubSubClientState;
  /** The state before. */
  previousState: WebPubSubClientState;
  /** The connection's id, if there is one. */
  connectionId?: string;
  /** Close code of the socket that ended. */
  code?: number;
  /** Close reason of the socket that ended, or the service's message before it. */
  reason?: string;
  /** The error that caused the change, if there was one. */
  error?: Error;
  /** Number of the next or the current attempt, from 1. */
  attempt?: number;
  /** Delay in ms until that attempt. */
  nextDelayInMs?: number;
}

/** The events of a `CoreClient`, each with the argument of its listeners. */
export interface CoreClientEvents {
  /** There is a new connection, and its groups are joined again. */
  connected: OnConnectedArgs;
  /** A connection is lost for good. */
  disconnected: OnDisconnectedArgs;
  /** The client has stopped; `start` works again. */
  stopped: OnStoppedArgs;
  /** The application's server has sent a message. */
  "server-message": OnServerDataMessageArgs;
  /** A message was published to a group that this connection is in. */
  "group-message": OnGroupDataMessageArgs;
  /** A group could not be joined again on a new connection. */
  "rejoin-group-failed": OnRejoinGroupFailedArgs;
  /** The socket is lost, and the same connection is being recovered. */
  recovering: OnRecoveringArgs;
  /** The same connection works again, and no message was missed. */
  recovered: OnRecoveredArgs;
  /** The state of the connection has changed, or a further attempt to recover is scheduled. */
  "state-changed": OnStateChangedArgs;
}
