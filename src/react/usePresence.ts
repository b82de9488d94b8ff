/** The hooks for the states and the streams of a group. */
import { useCallback, useEffect, useState } from "react";
import type { GroupHandle } from "../features/groups/index.js";
import { presence, type GroupState, type GroupStateRecord } from "../features/presence/index.js";
import {
  streams,
  type GroupStreamsOptions,
  type GroupStreamView,
  type GroupStreamWriter,
  type OpenGroupStreamOptions,
} from "../features/streams/index.js";
import type { OperationOptions, WebPubSubResult } from "../core/index.js";
import { useWebPubSubClient } from "./provider.js";
import { useStatus, useSubscription } from "./useGroup.js";
import { NOTHING, useLatest, useStore, type Log } from "./support.js";

/** The states of a group's members, the error if they or the group were refused, and `setState` for the own state. */
export interface GroupStateView {
  /** The last known states of the members, this connection's included; empty at first. */
  readonly states: readonly GroupStateRecord[];
  /** Why the group or its states were refused; undefined while they aren't. */
  readonly error: Error | undefined;
  /** Sets this connection's state in the group; undefined clears it. */
  readonly setState: (state: GroupState | undefined, options?: OperationOptions) => Promise<WebPubSubResult>;
}

/** Presence: joins the group and returns the states of its members. */
export function useGroupState(name: string): GroupStateView {
  const group = useSubscription(name);
  const client = useWebPubSubClient();
  const subscribe = useCallback(
    (changed: () => void) => {
      const ends = [group.onStatusChange(changed), presence(client).watch(name, changed)];
      return () => ends.forEach((end) => end());
    },
    [group, client, name],
  );
  return {
    states: useStore(subscribe, () => presence(client).states(name), NOTHING.items),
    error: useStore(subscribe, () => group.error ?? presence(client).error(name), undefined),
    setState: useCallback<GroupStateView["setState"]>(
      (state, options) =>
        state === undefined
          ? presence(client).clear(name, options)
          : presence(client).set(name, state, options),
      [client, name],
    ),
  };
}

/**
 * The newest streams in a group, with their content so far; the error if there are none (the group was
 * refused, or the protocol is one of `web-pubsub-client/protobuf/core` without `streamFrames`); and
 * `openStream` to send a stream.
 */
export interface GroupStreamsView {
  /** The newest streams, at most `limit`, each with its content so far; empty at first. */
  readonly streams: readonly GroupStreamView[];
  /** Why there are no streams; undefined while there may be some. */
  readonly error: Error | undefined;
  /** Opens a stream to the group. Rejects with a `GroupStreamError`, as `openGroupStream` does. */
  readonly openStream: (options?: OpenGroupStreamOptions) => Promise<GroupStreamWriter>;
}

/** Joins the group and returns the streams in it. The options are read when it subscribes. */
export function useGroupStream(name: string, options?: GroupStreamsOptions): GroupStreamsView {
  const [log, setLog] = useState<Log<GroupStreamView>>(NOTHING);
  const group: GroupHandle = useSubscription(name);
  const latest = useLatest(options);
  const client = useWebPubSubClient();
  const { unsupported } = streams(client);
  useEffect(() => {
    if (unsupported) return undefined;
    const end = streams(client).follow(name, (items) => setLog({ of: group, items }), latest.current);
    return () => {
      end();
      // After mounting again, as in a hot reload, the rest of these streams would be missing.
      setLog(NOTHING);
    };
  }, [client, name, group, latest, unsupported]);
  return {
    streams: (log.of === group ? log : NOTHING).items,
    error: useStatus(group, () => group.error ?? unsupported, undefined),
    openStream: useCallback((how) => streams(client).open(name, how), [client, name]),
  };
}
