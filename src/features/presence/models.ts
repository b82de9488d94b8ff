/** The public types of presence. */
import type { OperationOptions, WebPubSubResult } from "../../core/models/options.js";

/** The state of a connection in a group, for example `{ status: "typing" }`. */
export type GroupState = Record<string, string>;

/** One connection's state in a group. */
export interface GroupStateRecord {
  /** Id of the connection. */
  readonly connectionId: string;
  /** User id of the connection; left out if it has none. */
  readonly userId?: string;
  /** What the connection has set. */
  readonly state: GroupState;
  /** Unix time in ms by the service's clock. */
  readonly updatedAt: number;
}

/** Options of `setGroupState`. */
export interface SetGroupStateOptions extends OperationOptions {}

/** Options of `clearGroupState`. */
export interface ClearGroupStateOptions extends OperationOptions {}

/** Options of `subscribeGroupStates`. */
export interface SubscribeGroupStatesOptions extends OperationOptions {}

/** Options of `unsubscribeGroupStates`. */
export interface UnsubscribeGroupStatesOptions extends OperationOptions {}

/** The states that `listGroupStates` returns for this group have changed. */
export interface OnGroupStatesChangedArgs {
  /** Name of the group. */
  group: string;
}

/**
 * On a new connection this connection's state in the group could not be set again, or the group's states
 * could not be subscribed again.
 */
export interface OnRestoreGroupStatesFailedArgs {
  /** Name of the group. */
  group: string;
  /** Why it failed: a `SendMessageError`. */
  error: Error;
}

/** The events of group states; `WebPubSubClient` has them among its own. */
export interface PresenceEvents {
  /** States of a group that is subscribed to have changed. */
  "group-states-changed": OnGroupStatesChangedArgs;
  /** The own state in a group, or a subscription to states, could not be set up again on a new connection. */
  "restore-group-states-failed": OnRestoreGroupStatesFailedArgs;
}

/** What `presence(client)` returns. */
export interface PresenceApi {
  /**
   * Sets this connection's state in a group, in place of the earlier one. The state ends when the connection
   * leaves the group or the client stops; on a new connection it is set again (`restoreGroupStates`).
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  set(groupName: string, state: GroupState, options?: OperationOptions): Promise<WebPubSubResult>;
  /**
   * Clears this connection's state in a group.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  clear(groupName: string, options?: OperationOptions): Promise<WebPubSubResult>;
  /**
   * Returns a copy of this connection's own state in a group, as last acknowledged; undefined for none.
   * @throws Error when the group isn't joined
   */
  get(groupName: string): GroupState | undefined;
  /**
   * Subscribes to the states of all connections in a group: `list` returns them, and
   * `group-states-changed` is emitted when they change. The group needn't be joined. The subscription is
   * renewed on new connections, also after stop and start, until `unsubscribe` is called.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  subscribe(groupName: string, options?: OperationOptions): Promise<WebPubSubResult>;
  /**
   * Ends `subscribe`; the known states are forgotten at once.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  unsubscribe(groupName: string, options?: OperationOptions): Promise<WebPubSubResult>;
  /**
   * The last known states of a group's connections, this one's included. Returns copies; empty until the
   * service has answered and while there is no connection. In a session that goes on (`start({ resume })`) only what has
   * changed is known until the service has answered.
   * @throws Error when the group's states aren't subscribed
   */
  list(groupName: string): GroupStateRecord[];
  /**
   * Calls `listener` whenever the states of a group have changed. The first watcher subscribes to them, in
   * any state of the client; `releaseDelayInMs` after the last watcher has gone the subscription ends.
   * @returns a function that ends the watch
   */
  watch(groupName: string, listener: (states: readonly GroupStateRecord[]) => unknown): () => void;
  /** The states as watchers see them: the same array until something changes, empty without watchers. */
  states(groupName: string): readonly GroupStateRecord[];
  /** The service's error, if it refused the watchers' subscription to the states of a group. */
  error(groupName: string): Error | undefined;
}
