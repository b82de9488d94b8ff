import type { OperationOptions, WebPubSubResult } from "../../core/models/options.js";

/** What a connection says about itself in a group, for example `{ status: "typing" }`. */
export type GroupState = Record<string, string>;

/** One connection's state in a group. */
export interface GroupStateRecord {
  readonly connectionId: string;
  readonly userId?: string;
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

/** What `listGroupStates` returns for this group has changed. */
export interface OnGroupStatesChangedArgs {
  group: string;
}

/**
 * On a new connection the service refused to set this connection's state in the group again, or to
 * report the states of others.
 */
export interface OnRestoreGroupStatesFailedArgs {
  group: string;
  error: Error;
}

/** The events of group states; a complete client has them among its own. */
export interface PresenceEvents {
  "group-states-changed": OnGroupStatesChangedArgs;
  "restore-group-states-failed": OnRestoreGroupStatesFailedArgs;
}

/** What `presence(client)` gives. */
export interface PresenceApi {
  /**
   * Says something about this connection in a group, in place of what was said before. It ends when
   * the connection leaves the group or the client stops; on a new connection it is set again
   * (`restoreGroupStates`).
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  set(groupName: string, state: GroupState, options?: OperationOptions): Promise<WebPubSubResult>;
  /**
   * Takes back what this connection has said in a group.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  clear(groupName: string, options?: OperationOptions): Promise<WebPubSubResult>;
  /**
   * This connection's own state in a group as last acknowledged; undefined for none. A copy.
   * @throws Error when the group isn't joined
   */
  get(groupName: string): GroupState | undefined;
  /**
   * Asks for the states of all connections in a group, now and as they change: `list` holds them,
   * `group-states-changed` tells of changes. Needs no membership. Goes on over new connections, stop and
   * start until `unsubscribe` is called.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  subscribe(groupName: string, options?: OperationOptions): Promise<WebPubSubResult>;
  /**
   * Ends `subscribe`; what was known is forgotten at once.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  unsubscribe(groupName: string, options?: OperationOptions): Promise<WebPubSubResult>;
  /**
   * The states of a group's connections as last told by the service, own one included. Copies; empty
   * until the service has answered and while there is no connection.
   * @throws Error when the group's states aren't subscribed
   */
  list(groupName: string): GroupStateRecord[];
  /**
   * Calls `listener` whenever the states of a group have changed. The first watcher asks the service for
   * them, in whatever state the client is; `releaseDelayInMs` after the last one has gone that ends.
   * @returns a function that ends the watch
   */
  watch(groupName: string, listener: (states: readonly GroupStateRecord[]) => unknown): () => void;
  /** What watchers are shown now: the same array until something changes, empty while nobody watches. */
  states(groupName: string): readonly GroupStateRecord[];
  /** Why the service doesn't tell watchers the states of a group. */
  error(groupName: string): Error | undefined;
}
