import { getOrAdd } from "./core/util/getOrAdd.js";

const told = new WeakMap<object, Set<string>>();

/** Whether something is to be told: it wasn't yet to this owner. */
export function isNews(owner: object, what: string): boolean {
  const all = getOrAdd(told, owner, () => new Set());
  return !all.has(what) && Boolean(all.add(what));
}
