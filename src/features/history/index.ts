import type { AnyClient } from "../../core/feature.js";
import type { GroupContent } from "../groups/groupOptions.js";
import { FilledHandle } from "./handle.js";
import { getFilled } from "./getFilled.js";
import type { HistoryGroupOptions, HistoryHandle } from "./models.js";

export type * from "./types.js";

/**
 * Returns the handle of a group that asks the application's store for what its connection has missed: subscribe to it,
 * send to it, loop over its messages. The same name and schema object give the same handle; the newest `history` counts.
 * @throws TypeError for a name that isn't a string of 1 to 1024 characters, an invalid schema or invalid `history`,
 * RangeError for a `history.limit` of 0, numbers below 0 or broken ones
 */
export function groupHandle<T = GroupContent, In = T>(
  client: AnyClient,
  name: string,
  options?: HistoryGroupOptions<T, In>,
): HistoryHandle<T, In> {
  return getFilled(FilledHandle<never, never>, client, name, options) as HistoryHandle<
    unknown,
    never
  > as HistoryHandle<T, In>;
}
