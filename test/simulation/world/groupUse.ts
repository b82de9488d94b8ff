import { SendMessageError } from "../../../src/core/errors.js";
import type { Group } from "../../../src/completeGroup.js";
import type { GroupMessage } from "../../../src/features/groups/groupOptions.js";
import type { GroupStatus } from "../../../src/core/session/groupTable.js";
import type { Actor } from "./actor.js";
import type { Json } from "../oracles/model.js";
import type { World } from "./world.js";

/** How long a group stays joined after the last subscriber has gone, in ms. */
const RELEASE_DELAY = 1_000;
/** How long a group stays joined for the subscribers of a page that goes on with the session, in ms. */
const HELD_AGAIN = 5_000;
/** So many messages may wait for a loop. */
const MOST_BUFFERED = 1_000;

/** One subscriber of a handle: a listener or a loop. */
interface Subscription {
  readonly group: string;
  readonly at: number;
  /** A loop takes so long over each message, in ms; undefined: a listener. */
  readonly pace: number | undefined;
  /** More waits for a loop than may. */
  isOverrun: boolean;
  endedAt: number | undefined;
  /** Messages that the client has delivered and this one is yet to get. */
  readonly expected: unknown[];
  /** A loop whose group was refused: it ends with what waits, and that error. */
  isRefused: boolean;
  /** A loop has come to its end. */
  isOver: boolean;
  /** When its page or process has gone. */
  leftAt: number;
  end: () => void;
}

/** A handle that the program has used, and the status it last told. */
interface Handle {
  readonly group: Group<Json>;
  told: GroupStatus;
}

/** The program's group handles: who is subscribed gets every message of the group once, in order. */
export class GroupUse {
  #subscriptions: Subscription[] = [];
  /** Those who were subscribed on the page before, which has gone. */
  #left: readonly Subscription[] = [];
  readonly #handles = new Map<string, Handle>();
  /** Until when groups of the page before stay joined, and what has come for them that nobody has got yet. */
  readonly #kept = new Map<
    string,
    { until: number; readonly isSure: boolean; readonly waiting: unknown[] }
  >();
  /** The groups that any page has had a handle of. */
  readonly #known = new Set<string>();
  readonly #actor: Actor;
  readonly #world: World;
  /** The newest message, and when it came. */
  #newest: unknown;
  #deliveredAt = -1;

  constructor(actor: Actor, world: World) {
    this.#actor = actor;
    this.#world = world;
  }

