import type {
  GroupContent,
  GroupHandle,
  GroupLogOptions,
  GroupMessage,
  GroupSubscriptionOptions,
} from "../features/groups/index.js";
import {
  groupHandle as filledHandle,
  type HistoryGroupOptions,
  type HistoryHandle,
  type HistoryLogOptions,
} from "../features/history/index.js";
import type { Current, MaybeGetter } from "./reactive.js";
import { useSubscription } from "./subscription.js";

/** Status of a group, which is reactive, and `send`. `In` is the type of sent data. */
export type GroupView<In = GroupContent> = Pick<GroupHandle<never, In>, "status" | "error" | "send">;

/** The newest messages of a group with history, whether all are there (both are reactive), and `loadOlder`. */
export interface GroupHistoryView<T = GroupContent> {
  /** Oldest first; each has a `key` for lists. */
  readonly messages: readonly GroupMessage<T>[];
  /** Everything since the component was mounted is known to be there. */
  readonly complete: boolean;
  /**
   * Puts the messages before the first of the list in front of it, and resolves with them; none says that there are no
   * older ones. Rejects with what `load` throws.
   */
  readonly loadOlder: () => Promise<readonly GroupMessage<T>[]>;
}

/**
 * Subscribes to a group while the component is mounted. All components of a group share one
 * membership. The name may be a getter; when it changes, the old group is left.
 */
export function useGroup<T = GroupContent, In = T>(
  name: MaybeGetter<string>,
  onMessage?: (message: GroupMessage<T>) => unknown,
  options?: GroupSubscriptionOptions<T, In>,
): GroupView<In> {
  const { group, current } = useSubscription(name, options, (joined, changed) => [
    joined.onStatusChange(changed),
    joined.subscribe((message) => onMessage?.(message)),
  ]);
  return {
    get status() {
      return current()?.status ?? "idle";
    },
    get error() {
      return current()?.error;
    },
    send: (data, how) => group().send(data, how),
  };
}

/**
 * Subscribes to a group with history and returns its newest messages: at first those that the store has or that other
 * components show. At most `limit`, and what `loadOlder` brings.
 */
export function useGroupMessages<T = GroupContent, In = T>(
  name: MaybeGetter<string>,
  options: HistoryLogOptions<T, In>,
): GroupHistoryView<T>;
/**
 * Subscribes to a group; `current` are its newest messages, oldest first; each has a `key` for lists.
 * The list is empty again after each mount and after a change of the name.
 */
export function useGroupMessages<T = GroupContent, In = T>(
  name: MaybeGetter<string>,
  options?: GroupLogOptions<T, In>,
): Current<readonly GroupMessage<T>[]>;
export function useGroupMessages<T, In>(
  name: MaybeGetter<string>,
  options?: GroupLogOptions<T, In> & HistoryGroupOptions<T, In>,
): Current<readonly GroupMessage<T>[]> | GroupHistoryView<T> {
  const { history, limit = 100 } = options ?? {};
  let messages: readonly GroupMessage<T>[] = [];
  /** How many more than `limit` there may be. */
  let more = 0;
  const take = (message: GroupMessage<T>): void => {
    messages = newest([...messages, message], limit + more);
  };
  if (!history) {
    const { current } = useSubscription(name, options, (group, changed) => {
      messages = [];
      return [group.subscribe((message) => (take(message), changed()))];
    });
    return {
      get current() {
        current();
        return messages;
      },
    };
  }
  const { group, current, changed } = useSubscription(
    name,
    options,
    (joined: HistoryHandle<T, In>, changed) => {
      more = 0;
      messages = newest(joined.recent, limit);
      return [
        joined.subscribe((message) => (take(message), changed())),
        joined.onCompleteChange(changed),
        joined.onGap(({ to, messages: late }) => {
          const at = messages.indexOf(to as GroupMessage<T>);
          if (at >= 0) messages = [...messages.slice(0, at), ...late, ...messages.slice(at)];
          changed();
        }),
      ];
    },
    (client, name, how): HistoryHandle<T, In> => filledHandle(client, name, { ...how, history }),
  );
  return {
    get messages() {
      current();
      return messages;
    },
    get complete() {
      return current()?.complete ?? false;
    },
    async loadOlder() {
      const asked = group();
      const [first] = messages;
      const page = history.limit ?? 100;
      let older: readonly GroupMessage<T>[] = [];
      // Room for a page, so that messages that come meanwhile don't push out the first; in the end, for what has come.
      more += page;
      try {
        older = await asked.loadOlder(first);
      } finally {
        if (asked === group()) {
          const [now] = messages;
          // The list was empty, and no older ones have come since: they stand before its first.
          const isFirst = first === undefined && now !== undefined && now.key > 0;
          const front = now === first || isFirst ? older : [];
          more += front.length - page;
          messages = [...front, ...messages];
          changed();
        }
      }
      return older;
    },
  };
}

function newest<T>(items: readonly T[], count: number): readonly T[] {
  return items.slice(Math.max(0, items.length - count));
}
