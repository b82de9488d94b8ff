/** The events of a client, and what their listeners get. */
import type { DisconnectedMessage, GroupDataMessage, ServerDataMessage } from "./messages.js";

/**
 * Where the connection stands. `Recovering`: the same connection id is being resumed.
 * `Disconnected`: waiting to make a new connection.
 */
export type WebPubSubClientState =
  "Stopped" | "Connecting" | "Connected" | "Recovering" | "Disconnected" | "Stopping";

/**
 * The client has a new connection, and its groups are joined again: or have had 5,000 ms for it, since a line may break
 * just then. `client.group(name).status` tells of each.
 */
export interface OnConnectedArgs {
  connectionId: string;
  userId: string;
}

/** A connection is lost for good; messages of this gap can't be delivered. */
export interface OnDisconnectedArgs {
  connectionId?: string;
  /** What the service said before it closed the connection, if anything. */
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

/** A group could not be joined again on a new connection; it stays wished for. */
export interface OnRejoinGroupFailedArgs {
  group: string;
  error: Error;
}

/** The transport is lost and the same connection is being resumed. */
export interface OnRecoveringArgs {
  connectionId: string;
}

/** The same connection works again and nothing was missed. */
export interface OnRecoveredArgs {
  connectionId: string;
}

/**
 * The state has changed. Also sent, with the same state twice, when a further attempt to recover
 * is scheduled.
 */
export interface OnStateChangedArgs {
  state: WebPubSubClientState;
  previousState: WebPubSubClientState;
  /** The connection's id, where there is one. */
  connectionId?: string;
  /** Close code of the socket that ended. */
  code?: number;
  /** Close reason of the socket that ended, or the service's words before it. */
  reason?: string;
  /** What went wrong, where it was an error. */
  error?: Error;
  /** Number of the attempt that comes next, or is being made: from 1. */
  attempt?: number;
  /** Delay in ms until that attempt. */
  nextDelayInMs?: number;
}

/** The events of a `CoreClient` and the argument that each listener gets. */
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
