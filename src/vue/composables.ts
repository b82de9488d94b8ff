/** All composables: connection, server messages, groups, states and streams. */
import {
  getCurrentInstance,
  getCurrentScope,
  onMounted,
  onScopeDispose,
  shallowReadonly,
  shallowRef,
  toValue,
  watch,
  type MaybeRefOrGetter,
  type ShallowRef,
} from "vue";
import type {
  ConnectionInfo,
  CoreClient,
  OperationOptions,
  ServerDataMessage,
  WebPubSubResult,
} from "../core/index.js";
import {
  groupHandle,
  type GroupContent,
  type GroupHandle,
  type GroupLogOptions,
  type GroupMessage,
  type GroupOptions,
  type GroupStatus,
  type GroupSubscriptionOptions,
} from "../features/groups/index.js";
import {
  groupHandle as filledHandle,
  type HistoryGroupOptions,
  type HistoryHandle,
  type HistoryLogOptions,
} from "../features/history/index.js";
import { presence, type GroupState, type GroupStateRecord } from "../features/presence/index.js";
import {
  streams as streamsOf,
  type GroupStreamsOptions,
  type GroupStreamView,
  type GroupStreamWriter,
  type OpenGroupStreamOptions,
} from "../features/streams/index.js";
import { useWebPubSubClient } from "./plugin.js";

type Refs<View> = { readonly [Key in keyof View]: Readonly<ShallowRef<View[Key]>> };

/** Status of a group, and `send`. `In` is the type of sent data. */
export type GroupView<In = GroupContent> = Refs<Pick<GroupHandle, "status" | "error">> &
  Pick<GroupHandle<never, In>, "send">;

/** The newest messages of a group with history, whether all are there, and `loadOlder`. */
export interface GroupHistoryView<T = GroupContent> extends Refs<{
  /** Oldest first; each has a `key` for lists. */
  messages: readonly GroupMessage<T>[];
  /** Everything since the component was mounted is known to be there. */
  complete: boolean;
}> {
  /**
   * Puts the messages before the first of the list in front of it, and resolves with them; none says that there are no
   * older ones. Rejects with what `load` throws.
   */
  readonly loadOlder: () => Promise<readonly GroupMessage<T>[]>;
}

/** The states of a group's members, the error if they or the group were refused, and `setState` for the own state. */
export interface GroupStateView extends Refs<{
  /** The last known states of the members, this connection's included; empty at first. */
  states: readonly GroupStateRecord[];
  /** Why the group or its states were refused; undefined while they aren't. */
  error: Error | undefined;
}> {
  /** Sets this connection's state in the group; undefined clears it. */
  readonly setState: (state: GroupState | undefined, options?: OperationOptions) => Promise<WebPubSubResult>;
}

/**
 * The newest streams in a group, with their content so far; the error if there are none (the group was
 * refused, or the protocol is one of `web-pubsub-client/protobuf/core` without `streamFrames`); and
 * `openStream` to send a stream.
 */
export interface GroupStreamsView extends Refs<{
  /** The newest streams, at most `limit`, each with its content so far; empty at first. */
  streams: readonly GroupStreamView[];
  /** Why there are no streams; undefined while there may be some. */
  error: Error | undefined;
}> {
  /** Opens a stream to the group. Rejects with a `GroupStreamError`, as `openGroupStream` does. */
  readonly openStream: (options?: OpenGroupStreamOptions) => Promise<GroupStreamWriter>;
}

/** State, connection id, last error and next attempt. */
export function useConnection(): Readonly<ShallowRef<ConnectionInfo>> {
  const client = useWebPubSubClient();
  const info = shallowRef<ConnectionInfo>({ state: "Stopped" });
  whileMounted(() => {
    info.value = client.connectionInfo;
    onScopeDispose(client.on("state-changed", () => (info.value = client.connectionInfo)));
  });
  return shallowReadonly(info);
}

