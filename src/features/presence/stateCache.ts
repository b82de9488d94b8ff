import type { GroupStateRecord } from "./models.js";
import type { GroupStateItem } from "../../core/models/messages.js";

/** How long an update is kept though snapshots lack it, in ms. */
const RETENTION = 300_000;
/** At most this many cleared states are remembered, so that an older message can't bring them back. */
const MAX_CLEARED = 200;

type Entry = {
  /** That of a cleared state is empty. */
  readonly record: GroupStateRecord;
  /** Until then snapshots that lack it don't remove it (by the local clock); -Infinity: one has confirmed it. */
  keptUntil: number;
};

/**
 * The last known states of one group's connections. Of two states the one with the larger `updatedAt`
 * wins. The local clock, which is passed in, only measures how long ago a state arrived.
 */
export class StateCache {
  /** In the order in which the connections first set a state. */
  readonly #visible = new Map<string, Entry>();
  /** Connections whose state was cleared, in the order of arrival. */
  readonly #cleared = new Map<string, Entry>();

  /**
   * Takes in what the service says. Returns whether a visible state has changed.
   * @param isComplete a snapshot: states that it lacks are removed, unless a recent update has brought them
   */
  take(given: readonly GroupStateItem[], isComplete: boolean, now: number): boolean {
    const items = given.filter(isItem);
    let changed = false;
    if (isComplete) {
      const listed = new Set(items.map(({ connectionId }) => connectionId));
      for (const [id, { keptUntil }] of this.#visible)
        if (keptUntil < now && !listed.has(id)) changed = this.#visible.delete(id);
      for (const [id, { keptUntil }] of this.#cleared) if (keptUntil < now) this.#cleared.delete(id);
    }
    for (const item of items) {
      const { connectionId: id, updatedAt, state } = item;
      const keptUntil = isComplete ? -Infinity : now + RETENTION;
      const held = this.#visible.get(id) ?? this.#cleared.get(id);
      if (held !== undefined && updatedAt <= held.record.updatedAt) {
        if (updatedAt === held.record.updatedAt) held.keptUntil = Math.min(held.keptUntil, keptUntil);
        continue;
      }
      this.#cleared.delete(id);
      if (state || this.#visible.delete(id)) changed = true;
      (state ? this.#visible : this.#cleared).set(id, { record: copy(item), keptUntil });
    }
    for (const id of this.#cleared.keys()) {
      if (this.#cleared.size <= MAX_CLEARED) break;
      this.#cleared.delete(id);
    }
    return changed;
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
    return [...this.#visible.values()].map(({ record }) => copy(record));
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

function copy({ connectionId, userId, state, updatedAt }: GroupStateItem): GroupStateRecord {
  const record = { connectionId, updatedAt, state: { ...state } };
  return userId === undefined ? record : { ...record, userId };
}
