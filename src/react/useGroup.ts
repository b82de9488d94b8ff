import { useCallback, useEffect, useMemo, useState } from "react";
import type { CoreClient } from "../core/index.js";
import {
  groupHandle,
  type GroupContent,
  type GroupHandle,
  type GroupLogOptions,
  type GroupMessage,
  type GroupSubscriptionOptions,
} from "../features/groups/index.js";
import {
  groupHandle as filledHandle,
  type Gap,
  type HistoryGroupOptions,
  type HistoryHandle,
  type HistoryLogOptions,
} from "../features/history/index.js";
import { useWebPubSubClient } from "./provider.js";
import { NOTHING, useLatest, useStore, type Log } from "./support.js";

/** Messages, and how many more than `limit` there may be. */
type MessageLog<T> = Log<GroupMessage<T>> & { readonly more?: number };
const NO_MESSAGES: MessageLog<never> = NOTHING;

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

/** The newest messages of a group with history, whether all are there, and `loadOlder`. */
export interface GroupHistoryView<T = GroupContent> {
  /** Oldest first; each has a `key` for lists. */
  readonly messages: readonly GroupMessage<T>[];
  /** Everything since the component was mounted is known to be there. */
  readonly complete: boolean;
  /**
   * Puts the messages before the first of the list in front of it, and resolves with them; none says that there are no
   * older ones. It stays the same function until name, schema or client change. Rejects with what `load` throws.
   */
  readonly loadOlder: () => Promise<readonly GroupMessage<T>[]>;
}

/**
 * Subscribes to a group with history and returns its newest messages: at first those that the store has or that other
 * components show. At most `limit`, and what `loadOlder` brings.
 */
export function useGroupMessages<T = GroupContent, In = T>(
  name: string,
  options: HistoryLogOptions<T, In>,
): GroupHistoryView<T>;
/**
 * Subscribes to a group and returns its newest messages, oldest first; each has a `key` for lists.
 * The list is empty again after each mount and after a change of name or client.
 */
export function useGroupMessages<T = GroupContent, In = T>(
  name: string,
  options?: GroupLogOptions<T, In>,
): readonly GroupMessage<T>[];
export function useGroupMessages<T, In>(
  name: string,
  options?: GroupLogOptions<T, In> & HistoryGroupOptions<T, In>,
): readonly GroupMessage<T>[] | GroupHistoryView<T> {
  const { history, limit = 100, schema } = options ?? {};
  const client = useWebPubSubClient();
  const [log, setLog] = useState<MessageLog<T>>(NOTHING);
  const group: GroupHandle<T, In> = useSubscription(
    name,
    (message: GroupMessage<T>) =>
      setLog((before) => {
        const { items, more = 0 } = before.of === group ? before : NO_MESSAGES;
        return { of: group, items: newest([...items, message], limit + more), more };
      }),
    options,
    history && filledHandle,
  );
  const filled = history && (group as HistoryHandle<T, In>);
  const current = log.of === group ? log : NO_MESSAGES;
  const latest = useLatest({ first: current.items[0], page: history?.limit ?? 100 });
  useEffect(
    () => void (history && filledHandle(client, name, { schema, history })),
    [client, name, schema, history],
  );
  useEffect(() => {
    if (filled === undefined) return undefined;
    setLog({ of: filled, items: newest(filled.recent, limit) });
    return filled.onGap(({ to, messages }: Gap<T>) =>
      setLog((before) => {
        const { items } = before;
        const at = items.indexOf(to as GroupMessage<T>);
        return at < 0
          ? before
          : { ...before, items: [...items.slice(0, at), ...messages, ...items.slice(at)] };
      }),
    );
  }, [filled]);
  const complete = useStore(
    useCallback((changed: () => void) => filled?.onCompleteChange(changed) ?? (() => {}), [filled]),
    () => filled?.complete ?? false,
    false,
  );
  const loadOlder = useCallback(async () => {
    const { first, page } = latest.current;
    let older: readonly GroupMessage<T>[] = [];
    // Room for a page, so that messages that come meanwhile don't push out the first; in the end, for what has come.
    setLog((before) => ({ ...before, more: (before.more ?? 0) + page }));
    try {
      older = (await filled?.loadOlder(first)) ?? [];
    } finally {
      setLog((before) => {
        if (before.of !== filled) return before;
        const { items, more = 0 } = before;
        const front = isInFront(items, first) ? older : [];
        return { ...before, items: [...front, ...items], more: more - page + front.length };
      });
    }
    return older;
  }, [filled, latest]);
  const messages = current.items;
  return history ? { messages, complete, loadOlder } : messages;
}

/** The current result of `read`, which changes with the status of a group; on a server `onServer`. */
export function useStatus<T>(group: Pick<GroupHandle, "onStatusChange">, read: () => T, onServer: T): T {
  const subscribe = useCallback((changed: () => void) => group.onStatusChange(changed), [group]);
  return useStore(subscribe, read, onServer);
}

/**
 * What was loaded stands before the first message of the list.
 * @param first that one when the load began; undefined: the list was empty, and no older ones may have come since
 */
function isInFront<T>([now]: readonly GroupMessage<T>[], first: GroupMessage<T> | undefined): boolean {
  return now === first || (first === undefined && now !== undefined && now.key > 0);
}

function newest<T>(items: readonly T[], count: number): readonly T[] {
  return items.slice(Math.max(0, items.length - count));
}

/** Makes a handle. */
type Handle = <T, In>(
  client: CoreClient,
  name: string,
  options: HistoryGroupOptions<T, In>,
) => GroupHandle<T, In>;

/** The handle of a group, subscribed to while the component is mounted. */
export function useSubscription<T, In>(
  name: string,
  onMessage?: (message: GroupMessage<T>) => unknown,
  options?: GroupSubscriptionOptions<T, In> & HistoryGroupOptions<T, In>,
  handle: Handle = groupHandle,
): GroupHandle<T, In> {
  const { schema, history, onInvalidMessage } = options ?? {};
  const client = useWebPubSubClient();
  const group = useMemo(() => handle(client, name, { schema, history }), [client, name, schema, handle]);
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
