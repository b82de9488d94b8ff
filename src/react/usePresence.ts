import { useCallback, useEffect, useMemo, useState } from "react";
import type { Group, GroupStreamsOptions, GroupStreamView, WebPubSubClient } from "../index.js";
import { useWebPubSubClient } from "./provider.js";
import { useStatus, useSubscription } from "./useGroup.js";
import { NOTHING, useLatest, useStore, type Log } from "./support.js";

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
    states: useStore(subscribe, () => group.states, NOTHING.items),
    error: useStore(subscribe, () => group.error ?? group.statesError, undefined),
    setState: useCallback((state, options) => group.setState(state, options), [group]),
  };
}

/**
 * The newest streams in a group, as far as they have come; why there are none (the group is refused,
 * the protocol is protobuf); and `openStream` for one's own.
 */
export interface GroupStreamsView extends Pick<Group, "error" | "openStream"> {
  readonly streams: readonly GroupStreamView[];
}

/** Joins the group and shows the streams in it. Options are read when it subscribes. */
export function useGroupStream(name: string, options?: GroupStreamsOptions): GroupStreamsView {
  const [log, setLog] = useState<Log<GroupStreamView>>(NOTHING);
  const group = useSubscription(name);
  const latest = useLatest(options);
  const client = useWebPubSubClient();
  const lack = useMemo(() => whyNoStreams(client), [client]);
  useEffect(() => {
    if (lack) return undefined;
    const end = group.subscribeStreams((items) => setLog({ of: group, items }), latest.current);
    return () => {
      end();
      // Mounted again, as hot reload does it, it couldn't say how these go on.
      setLog(NOTHING);
    };
  }, [group, latest, lack]);
  return {
    streams: (log.of === group ? log : NOTHING).items,
    error: useStatus(group, () => group.error ?? lack, undefined),
    openStream: useCallback((how) => group.openStream(how), [group]),
  };
}

/** What a protocol without streams says. Asked without options, whose mistakes are to be thrown. */
function whyNoStreams(client: WebPubSubClient): TypeError | undefined {
  try {
    void client.onGroupStream(() => {}).close();
    return undefined;
  } catch (thrown) {
    // It throws nothing else.
    return thrown as TypeError;
  }
}