/** Calls `onMessage` with every message of the application's server. */
export function useServerMessage(onMessage: (message: ServerDataMessage) => unknown): void {
  const client = useWebPubSubClient();
  whileMounted(() => onScopeDispose(client.on("server-message", ({ message }) => onMessage(message))));
}

/**
 * Subscribes to a group while the component is mounted. All components of a group share one
 * membership. The name may be a ref or a getter; when it changes, the old group is left.
 */
export function useGroup<T = GroupContent, In = T>(
  name: MaybeRefOrGetter<string>,
  onMessage?: (message: GroupMessage<T>) => unknown,
  options?: GroupSubscriptionOptions<T, In>,
): GroupView<In> {
  const status = shallowRef<GroupStatus>("idle");
  const error = shallowRef<Error>();
  const group = useSubscription(name, options, (joined) => {
    const refresh = (): void => {
      status.value = joined.status;
      error.value = joined.error;
    };
    const unlisten = joined.onStatusChange(refresh);
    const unsubscribe = joined.subscribe((message) => onMessage?.(message));
    refresh();
    return [unlisten, unsubscribe];
  });
  return {
    status: shallowReadonly(status),
    error: shallowReadonly(error),
    send: (data, how) => group().send(data, how),
  };
}

/**
 * Subscribes to a group with history and returns its newest messages: at first those that the store has or that other
 * components show. At most `limit`, and what `loadOlder` brings.
 */
export function useGroupMessages<T = GroupContent, In = T>(
  name: MaybeRefOrGetter<string>,
  options: HistoryLogOptions<T, In>,
): GroupHistoryView<T>;
/**
 * Subscribes to a group and returns its newest messages, oldest first; each has a `key` for lists.
 * The list is empty again after each mount and after a change of the name.
 */
export function useGroupMessages<T = GroupContent, In = T>(
  name: MaybeRefOrGetter<string>,
  options?: GroupLogOptions<T, In>,
): Readonly<ShallowRef<readonly GroupMessage<T>[]>>;
export function useGroupMessages<T, In>(
  name: MaybeRefOrGetter<string>,
  options?: GroupLogOptions<T, In> & HistoryGroupOptions<T, In>,
): Readonly<ShallowRef<readonly GroupMessage<T>[]>> | GroupHistoryView<T> {
  const { history, limit = 100 } = options ?? {};
  const messages = shallowRef<readonly GroupMessage<T>[]>([]);
  /** How many more than `limit` there may be. */
  let more = 0;
  const take = (message: GroupMessage<T>): void => {
    messages.value = newest([...messages.value, message], limit + more);
  };
  if (!history) {
    useSubscription(name, options, (group) => {
      messages.value = [];
      return [group.subscribe(take)];
    });
    return shallowReadonly(messages);
  }
  const complete = shallowRef(false);
  const group = useSubscription(
    name,
    options,
    (joined: HistoryHandle<T, In>) => {
      more = 0;
      messages.value = newest(joined.recent, limit);
      const refresh = (): void => void (complete.value = joined.complete);
      const ends = [
        joined.subscribe(take),
        joined.onCompleteChange(refresh),
        joined.onGap(({ to, messages: late }) => {
          const all = messages.value;
          const at = all.indexOf(to as GroupMessage<T>);
          if (at >= 0) messages.value = [...all.slice(0, at), ...late, ...all.slice(at)];
        }),
      ];
      refresh();
      return ends;
    },
    (client, current, how): HistoryHandle<T, In> => filledHandle(client, current, { ...how, history }),
  );
  return {
    messages: shallowReadonly(messages),
    complete: shallowReadonly(complete),
    async loadOlder() {
      const current = group();
      const [first] = messages.value;
      const page = history.limit ?? 100;
      let older: readonly GroupMessage<T>[] = [];
      // Room for a page, so that messages that come meanwhile don't push out the first; in the end, for what has come.
      more += page;
      try {
        older = await current.loadOlder(first);
      } finally {
        if (current === group()) {
          const [now] = messages.value;
          // The list was empty, and no older ones have come since: they stand before its first.
          const isFirst = first === undefined && now !== undefined && now.key > 0;
          const front = now === first || isFirst ? older : [];
          more += front.length - page;
          messages.value = [...front, ...messages.value];
        }
      }
      return older;
    },
  };
}

