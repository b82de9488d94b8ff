import { onMount, untrack } from "svelte";
import { toStore } from "svelte/store";
import type { CoreClient } from "../core/index.js";
import {
  groupHandle,
  type GroupHandle,
  type GroupOptions,
  type GroupSubscriptionOptions,
} from "../features/groups/index.js";
import { useWebPubSubClient } from "./provider.js";
import { signal, valueOf, type MaybeGetter } from "./reactive.js";

type Make<T, In, Handle> = (client: CoreClient, name: string, options: GroupOptions<T, In>) => Handle;

/** What a component has of a group. */
export interface Subscription<Handle> {
  /** The handle of the group, also before the component is mounted, for what it sends. */
  readonly group: () => Handle;
  /** The handle that is subscribed to, while the component is mounted. What reads this runs again after `changed`. */
  readonly current: () => Handle | undefined;
  readonly changed: () => void;
}

/**
 * While the component is mounted, `subscribe` is in effect for the group; for another one when its name changes.
 * @param subscribe is given a function to call when what is shown has changed, and returns what ends the subscription
 */
export function useSubscription<T, In, Handle extends GroupHandle<T, In> = GroupHandle<T, In>>(
  name: MaybeGetter<string>,
  options: GroupSubscriptionOptions<T, In> | undefined,
  subscribe: (group: Handle, changed: () => void) => (() => void)[],
  make: Make<T, In, Handle> = groupHandle as Make<T, In, GroupHandle<T, In>> as Make<T, In, Handle>,
): Subscription<Handle> {
  const { schema, onInvalidMessage } = options ?? {};
  const client = useWebPubSubClient();
  const { track, changed } = signal();
  const group = (): Handle => make(client, valueOf(name), { schema });
  let current: Handle | undefined;
  let ends: (() => void)[] = [];
  const end = (): void => {
    current = undefined;
    for (const each of ends.splice(0)) each();
  };
  const begin = (): void => {
    end();
    // Readers run later. They are to do so also if the name is none and throws here.
    changed();
    const next = group();
    ends = subscribe(next, changed);
    if (onInvalidMessage !== undefined) ends.push(next.onInvalidMessage(onInvalidMessage));
    current = next;
  };
  onMount(() => {
    // A store of the name: its subscribers are called again when what the getter reads has changed.
    const unfollow = toStore(() => valueOf(name)).subscribe(() => untrack(begin));
    return () => {
      unfollow();
      end();
    };
  });
  return {
    group,
    current: () => {
      track();
      return current;
    },
    changed,
  };
}
