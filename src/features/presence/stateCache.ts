import type { GroupStateRecord } from "./models.js";
import type { GroupStateItem } from "../../core/models/messages.js";

/** How long an update is kept though snapshots lack it, in ms. */
const RETENTION = 300_000;
/** At most this many cleared states are remembered, so that an older message can't bring them back. */
const MAX_CLEARED = 200;

type Entry = {
  readonly item: GroupStateItem;
  /** True: known from an update that a snapshot may have missed. False: confirmed by a snapshot. */
  fresh: boolean;
  /** When it arrived, by the local clock. */
  arrived: number;
};

/**
 * The last known states of one group's connections. Of two states the one with the larger `updatedAt`
 * wins. The local clock, which is passed in, only measures how long ago a state arrived.
 */
export class StateCache {
  /** In the order in which the connections first set a state. */
  #visible = new Map<string, Entry>();
  /** Connections whose state was cleared, in the order of arrival. */
  #cleared = new Map<string, Entry>();

  /** Applies changes. Returns whether a visible state has changed. */
  update(items: readonly GroupStateItem[], now: number): boolean {
    return this.#take(items, true, now);
  }

  /** Applies a complete list: states that it lacks are removed, unless a recent update has brought them. */
  snapshot(items: readonly GroupStateItem[], now: number): boolean {
    const listed = new Set(items.filter(isItem).map(({ connectionId }) => connectionId));
    let changed = false;
    for (const [id, entry] of this.#visible) {
      if (listed.has(id) || (entry.fresh && !isExpired(entry, now))) continue;
      changed = this.#visible.delete(id);
    }
    for (const [id, entry] of this.#cleared) if (isExpired(entry, now)) this.#cleared.delete(id);
    return this.#take(items, false, now) || changed;
  }

  /** Removes all states. Returns whether any was visible. */
  clear(): boolean {
    const changed = this.#visible.size > 0;
    this.#visible.clear();
    this.#cleared.clear();
    return changed;
  }

  /** Returns copies, which the caller may change. */
  list(): GroupStateRecord[] {
    return [...this.#visible.values()].map(({ item }) => copy(item) as GroupStateRecord);
  }

  #take(items: readonly GroupStateItem[], fresh: boolean, now: number): boolean {
    let changed = false;
    for (const item of items) if (isItem(item) && this.#put(item, fresh, now)) changed = true;
    if (this.#cleared.size > MAX_CLEARED) {
      for (const [id, entry] of this.#cleared) {
        if (!isExpired(entry, now) && this.#cleared.size <= MAX_CLEARED) break;
        this.#cleared.delete(id);
      }
    }
    return changed;
  }

  #put(item: GroupStateItem, fresh: boolean, now: number): boolean {
    const { connectionId, updatedAt } = item;
    const held = this.#visible.get(connectionId) ?? this.#cleared.get(connectionId);
    if (held !== undefined && updatedAt <= held.item.updatedAt) {
      // The snapshot confirms the update, so later snapshots may remove it.
      if (!fresh && updatedAt === held.item.updatedAt) held.fresh = false;
      return false;
    }
    const entry: Entry = { item: copy(item), fresh, arrived: now };
    this.#cleared.delete(connectionId);
    if (item.state) {
      this.#visible.set(connectionId, entry);
      return true;
    }
    this.#cleared.set(connectionId, entry);
    return this.#visible.delete(connectionId);
  }
}

/** Validates an item; it comes unchecked from the service. */
function isItem(item: GroupStateItem | null): item is GroupStateItem {
  return (
    typeof item?.connectionId === "string" &&
    typeof item.updatedAt === "number" &&
    Object.values(item.state ?? {}).every((value) => typeof value === "string")
  );
}

/** If the clock was set back, that restarts the retention time instead of prolonging it. */
function isExpired(entry: Entry, now: number): boolean {
  entry.arrived = Math.min(entry.arrived, now);
  return now - entry.arrived > RETENTION;
}

function copy({ connectionId, userId, state, updatedAt }: GroupStateItem): GroupStateItem {
  const item: GroupStateItem = { connectionId, updatedAt };
  if (userId !== undefined) item.userId = userId;
  if (state) item.state = { ...state };
  return item;
}
