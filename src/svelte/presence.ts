/** The states and the streams of a group. */
import type { OperationOptions, WebPubSubResult } from "../core/index.js";
import { presence, type GroupState, type GroupStateRecord } from "../features/presence/index.js";
import {
  streams as streamsOf,
  type GroupStreamsOptions,
  type GroupStreamView,
  type GroupStreamWriter,
  type OpenGroupStreamOptions,
} from "../features/streams/index.js";
import { useWebPubSubClient } from "./provider.js";
import { valueOf, type MaybeGetter } from "./reactive.js";
import { useSubscription } from "./subscription.js";

/**
 * The states of a group's members, the error if they or the group were refused (both are reactive), and `setState` for
 * the own state.
 */
export interface GroupStateView {
  /** The last known states of the members, this connection's included; empty at first. */
  readonly states: readonly GroupStateRecord[];
  /** Why the group or its states were refused; undefined while they aren't. */
  readonly error: Error | undefined;
  /** Sets this connection's state in the group; undefined clears it. */
  readonly setState: (state: GroupState | undefined, options?: OperationOptions) => Promise<WebPubSubResult>;
}

/**
 * The newest streams in a group, with their content so far; the error if there are none (the group was
 * refused, or the protocol is one of `web-pubsub-client/protobuf/core` without `streamFrames`); and
 * `openStream` to send a stream. Streams and error are reactive.
 */
export interface GroupStreamsView {
  /** The newest streams, at most `limit`, each with its content so far; empty at first. */
  readonly streams: readonly GroupStreamView[];
  /** Why there are no streams; undefined while there may be some. */
  readonly error: Error | undefined;
  /** Opens a stream to the group. Rejects with a `GroupStreamError`, as `openGroupStream` does. */
  readonly openStream: (options?: OpenGroupStreamOptions) => Promise<GroupStreamWriter>;
}

/** Presence: joins the group and returns the states of its members. The name may be a getter. */
export function useGroupState(name: MaybeGetter<string>): GroupStateView {
  const client = useWebPubSubClient();
  const { current } = useSubscription(name, {}, (group, changed) => [
    group.onStatusChange(changed),
    presence(client).watch(group.name, changed),
    group.subscribe(() => {}),
  ]);
  return {
    get states() {
      const group = current();
      return group ? presence(client).states(group.name) : [];
    },
    get error() {
      const group = current();
      return group && (group.error ?? presence(client).error(group.name));
    },
    setState: (state, options) => {
      const own = presence(client);
      return state === undefined ? own.clear(valueOf(name), options) : own.set(valueOf(name), state, options);
    },
  };
}

/** Joins the group and returns the streams in it. The name may be a getter; the options are read once. */
export function useGroupStream(name: MaybeGetter<string>, options?: GroupStreamsOptions): GroupStreamsView {
  const client = useWebPubSubClient();
  let streams: readonly GroupStreamView[] = [];
  const { current } = useSubscription(name, {}, (group, changed) => {
    const all = streamsOf(client);
    streams = [];
    const ends: (() => void)[] = [];
    // First, since it may throw.
    if (all.unsupported === undefined)
      ends.push(all.follow(group.name, (views) => ((streams = views), changed()), options));
    ends.push(
      group.onStatusChange(changed),
      group.subscribe(() => {}),
    );
    return ends;
  });
  return {
    get streams() {
      current();
      return streams;
    },
    get error() {
      const group = current();
      return group && (group.error ?? streamsOf(client).unsupported);
    },
    openStream: (how) => streamsOf(client).open(valueOf(name), how),
  };
}
