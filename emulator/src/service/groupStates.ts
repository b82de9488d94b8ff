import { Envelope } from "./envelope.js";
import { maxStateMessageBytes, maxStateSubscriptions } from "./limits.js";
import type { GroupState, GroupStateItem } from "./messages.js";
import { groupStateBytes } from "./names.js";
import type { Session } from "./session.js";

/** Who told what about itself in the groups of one hub, and who wants to know. */
export class GroupStates {
  readonly #now: () => number;
  /** By group; only states that are set. */
  readonly #states = new Map<string, Map<Session, GroupStateItem>>();
  readonly #subscribers = new Map<string, Set<Session>>();
  readonly #subscriptions = new Map<Session, Set<string>>();
  #lastUpdate = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  list(group: string): readonly GroupStateItem[] {
    return [...(this.#states.get(group)?.values() ?? [])];
  }

  /** Tells the subscribers too, also when the state is the same as before. */
  set(session: Session, group: string, state: GroupState): void {
    let states = this.#states.get(group);
    if (states === undefined) this.#states.set(group, (states = new Map<Session, GroupStateItem>()));
    const item = this.#item(session, state);
    states.set(session, item);
    this.#publish(group, item);
  }

  /** Without a state nothing happens. */
  clear(session: Session, group: string): void {
    const states = this.#states.get(group);
    if (states?.delete(session) !== true) return;
    if (states.size === 0) this.#states.delete(group);
    this.#publish(group, this.#item(session, undefined));
  }

  /** @returns false: the session has too many subscriptions. */
  subscribe(session: Session, group: string): boolean {
    const groups = this.#subscriptions.get(session) ?? new Set<string>();
    if (!groups.has(group) && groups.size >= maxStateSubscriptions) return false;
    this.#subscriptions.set(session, groups.add(group));
    const subscribers = this.#subscribers.get(group) ?? new Set<Session>();
    this.#subscribers.set(group, subscribers.add(session));
    return true;
  }

  unsubscribe(session: Session, group: string): void {
    const groups = this.#subscriptions.get(session);
    if (groups?.delete(group) !== true) return;
    if (groups.size === 0) this.#subscriptions.delete(session);
    this.#removeSubscriber(session, group);
  }

  /** Sends the group's states to one subscriber. What doesn't fit the snapshot follows in updates. */
  sendSnapshot(session: Session, group: string): void {
    const [first = [], ...more] = chunks(this.list(group));
    session.deliver(new Envelope({ kind: "groupStateSnapshot", group, items: first }));
    for (const items of more) session.deliver(new Envelope({ kind: "groupStateUpdate", group, items }));
  }

  /** The session has ended: it hears nothing any more, and its states in `groups` end with it. */
  remove(session: Session, groups: Iterable<string>): void {
    for (const group of this.#subscriptions.get(session) ?? []) this.#removeSubscriber(session, group);
    this.#subscriptions.delete(session);
    for (const group of groups) this.clear(session, group);
  }

  #removeSubscriber(session: Session, group: string): void {
    const subscribers = this.#subscribers.get(group);
    if (subscribers?.delete(session) === true && subscribers.size === 0) this.#subscribers.delete(group);
  }

  #item({ connectionId, userId }: Session, state: GroupState | undefined): GroupStateItem {
    this.#lastUpdate = Math.max(this.#now(), this.#lastUpdate + 1);
    return { connectionId, userId, state, updatedAt: this.#lastUpdate };
  }

  #publish(group: string, item: GroupStateItem): void {
    const envelope = new Envelope({ kind: "groupStateUpdate", group, items: [item] });
    for (const session of this.#subscribers.get(group) ?? []) session.deliver(envelope);
  }
}

/** Cuts a list so that no part is much larger than one message should be. */
function chunks(items: readonly GroupStateItem[]): GroupStateItem[][] {
  const parts: GroupStateItem[][] = [];
  let room = 0;
  for (const item of items) {
    // Connection id, user id and punctuation count for a little.
    const bytes = 256 + (item.state === undefined ? 0 : groupStateBytes(item.state));
    if (bytes > room) {
      parts.push([]);
      room = maxStateMessageBytes;
    }
    room -= bytes;
    parts.at(-1)?.push(item);
  }
  return parts;
}
