import type { AnyClient } from "./core/feature.js";
import type { OperationOptions, WebPubSubResult } from "./core/models/options.js";
import type { GroupContent } from "./features/groups/groupOptions.js";
import { getFilled } from "./features/history/getFilled.js";
import { FilledHandle } from "./features/history/handle.js";
import type { HistoryGroupOptions, HistoryHandle } from "./features/history/models.js";
import { presence } from "./features/presence/index.js";
import type { GroupState, GroupStateRecord } from "./features/presence/models.js";
import { streams } from "./features/streams/index.js";
import type {
  GroupStreamsOptions,
  GroupStreamView,
  GroupStreamWriter,
  OpenGroupStreamOptions,
} from "./features/streams/models.js";

/** The handle of a group with its messages, their history, its members' states and its streams. */
export interface Group<T = GroupContent, In = T> extends HistoryHandle<T, In> {
  /**
   * The last known states of the members; empty without subscribers to the states. The same array until
   * something changes.
   */
  readonly states: readonly GroupStateRecord[];

  /** The service's error, if it refused the subscription to the states. */
  readonly statesError: Error | undefined;

  /**
   * Calls `listener` whenever the states of the group have changed. The first subscriber subscribes to them at
   * the service, in any state of the client. Doesn't join the group.
   * @returns a function that ends the subscription
   */
  subscribeStates(listener: (states: readonly GroupStateRecord[]) => unknown): () => void;

  /**
   * Sets this connection's state in the group; undefined clears it. The state ends when the group is left or
   * the client stops, and is set again on a new connection (`restoreGroupStates`).
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  setState(state: GroupState | undefined, options?: OperationOptions): Promise<WebPubSubResult>;

  /**
   * Joins the group like `subscribe` and calls `listener` with the newest streams in it, from now on,
   * whenever one begins, goes on or ends.
   * @returns a function that ends the subscription
   * @throws TypeError or RangeError for invalid options, TypeError on a protocol of
   * `web-pubsub-client/protobuf/core` that was made without `streamFrames`
   */
  subscribeStreams(
    listener: (streams: readonly GroupStreamView[]) => unknown,
    options?: GroupStreamsOptions,
  ): () => void;

  /**
   * Opens a stream to the group, which needn't be joined.
   * @throws GroupStreamError when the service refuses, `startTimeoutInMs` is over or the signal fires
   */
  openStream(options?: OpenGroupStreamOptions): Promise<GroupStreamWriter>;
}

class CompleteHandle<T, In> extends FilledHandle<T, In> implements Group<T, In> {
  get states(): readonly GroupStateRecord[] {
    return presence(this._inside().port.client).states(this.name);
  }

  get statesError(): Error | undefined {
    return presence(this._inside().port.client).error(this.name);
  }

  subscribeStates(listener: (states: readonly GroupStateRecord[]) => unknown): () => void {
    return presence(this._inside().port.client).watch(this.name, listener);
  }

  setState(state: GroupState | undefined, options?: OperationOptions): Promise<WebPubSubResult> {
    const own = presence(this._inside().port.client);
    return state === undefined ? own.clear(this.name, options) : own.set(this.name, state, options);
  }

  subscribeStreams(
    listener: (streams: readonly GroupStreamView[]) => unknown,
    options?: GroupStreamsOptions,
  ): () => void {
    // First, since it may throw.
    const end = streams(this._inside().port.client).follow(this.name, listener, options);
    const leave = this._inside().hold();
    return () => {
      end();
      leave();
    };
  }

  openStream(options?: OpenGroupStreamOptions): Promise<GroupStreamWriter> {
    return streams(this._inside().port.client).open(this.name, options);
  }
}

/**
 * Returns the handle of a group with its messages, their history, its members' states and its streams.
 * @throws TypeError for a name that isn't a string of 1 to 1024 characters, an invalid schema or invalid `history`,
 * RangeError for a `history.limit` of 0, numbers below 0 or broken ones
 */
export function completeGroup<T, In>(
  client: AnyClient,
  name: string,
  options: HistoryGroupOptions<T, In> | undefined,
): Group<T, In> {
  // The schema ensures the type; without one the caller's type is trusted.
  return getFilled(CompleteHandle<never, never>, client, name, options) as Group<unknown, never> as Group<
    T,
    In
  >;
}
