import { Envelope } from "./envelope.js";
import { GroupStates } from "./groupStates.js";
import type { DataMessage, GroupData } from "./messages.js";
import type { MessageStore } from "./messageStore.js";
import type { Session } from "./session.js";

/** Who gets a message. */
export interface Delivery {
  /** Connection ids that don't get it. */
  readonly excluded?: readonly string[] | undefined;
  /** Seconds until it is worthless; 0, the default: never. */
  readonly ttlSeconds?: number | undefined;
  /** False: this connection doesn't get it. */
  readonly filter?: ((session: Session) => boolean) | undefined;
}

/** Who is told of changes in groups. */
export interface GroupWatcher {
  joined(session: Session, group: string): void;
  left(session: Session, group: string): void;
}

const nobody: GroupWatcher = { joined() {}, left() {} };

/** The connections of one hub, by id, by user and by group. */
export class Hub {
  readonly name: string;
  readonly states: GroupStates;
  readonly #now: () => number;
  readonly #watcher: GroupWatcher;
  readonly #sessions = new Map<string, Session>();
  readonly #users = new Map<string, Set<Session>>();
  readonly #groups = new Map<string, Set<Session>>();
  /** Of the groups whose messages are kept. */
  readonly #stores = new Map<string, MessageStore>();

  constructor(name: string, now: () => number, watcher = nobody) {
    this.name = name;
    this.#now = now;
    this.#watcher = watcher;
    this.states = new GroupStates(now);
  }

  /** Every session, also those that wait for their recovery. */
  get sessions(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** Names of the groups with at least one member. */
  get groups(): Iterable<string> {
    return this.#groups.keys();
  }

  session(connectionId: string): Session | undefined {
    return this.#sessions.get(connectionId);
  }

  ofUser(userId: string): Iterable<Session> {
    return this.#users.get(userId) ?? [];
  }

  members(group: string): Iterable<Session> {
    return this.#groups.get(group) ?? [];
  }

  /** @param groups joined from the beginning; the watcher isn't told of these. */
  add(session: Session, groups: readonly string[] = []): void {
    this.#sessions.set(session.connectionId, session);
    if (session.userId !== undefined) addTo(this.#users, session.userId, session);
    for (const group of groups) this.#enter(session, group);
  }

  remove(session: Session): void {
    this.#sessions.delete(session.connectionId);
    if (session.userId !== undefined) removeFrom(this.#users, session.userId, session);
    for (const group of session.groups) removeFrom(this.#groups, group, session);
    this.states.remove(session, session.groups);
    const left = [...session.groups];
    session.groups.clear();
    for (const group of left) this.#watcher.left(session, group);
  }

  /** Joining twice is joining once. */
  join(session: Session, group: string): void {
    if (session.groups.has(group)) return;
    this.#enter(session, group);
    this.#watcher.joined(session, group);
  }

  /** Leaving a group that was never joined changes nothing. */
  leave(session: Session, group: string): void {
    const wasMember = session.groups.delete(group);
    removeFrom(this.#groups, group, session);
    this.states.clear(session, group);
    if (wasMember) this.#watcher.left(session, group);
  }

  /** What keeps the messages of a group, if anything does. */
  store(group: string): MessageStore | undefined {
    return this.#stores.get(group);
  }

  /** Keeps the messages that are sent to a group from now on. */
  keep(group: string, store: MessageStore): void {
    this.#stores.set(group, store);
  }

  /** Sends to the members of the message's group. */
  publish(message: GroupData, delivery: Delivery = {}): void {
    // First, as an application has a message in its store before it is live. Fragments of streams are no messages.
    if (message.stream === undefined) this.#stores.get(message.group)?.add(message);
    this.send(this.members(message.group), message, delivery);
  }

  send(receivers: Iterable<Session>, message: DataMessage, delivery: Delivery = {}): void {
    const { excluded, filter, ttlSeconds = 0 } = delivery;
    const left = excluded === undefined || excluded.length === 0 ? undefined : new Set(excluded);
    const envelope = new Envelope(message, ttlSeconds === 0 ? Infinity : this.#now() + ttlSeconds * 1_000);
    for (const session of receivers) {
      if (left?.has(session.connectionId) || filter?.(session) === false) continue;
      session.deliver(envelope);
    }
  }

  #enter(session: Session, group: string): void {
    session.groups.add(group);
    addTo(this.#groups, group, session);
  }
}

function addTo(index: Map<string, Set<Session>>, key: string, session: Session): void {
  const sessions = index.get(key);
  if (sessions === undefined) index.set(key, new Set([session]));
  else sessions.add(session);
}

function removeFrom(index: Map<string, Set<Session>>, key: string, session: Session): void {
  const sessions = index.get(key);
  if (sessions?.delete(session) && sessions.size === 0) index.delete(key);
}
