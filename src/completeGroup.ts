import type { AnyClient } from "./core/feature.js";
import type { OperationOptions, WebPubSubResult } from "./core/models/options.js";
import type { GroupHandle } from "./features/groups/group.js";
import type { GroupContent, GroupOptions } from "./features/groups/groupOptions.js";
import { groups } from "./features/groups/groups.js";
import { MessagesHandle } from "./features/groups/handle.js";
import { presence } from "./features/presence/index.js";
import type { GroupState, GroupStateRecord } from "./features/presence/models.js";
import { streams } from "./features/streams/index.js";
import type {
  GroupStreamsOptions,
  GroupStreamView,
  GroupStreamWriter,
  OpenGroupStreamOptions,
} from "./features/streams/models.js";

/** The handle of a group with its messages, its members' states and its streams. */
export interface Group<T = GroupContent, In = T> extends GroupHandle<T, In> {
  /**
   * What the members say about themselves, as last told; empty while nobody subscribes to the states.
   * The same array until something changes.
   */
  readonly states: readonly GroupStateRecord[];

  /** Why the service doesn't tell the states. */
  readonly statesError: Error | undefined;

  /**
   * Calls `listener` whenever the states of the group have changed. The first subscriber asks the
   * service for them, in whatever state the client is; the group isn't joined for that.
   * @returns a function that ends the subscription
   */
  subscribeStates(listener: (states: readonly GroupStateRecord[]) => unknown): () => void;

  /**
   * Says something about this connection to those who subscribe to the states; undefined takes it
   * back. It ends when the group is left or the client stops, and is set again on a new connection
   * (`restoreGroupStates`).
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  setState(state: GroupState | undefined, options?: OperationOptions): Promise<WebPubSubResult>;

  /**
   * Joins the group like `subscribe` and calls `listener` with the newest streams in it, from now on,
   * whenever one begins, goes on or ends.
   * @returns a function that ends the subscription
   * @throws TypeError on a protobuf protocol, which has no streams
   */
  subscribeStreams(
    listener: (streams: readonly GroupStreamView[]) => unknown,
    options?: GroupStreamsOptions,
  ): () => void;

  /**
   * Opens a stream to the group, which needn't be joined for that.
   * @throws GroupStreamError when the service refuses, `startTimeoutInMs` is over or the signal fires
   */
  openStream(options?: OpenGroupStreamOptions): Promise<GroupStreamWriter>;
}

class CompleteHandle<T, In> extends MessagesHandle<T, In> implements Group<T, In> {
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

/** @throws TypeError for a name that isn't a string of 1 to 1024 characters */
export function completeGroup<T, In>(
  client: AnyClient,
  name: string,
  options: GroupOptions<T, In> | undefined,
): Group<T, In> {
  // The caller's schema, or the caller's word for want of one, makes the type.
  return groups(client).get(
    CompleteHandle<never, never>,
    name,
    options as GroupOptions<never, never>,
  ) as Group<unknown, never> as Group<T, In>;
}
