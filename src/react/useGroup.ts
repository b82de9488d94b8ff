import { useCallback, useEffect, useMemo, useState } from "react";
import {
  groupHandle,
  type GroupContent,
  type GroupHandle,
  type GroupLogOptions,
  type GroupMessage,
  type GroupSubscriptionOptions,
} from "../features/groups/index.js";
import { useWebPubSubClient } from "./provider.js";
import { NOTHING, useLatest, useStore, type Log } from "./support.js";

/** Status of a group and `send`, which stays the same function until name, schema or client change. */
export type GroupView<In = GroupContent> = Pick<GroupHandle<never, In>, "status" | "error" | "send">;

/**
 * Subscribes to a group while the component is mounted. All components of a group share one
 * membership. `onMessage` may be a new function in each render; the newest one is called.
 */
export function useGroup<T = GroupContent, In = T>(
  name: string,
  onMessage?: (message: GroupMessage<T>) => unknown,
  options?: GroupSubscriptionOptions<T, In>,
): GroupView<In> {
  const group = useSubscription(name, onMessage, options);
  return {
    status: useStatus(group, () => group.status, "idle"),
    error: useStatus(group, () => group.error, undefined),
    send: useCallback<GroupHandle<never, In>["send"]>((data, how) => group.send(data, how), [group]),
  };
}

/**
 * Subscribes to a group and returns its newest messages, oldest first; each has a `key` for lists.
 * The list is empty again after each mount and after a change of name or client.
 */
export function useGroupMessages<T = GroupContent, In = T>(
  name: string,
  options?: GroupLogOptions<T, In>,
): readonly GroupMessage<T>[] {
  const limit = options?.limit ?? 100;
  const [log, setLog] = useState<Log<GroupMessage<T>>>(NOTHING);
  const group: GroupHandle<T, In> = useSubscription(
    name,
    (message: GroupMessage<T>) =>
      setLog((before) => {
        const items = [...(before.of === group ? before : NOTHING).items, message];
        return { of: group, items: items.slice(Math.max(0, items.length - limit)) };
      }),
    options,
  );
  return (log.of === group ? log : NOTHING).items;
}

/** The current result of `read`, which changes with the status of a group; on a server `onServer`. */
export function useStatus<T>(group: Pick<GroupHandle, "onStatusChange">, read: () => T, onServer: T): T {
  const subscribe = useCallback((changed: () => void) => group.onStatusChange(changed), [group]);
  return useStore(subscribe, read, onServer);
}

/** The handle of a group, subscribed to while the component is mounted. */
export function useSubscription<T, In>(
  name: string,
  onMessage?: (message: GroupMessage<T>) => unknown,
  options?: GroupSubscriptionOptions<T, In>,
): GroupHandle<T, In> {
  const { schema, onInvalidMessage } = options ?? {};
  const client = useWebPubSubClient();
  const group = useMemo(() => groupHandle(client, name, { schema }), [client, name, schema]);
  const latest = useLatest({ group, onMessage, onInvalidMessage });
  // A new group is rendered shortly before the old subscription ends; its handlers must not get old messages.
  const handlers = useCallback(
    () => (latest.current.group === group ? latest.current : undefined),
    [group, latest],
  );
  useEffect(() => group.subscribe((message) => handlers()?.onMessage?.(message)), [group, handlers]);
  const listens = onInvalidMessage !== undefined;
  useEffect(
    () => (listens ? group.onInvalidMessage((error) => handlers()?.onInvalidMessage?.(error)) : undefined),
    [group, listens, handlers],
  );
  return group;
}
