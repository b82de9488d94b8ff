import { checkNames } from "../../core/advice.js";
import type { AnyClient } from "../../core/feature.js";
import { amount, positive } from "../../core/util/checkOptions.js";
import type { GroupOptions } from "../groups/groupOptions.js";
import { groups, type HandleClass } from "../groups/groups.js";
import { FilledHandle } from "./handle.js";
import { HistoryFeed } from "./historyFeed.js";
import type { HistoryGroupOptions } from "./models.js";

type AnyFeed = HistoryFeed<never, never>;

/**
 * Returns a handle of a kind that has history, and gives it the newest options of that.
 * @throws TypeError or RangeError for an invalid name or invalid options
 */
export function getFilled<Handle extends FilledHandle<never, never>, T, In>(
  kind: HandleClass<Handle, AnyFeed>,
  client: AnyClient,
  name: string,
  options: HistoryGroupOptions<T, In> | null | undefined,
): Handle {
  const all = groups(client);
  const handle = all.get(kind, name, options as GroupOptions<never, never>, HistoryFeed<never, never>);
  const history = options?.history ?? undefined;
  if (history === undefined) return handle;
  checkNames(all.port.settings, history, "history", all, "history");
  if (typeof history.key !== "function" || typeof history.load !== "function")
    throw new TypeError("history must have the functions key and load.");
  if (!Number.isInteger(positive("history.limit", history.limit, 1)))
    throw new RangeError("history.limit must be a whole number.");
  if (!Number.isInteger(amount("history.initial", history.initial, 0)))
    throw new RangeError("history.initial must be a whole number.");
  // The schema ensures the type; without one the caller's type is trusted.
  FilledHandle.fill(handle, history as never);
  return handle;
}
