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
  connectionId: string;
  userId: string;
  /** True: the connection of an earlier session goes on (`start({ resume })`), and no message was missed. */
  resumed?: boolean;
}

/** A connection is lost for good; messages sent until the groups are joined again can't be delivered. */
export interface OnDisconnectedArgs {
  connectionId?: string;
  /** The service's message before it closed the connection, if there was one. */
  message?: DisconnectedMessage;
}

/** The client has stopped; `start` works again. */
export interface OnStoppedArgs {}

/** The application's server has sent a message. */
export interface OnServerDataMessageArgs {
  message: ServerDataMessage;
}

/** A message was published to a group that this connection is in. */
export interface OnGroupDataMessageArgs {
  message: GroupDataMessage;
}

/** A group could not be joined again on a new connection. It is tried again on the next one. */
export interface OnRejoinGroupFailedArgs {
  group: string;
  error: Error;
}

/** The socket is lost, and the same connection is being recovered. */
export interface OnRecoveringArgs {
  connectionId: string;
}

/** The same connection works again, and no message was missed. */
export interface OnRecoveredArgs {
  connectionId: string;
}

/**
 * The state has changed. Also emitted, with `state` equal to `previousState`, when a further attempt to
 * recover is scheduled.
 */
export interface OnStateChangedArgs {
  state: WebPubSubClientState;
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
  connected: OnConnectedArgs;
  disconnected: OnDisconnectedArgs;
  stopped: OnStoppedArgs;
  "server-message": OnServerDataMessageArgs;
  "group-message": OnGroupDataMessageArgs;
  "rejoin-group-failed": OnRejoinGroupFailedArgs;
  recovering: OnRecoveringArgs;
  recovered: OnRecoveredArgs;
  "state-changed": OnStateChangedArgs;
}
