import type { AnyClient } from "../../core/feature.js";
import type { GroupHandle } from "./group.js";
import type { GroupContent, GroupOptions } from "./groupOptions.js";
import { groups } from "./groups.js";
import { MessagesHandle } from "./handle.js";

export type * from "./types.js";
export { InvalidMessageError, MessageOverflowError } from "./groupErrors.js";

/**
 * Returns the handle of a group: subscribe to it, send to it, loop over its messages. The same name and schema
 * object give the same handle.
 * @throws TypeError for a name that isn't a string of 1 to 1024 characters, or an invalid schema
 */
export function groupHandle<T = GroupContent, In = T>(
  client: AnyClient,
  name: string,
  options?: GroupOptions<T, In>,
): GroupHandle<T, In> {
  // The schema ensures the type; without one the caller's type is trusted.
  return groups(client).get(
    MessagesHandle<never, never>,
    name,
    options as GroupOptions<never, never>,
  ) as GroupHandle<unknown, never> as GroupHandle<T, In>;
}