  /** @param pace a loop takes so long over each message, in ms; undefined: a listener */
  subscribe(group: string, pace: number | undefined): void {
    const handle = this.#handle(group).group;
    const kept = this.#keeps(group) ? this.#kept.get(group)?.waiting.splice(0) : undefined;
    const subscription: Subscription = {
      group,
      at: this.#world.clock.now,
      pace,
      isOverrun: false,
      endedAt: undefined,
      expected: kept ?? [],
      isRefused: false,
      isOver: pace === undefined,
      leftAt: Infinity,
      end: () => undefined,
    };
    this.#subscriptions.push(subscription);
    this.#trace(() => `${pace === undefined ? "subscribes to" : "loops over"} ${group}`);
    if (pace === undefined) {
      subscription.end = handle.subscribe((message) => this.#got(subscription, message));
      return;
    }
    const messages = handle.messages();
    subscription.end = () => void messages.return?.();
    void this.#loop(subscription, messages);
  }

  /** The one that came first goes first. */
  unsubscribe(group: string): void {
    const found = this.#subscriptions.find((each) => each.group === group && each.endedAt === undefined);
    if (found === undefined) return;
    this.#trace(() => `ends a subscription to ${group}`);
    this.#end(found);
  }

  /** The session is suspended: it goes on with what its subscribers hold. */
  pauses(): void {
    for (const [group, kept] of this.#kept)
      if (this.#keeps(group)) kept.until = Infinity;
      else this.#kept.delete(group);
    for (const { group } of this.#subscriptions)
      if (!this.#kept.has(group) && this.holds(group) !== false)
        this.#kept.set(group, { until: Infinity, isSure: this.holds(group) === true, waiting: [] });
  }

  /** The groups that somebody is subscribed to, or was a moment ago. */
  get held(): string[] {
    return [...this.#known].filter((group) => this.holds(group) !== false);
  }

  /** Another client had subscribers to these, and its session goes on here. */
  inherits(groups: readonly string[]): void {
    const until = this.#world.clock.now + HELD_AGAIN;
    for (const group of groups) this.#kept.set(group, { until, isSure: false, waiting: [] });
  }

  /** A new page or process begins: handles and subscribers of the one before are gone. */
  begins(): void {
    for (const each of this.#subscriptions) each.leftAt = this.#world.clock.now;
    this.#left = this.#subscriptions.filter(({ endedAt }) => endedAt === undefined);
    for (const each of this.#left) this.#checkArrived(each);
    this.#subscriptions = [];
    this.#handles.clear();
  }

  /** The session goes on soon. @param subscribes who was subscribed before is so again */
  moves(subscribes: boolean): void {
    for (const kept of this.#kept.values())
      if (kept.until === Infinity) kept.until = this.#world.clock.now + HELD_AGAIN;
    if (subscribes) for (const { group, pace } of this.#left) this.subscribe(group, pace);
    this.#left = [];
  }

  endAll(): void {
    for (const each of this.#subscriptions) if (each.endedAt === undefined) this.#end(each);
  }

  /** Somebody is subscribed; undefined: nobody is any more, and the group may be left in a moment. */
  holds(group: string): boolean | undefined {
    let holds: boolean | undefined = this.#keeps(group, RELEASE_DELAY) ? undefined : false;
    for (const each of this.#subscriptions) {
      if (each.group !== group) continue;
      if (each.endedAt === undefined) return true;
      if (this.#world.clock.now - each.endedAt <= RELEASE_DELAY) holds = undefined;
    }
    return holds;
  }

  /** The groups that had a subscriber before, and have had one since. */
  heldSince(time: number): string[] {
    const held = this.#subscriptions.filter(({ at, endedAt }) => at < time && endedAt === undefined);
    return held.map(({ group }) => group);
  }

  /** The groups whose subscribers have come or gone since then. */
  changedSince(time: number): string[] {
    const changed = [...this.#left, ...this.#subscriptions].filter(
      ({ at, endedAt = 0 }) => at >= time || endedAt >= time,
    );
    return changed.map(({ group }) => group);
  }

  /** A subscriber has come since then. */
  hasComeSince(group: string, time: number): boolean {
    return this.#subscriptions.some((each) => each.group === group && each.at >= time);
  }

  get isUsed(): boolean {
    return this.#known.size > 0;
  }

  /** Whether anybody has ever been subscribed. */
  knows(group: string): boolean {
    return this.#known.has(group);
  }

  /** A connection has ended, and every status that it has changed was told. */
  lost(): void {
    for (const [name, { group, told }] of this.#handles)
      if (group.status !== told) this.#failed(`${name} is ${group.status}, and ${told} was told`);
  }

  status(group: string): GroupStatus | undefined {
    return this.#handles.get(group)?.group.status;
  }

  /** The client is about to give a message to the listeners of its events, and then to its handles. */
  delivers(group: string, op: unknown): void {
    for (const each of this.#subscriptions) {
      if (each.group !== group || each.endedAt !== undefined || each.isRefused) continue;
      this.#checkArrived(each);
      if (each.expected.length < MOST_BUFFERED) each.expected.push(op);
      else {
        each.isOverrun = true;
        each.endedAt = this.#world.clock.now;
      }
    }
    const isHeard = this.#subscriptions.some((each) => each.group === group && each.endedAt === undefined);
    if (!isHeard && this.#keeps(group)) this.#kept.get(group)?.waiting.push(op);
    this.#newest = op;
    this.#deliveredAt = this.#world.clock.now;
  }

  /**
   * What handles show of a connection that stands.
   * @param isRefused a join was, and none has succeeded since
   */
  checkStatus(group: string, isMember: boolean, isRefused: boolean): void {
    const handle = this.#handles.get(group);
    if (handle === undefined) return;
    const { status, error } = handle.group;
    if (handle.told !== status) this.#failed(`${group} is ${status}, and ${handle.told} was told`);
    // Its answer may be lost, whatever was done.
    const isForbidden = error instanceof SendMessageError && error.errorDetail?.name === "Forbidden";
    const isUnsure = isMember && !isForbidden;
    // Who isn't subscribed any more isn't told of a refusal.
    const isOut = status === "refused" || (status === "idle" && isRefused);
    const isRight = isOut ? !isMember || isUnsure : (status === "joined") === isMember;
    const loops = this.#subscriptions.some(
      (each) => each.group === group && each.pace !== undefined && each.endedAt === undefined,
    );
    if (status === "refused" && loops) this.#failed(`a loop over ${group} goes on, which is refused`);
    if (status === "joining" && this.#waits(group)) return;
    if (!isRight) this.#failed(`${group} is called ${status}, which it isn't`);
    if ((status === "refused") !== (error !== undefined))
      this.#failed(`${group} is ${status}, with the error ${String(error)}`);
  }

  /** When all is over and nobody subscribes any more. */
  check(): void {
    for (const each of this.#subscriptions)
      if (!each.isOver) this.#failed(`a loop over ${each.group} didn't end`);
  }

  /** The client has stopped for good. */
  stopped(): void {
    if (!this.#actor.handOver.isUnderWay) this.#kept.clear();
  }

  /** It stays joined for whoever comes on the next page. @param surely it had a subscriber to the end */
  isKept(group: string, surely = false): boolean {
    const { until = 0, isSure = false } = this.#kept.get(group) ?? {};
    return until > this.#world.clock.now && (isSure || !surely);
  }

  /** The same, or the timer that ends it may be late. */
  mayBeKept(group: string): boolean {
    return this.isKept(group) || (this.#actor.timeIsWrong && this.#kept.has(group));
  }

  #keeps(group: string, grace = 0): boolean {
    return (this.#kept.get(group)?.until ?? -Infinity) + grace >= this.#world.clock.now;
  }

  #handle(name: string): Handle {
    let handle = this.#handles.get(name);
    if (handle !== undefined) return handle;
    const group = this.#actor.client.group<Json>(name);
    const made = { group, told: group.status };
    handle = made;
    this.#handles.set(name, made);
    this.#known.add(name);
    const { told } = handle;
    if (told !== "idle" && told !== "joined" && !this.isKept(name))
      this.#failed(`${name} is ${told} without a subscriber`);
    group.onStatusChange((status) => {
      // Nobody listens on a page that is gone.
      if (this.#handles.get(name) === made) this.#changed(name, status);
    });
    return handle;
  }

  #changed(name: string, status: GroupStatus): void {
    const handle = this.#handle(name);
    this.#trace(() => `${name} is ${status}`);
    if (status === handle.told) this.#failed(`${name} is told to be ${status} twice`);
    handle.told = status;
    if (status === "refused")
      for (const each of this.#subscriptions)
        each.isRefused ||= each.group === name && each.pace !== undefined;
    const asked = this.#actor.written.some(
      ({ wire, message }) =>
        message["type"] === "joinGroup" &&
        message["group"] === name &&
        wire.connectionId === this.#actor.client.connectionId,
    );
    if (status === "refused" && !asked && !this.#actor.sendIsBroken)
      this.#failed(`${name} is refused, and nobody was asked`);
  }

  /** A join of the connection that stands has no answer yet. */
  #waits(name: string): boolean {
    const { written, answered, client } = this.#actor;
    return written.some(
      ({ wire, message }) =>
        message["type"] === "joinGroup" &&
        message["group"] === name &&
        wire.connectionId === client.connectionId &&
        !answered.has(message["ackId"] as number),
    );
  }

  #end(subscription: Subscription): void {
    this.#checkArrived(subscription);
    subscription.endedAt = this.#world.clock.now;
    subscription.end();
  }

  /** Listeners are called in that moment, and loops go on in it. */
  #checkArrived({ group, expected, at, pace = 0 }: Subscription): void {
    const { now } = this.#world.clock;
    const due = this.#deliveredAt + pace * MOST_BUFFERED;
    if (expected.length === 0 || at === now || now <= due || this.#actor.timeIsWrong) return;
    this.#failed(`message ${String(expected[0])} didn't reach a subscriber of ${group}`);
  }

  #got(subscription: Subscription, { data, group: name }: GroupMessage<Json>): void {
    const { group, at, endedAt, expected, isOverrun, leftAt } = subscription;
    const op = data["op"];
    if (this.#world.clock.now > leftAt)
      this.#failed(`message ${String(op)} came to a subscriber of ${group} whose page is gone`);
    if (endedAt !== undefined && !isOverrun)
      this.#failed(`message ${String(op)} came behind a subscription to ${group}`);
    if (name !== group) this.#failed(`message ${String(op)} of ${name} came to a subscriber of ${group}`);
    const due = expected.shift();
    // One who comes while a message is given around may get it too.
    const isFirst = due === undefined && at === this.#world.clock.now && op === this.#newest;
    if (due !== op && !isFirst && !this.#actor.isStale)
      this.#failed(`message ${String(op)} came to a subscriber of ${group}, not ${String(due)}`);
  }

  async #loop(
    subscription: Subscription,
    messages: AsyncIterableIterator<GroupMessage<Json>>,
  ): Promise<void> {
    try {
      for await (const message of messages) {
        // Left while this one was handed over.
        if (subscription.endedAt !== undefined && !subscription.isOverrun) break;
        // What waits for a page that is gone, nobody reads.
        if (this.#world.clock.now > subscription.leftAt) break;
        this.#got(subscription, message);
        if (subscription.pace !== 0) await this.#pause(subscription.pace);
      }
      const isGone = this.#world.clock.now > subscription.leftAt;
      if (subscription.endedAt === undefined && !isGone)
        this.#failed(`a loop over ${subscription.group} ended`);
    } catch (error) {
      const { group } = subscription;
      this.#trace(() => `a loop over ${group} ends: ${String(error)}`);
      if (!(error instanceof Error)) this.#failed(`a loop over ${group} got no Error`);
      if (subscription.expected.length > 0) this.#failed(`a loop over ${group} ends before it has got all`);
    }
    subscription.endedAt ??= this.#world.clock.now;
    subscription.isOver = true;
  }

  #pause(time = 0): Promise<void> {
    const { clock } = this.#world;
    return new Promise((resolve) => clock.after(time, () => this.#actor.soon(resolve)));
  }

  #trace(line: () => string): void {
    this.#world.trace(this.#actor.name, line);
  }

  #failed(reason: string): void {
    this.#world.failed(`${this.#actor.name}: ${reason}`);
  }
}
