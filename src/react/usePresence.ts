import { useCallback, useEffect, useState } from "react";
import type { Group, GroupStateRecord, GroupStreamsOptions, GroupStreamView } from "../index.js";
import { useSubscription } from "./useGroup.js";
import { useLatest, useStore } from "./support.js";

const NO_STATES: readonly GroupStateRecord[] = [];
const NO_STREAMS: { readonly of?: object; readonly streams: readonly GroupStreamView[] } = { streams: [] };

/** The states of a group's members; why they or the group are refused; and `setState` for one's own. */
export type GroupStateView = Pick<Group, "states" | "error" | "setState">;

/** Presence: joins the group and shows what its members say about themselves. */
export function useGroupState(name: string): GroupStateView {
  const group = useSubscription(name);
  const subscribe = useCallback(
    (changed: () => void) => {
      const ends = [group.onStatusChange(changed), group.subscribeStates(changed)];
      return () => ends.forEach((end) => end());
    },
    [group],
  );
  return {
    states: useStore(subscribe, () => group.states, NO_STATES),
    error: useStore(subscribe, () => group.error ?? group.statesError, undefined),
    setState: useCallback((state, options) => group.setState(state, options), [group]),
  };
}

/** The newest streams in a group, as far as they have come, and `openStream` for one's own. */
export interface GroupStreamsView extends Pick<Group, "openStream"> {
  readonly streams: readonly GroupStreamView[];
}

/** Joins the group and shows the streams in it. Options are read when it subscribes. */
export function useGroupStream(name: string, options?: GroupStreamsOptions): GroupStreamsView {
  const [log, setLog] = useState(NO_STREAMS);
  const group = useSubscription(name);
  const latest = useLatest(options);
  useEffect(() => {
    const end = group.subscribeStreams((streams) => setLog({ of: group, streams }), latest.current);
    return () => {
      end();
      // Mounted again, as hot reload does it, it couldn't say how these go on.
      setLog(NO_STREAMS);
    };
  }, [group, latest]);
  return {
    streams: log.of === group ? log.streams : NO_STREAMS.streams,
    openStream: useCallback((how) => group.openStream(how), [group]),
  };
}