/** Presence: joins the group and returns the states of its members. */
export function useGroupState(name: MaybeRefOrGetter<string>): GroupStateView {
  const states = shallowRef<readonly GroupStateRecord[]>([]);
  const error = shallowRef<Error>();
  const client = useWebPubSubClient();
  useSubscription(name, {}, (group) => {
    const known = presence(client);
    const refresh = (): void => {
      states.value = known.states(group.name);
      error.value = group.error ?? known.error(group.name);
    };
    const ends = [group.onStatusChange(refresh), known.watch(group.name, refresh), group.subscribe(() => {})];
    refresh();
    return ends;
  });
  return {
    states: shallowReadonly(states),
    error: shallowReadonly(error),
    setState: (state, options) => {
      const own = presence(client);
      return state === undefined ? own.clear(toValue(name), options) : own.set(toValue(name), state, options);
    },
  };
}

/** Joins the group and returns the streams in it. */
export function useGroupStream(
  name: MaybeRefOrGetter<string>,
  options?: GroupStreamsOptions,
): GroupStreamsView {
  const client = useWebPubSubClient();
  const streams = shallowRef<readonly GroupStreamView[]>([]);
  const error = shallowRef<Error>();
  useSubscription(name, {}, (group) => {
    const all = streamsOf(client);
    const { unsupported } = all;
    streams.value = [];
    const ends: (() => void)[] = [];
    // First, since it may throw.
    if (unsupported === undefined)
      ends.push(all.follow(group.name, (views) => (streams.value = views), options));
    const refresh = (): void => {
      error.value = group.error ?? unsupported;
    };
    ends.push(
      group.onStatusChange(refresh),
      group.subscribe(() => {}),
    );
    refresh();
    return ends;
  });
  return {
    streams: shallowReadonly(streams),
    error: shallowReadonly(error),
    openStream: (how) => streamsOf(client).open(toValue(name), how),
  };
}

function newest<T>(items: readonly T[], count: number): readonly T[] {
  return items.slice(Math.max(0, items.length - count));
}

type Make<T, In, Handle> = (client: CoreClient, name: string, options: GroupOptions<T, In>) => Handle;

/** Returns the handle of a group; while the component is mounted, `subscribe` is in effect for it. */
function useSubscription<T, In, Handle extends GroupHandle<T, In> = GroupHandle<T, In>>(
  name: MaybeRefOrGetter<string>,
  options: GroupSubscriptionOptions<T, In> | undefined,
  subscribe: (group: Handle) => (() => void)[],
  make: Make<T, In, Handle> = groupHandle as Make<T, In, GroupHandle<T, In>> as Make<T, In, Handle>,
): () => Handle {
  const { schema, onInvalidMessage } = options ?? {};
  const client = useWebPubSubClient();
  const group = (): Handle => make(client, toValue(name), { schema });
  whileMounted(() => {
    watch(
      // An invalid name must throw in the callback, where Vue handles it and the old group has been left.
      () => toValue(name),
      (_, __, onCleanup) => {
        const current = group();
        const ends = subscribe(current);
        if (onInvalidMessage !== undefined) ends.push(current.onInvalidMessage(onInvalidMessage));
        onCleanup(() => ends.forEach((end) => end()));
      },
      { immediate: true },
    );
  });
  return group;
}

/**
 * Runs `begin` in the current scope: when the component is mounted, which never happens on a server, or at
 * once outside of a component.
 */
function whileMounted(begin: () => void): void {
  const scope = getCurrentScope();
  const instance = getCurrentInstance();
  if (instance === null || instance.isMounted) begin();
  else onMounted(() => scope?.active && scope.run(begin));
}
