import type { OperationOptions } from "../../core/models/options.js";

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
