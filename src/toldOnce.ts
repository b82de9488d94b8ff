import { getOrAdd } from "./core/util/getOrAdd.js";

const told = new WeakMap<object, Set<string>>();

/** Returns true the first time that it is asked about these words for this owner. */
export function isNews(owner: object, what: string): boolean {
  const all = getOrAdd(told, owner, () => new Set());
  return !all.has(what) && Boolean(all.add(what));
}
