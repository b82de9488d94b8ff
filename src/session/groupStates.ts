import type { SendMessageError } from "../errors.js";
import { logger } from "../logger.js";
import type { WebPubSubClientEvents } from "../models/events.js";
import type { GroupState, GroupStateRecord } from "../models/groupStates.js";
import type { WebPubSubMessage } from "../models/messages.js";
import type { OperationOptions, WebPubSubResult } from "../models/options.js";
import type { Settings } from "../options.js";
import type { Emitter } from "../util/emitter.js";
import { GroupStateCache } from "./groupStateCache.js";
import type { Memberships, MembershipWatcher } from "./memberships.js";
import { setGroupStateMessage, groupMessage, type OperationMessage } from "./operationMessage.js";
import type { SessionHost, SessionPart } from "./sessionPart.js";

/** This connection's own state in a group. */
type Own = {
  /** As the service last acknowledged it; undefined once cleared. */
  state: GroupState | undefined;
  /** The connection id that stands knows of it. */
  live: boolean;
  /** The client has joined the group itself, so it will join again before the state is set again. */
  joined: boolean;
  /** Calls of `set` so far, and the latest of them that succeeded. */
  calls: number;
  answered: number;
  /** Calls that aren't settled: they decide. */
  pending: number;
  /** There were several of them at once. */
  several: boolean;
  /** They were perhaps executed in another order than called: the service is told once more. */
  doubtful: boolean;
};

/** A subscription to the states of a group. */
type Watch = {
  readonly cache: GroupStateCache;
  /** Acknowledged once: subscribed again on every new connection. */
  active: boolean;
  /** Wanted by a handle: subscribed on every connection. */
  held: boolean;
  pending: number;
  /** The service has perhaps ended it: it is asked once more. */
  doubtful: boolean;
  /** Why the service doesn't tell. */
  error: SendMessageError | undefined;
};

/** Presence: this connection's state in its groups, and what is known of others' states. */
export class GroupStates implements SessionPart, MembershipWatcher {
  /** Called when what is known of a group's states may have changed. */
  onChanged: ((group: string) => void) | undefined;
  readonly #settings: Settings;
  readonly #emitter: Emitter<WebPubSubClientEvents>;
  readonly #host: SessionHost;
  readonly #memberships: Memberships;
  readonly #own = new Map<string, Own>();
  readonly #watched = new Map<string, Watch>();

  constructor(
    settings: Settings,
    emitter: Emitter<WebPubSubClientEvents>,
    host: SessionHost,
    memberships: Memberships,
  ) {
    this.#settings = settings;
    this.#emitter = emitter;
    this.#host = host;
    this.#memberships = memberships;
    memberships.watcher = this;
  }

  /** @param state undefined clears it */
  set(
    group: string,
    state: GroupState | undefined,
    options: OperationOptions = {},
  ): Promise<WebPubSubResult> {
    const target = this.#ownIn(group);
    let sent: GroupState | undefined;
    const call = ++target.calls;
    target.several = target.pending++ > 0;
    const settled = this.#host.submit(
      () => {
        const message = setGroupStateMessage(group, state);
        sent = message.state;
        return message;
      },
      options,
      (succeeded, _, late) => {
        target.pending--;
        // Acks may come in another order than operations are executed in.
        if (succeeded && call > target.answered) {
          target.answered = call;
          target.state = sent;
          target.live = true;
          target.joined = this.#memberships.registry.status(group) === "joined";
        }
        // What was called since, the group's end included, may have been executed before this.
        const current = late === true ? this.#ownIn(group) : target;
        current.doubtful ||= late === true && (target.several || current !== target);
        this.#settle(group, current);
      },
    );
    return settled.then((result) => {
      // Executed on a new connection, behind the end of the membership it belonged to.
      if (result.resentOnNewConnection === true && this.#own.get(group) !== target) this.#doubt(group);
      return result;
    });
  }

  #doubt(group: string): void {
    const own = this.#ownIn(group);
    own.doubtful = true;
    this.#settle(group, own);
  }

  get(group: string): GroupState | undefined {
    const own = this.#own.get(group);
    const status = this.#memberships.registry.status(group);
    // A new connection that rejoins nothing is in no group until the application joins again.
    const isLeft =
      own?.live === false &&
      own.joined &&
      !this.#settings.autoRejoinGroups &&
      this.#memberships.registry.live;
    const state = isLeft && status === "idle" ? undefined : own?.state;
    if (state === undefined && status !== "joined") {
      throw new Error(`Group '${group}' is not joined.`);
    }
    return state && { ...state };
  }

  subscribe(group: string, options: OperationOptions = {}): Promise<WebPubSubResult> {
    const target = this.#watch(group);
    target.pending++;
    return this.#host.submit(
      () => groupMessage("subscribeGroupState", group),
      options,
      (succeeded, _, late) => {
        target.pending--;
        target.active ||= succeeded;
        const current = this.#watched.get(group);
        // Executed perhaps after the call that ended it.
        if (current === undefined && late === true) this.#unsubscribeOwn(group);
        if (current !== target || target.pending > 0) return;
        if (target.doubtful || (target.held && !target.active)) this.#attend(group, target);
        else if (!target.active) this.#watched.delete(group);
      },
    );
  }

  unsubscribe(group: string, options: OperationOptions = {}): Promise<WebPubSubResult> {
    const watch = this.#watched.get(group);
    if (watch?.held === true) {
      // A handle wants the states still.
      watch.active = false;
      if (this.#host.refusal === undefined) return Promise.resolve({ isDuplicated: false });
    } else {
      this.#watched.delete(group);
    }
    return this.#host.submit(
      () => groupMessage("unsubscribeGroupState", group),
      options,
      (_succeeded, _error, late) => this.#unsubscribed(group, late),
    );
  }

  list(group: string): GroupStateRecord[] {
    const watch = this.#watched.get(group);
    if (watch === undefined || !(watch.active || watch.held))
      throw new Error(`Group state is not subscribed for group '${group}'.`);
    return watch.cache.list();
  }

  /** A handle wants the states, in any state of the client. */
  hold(group: string): void {
    const watch = this.#watch(group);
    if (watch.held && watch.error === undefined) return;
    watch.held = true;
    if (!watch.active) this.#attend(group, watch);
  }

  /** No handle wants them any more. */
  release(group: string): void {
    const watch = this.#watched.get(group);
    if (watch?.held !== true) return;
    watch.held = false;
    if (watch.active || watch.pending > 0) return;
    this.#watched.delete(group);
    this.#unsubscribeOwn(group);
  }

  /** Why the service doesn't tell the states that a handle wants. */
  refusal(group: string): SendMessageError | undefined {
    return this.#watched.get(group)?.error;
  }

  begins(): void {
    for (const [group, watch] of this.#watched) if (watch.active || watch.held) this.#attend(group, watch);
    for (const [group, own] of this.#own) if (!own.joined) this.#settle(group, own);
    this.#host.flush();
  }

  ends(): void {
    for (const [group, own] of this.#own) {
      own.live = own.doubtful = false;
      if (!this.#settings.restoreGroupStates) own.state = undefined;
      if (own.state === undefined && own.pending === 0) this.#own.delete(group);
    }
    for (const [group, watch] of this.#watched) {
      watch.error = undefined;
      if (watch.cache.clear()) this.#changed(group);
      else this.onChanged?.(group);
    }
  }

  /** Whoever stops has left: only the subscriptions come back with the next start. */
  refuse(): void {
    this.#own.clear();
    this.ends();
  }

  receive(message: WebPubSubMessage): void {
    if (message.kind !== "groupStateSnapshot" && message.kind !== "groupStateUpdate") return;
    const { group, items } = message;
    const cache = this.#watched.get(group)?.cache;
    const now = this.#settings.environment.now();
    const changed =
      message.kind === "groupStateSnapshot" ? cache?.snapshot(items, now) : cache?.update(items, now);
    if (changed === true) this.#changed(group);
  }

  joined(group: string): void {
    const own = this.#own.get(group);
    if (own === undefined) return;
    own.joined = true;
    this.#settle(group, own);
  }

  left(group: string): void {
    this.#own.delete(group);
  }

  leftLate(group: string, forGood: boolean): void {
    const own = this.#own.get(group);
    if (own === undefined) return;
    if (forGood) this.#own.delete(group);
    else own.live = false;
  }

  #ownIn(group: string): Own {
    let own = this.#own.get(group);
    if (own === undefined) {
      own = {
        state: undefined,
        live: false,
        joined: false,
        calls: 0,
        answered: 0,
        pending: 0,
        several: false,
        doubtful: false,
      };
      this.#own.set(group, own);
    }
    return own;
  }

  /** Nothing is on its way for a group: the state is set again where the connection doesn't know it. */
  #settle(group: string, own: Own): void {
    if (own.pending > 0 || this.#own.get(group) !== own) return;
    const { state } = own;
    const { live } = this.#memberships.registry;
    if (state === undefined && !(live && own.doubtful)) {
      this.#own.delete(group);
    } else if (live && (!own.live || own.doubtful)) {
      own.doubtful = false;
      own.pending++;
      this.#restore(
        group,
        () => setGroupStateMessage(group, state),
        (error) => {
          own.pending--;
          // Tried again late, it may have overtaken what was set since.
          const isCurrent = own.state === state;
          if (error === undefined) own.live = isCurrent;
          else if (isCurrent && isFinal(error)) own.state = undefined;
          // A connection that took it along is followed by another, which settles it.
          if (error === undefined || isFinal(error)) this.#settle(group, own);
        },
      );
      this.#host.flush();
    }
  }

  #watch(group: string): Watch {
    let watch = this.#watched.get(group);
    if (watch === undefined) {
      const cache = new GroupStateCache();
      watch = { cache, active: false, held: false, pending: 0, doubtful: false, error: undefined };
      this.#watched.set(group, watch);
    }
    return watch;
  }

  #unsubscribeOwn(group: string): void {
    if (!this.#memberships.registry.live) return;
    this.#host.submitOwn(
      () => groupMessage("unsubscribeGroupState", group),
      (error, late) => {
        if (error !== undefined) logger.info(`Could not unsubscribe from group states: ${error.message}`);
        this.#unsubscribed(group, late);
      },
    );
    this.#host.flush();
  }

  /** One that comes late has perhaps ended a subscription that was asked for after it. */
  #unsubscribed(group: string, late: boolean | undefined): void {
    const watch = this.#watched.get(group);
    if (watch === undefined || late !== true) return;
    watch.doubtful = true;
    if (watch.active || watch.held) this.#attend(group, watch);
  }

  /** Subscribes on the connection that stands. A call that isn't settled does so by itself. */
  #attend(group: string, watch: Watch): void {
    if (watch.pending > 0 || !this.#memberships.registry.live) return;
    watch.doubtful = false;
    this.#restore(
      group,
      () => groupMessage("subscribeGroupState", group),
      (error) => {
        watch.error = error !== undefined && isFinal(error) ? error : undefined;
        this.onChanged?.(group);
      },
    );
    this.#host.flush();
  }

  #restore(
    group: string,
    build: () => OperationMessage,
    onSettled?: (error?: SendMessageError) => void,
  ): void {
    this.#host.submitOwn(build, (error) => {
      onSettled?.(error);
      if (error === undefined || !isFinal(error)) return;
      logger.warning(`Could not restore the states of a group: ${error.message}`);
      this.#emitter.emit("restore-group-states-failed", { group, error });
    });
  }

  #changed(group: string): void {
    this.onChanged?.(group);
    this.#emitter.emit("group-states-changed", { group });
  }
}

/** Not merely taken along by its connection. */
function isFinal({ code }: SendMessageError): boolean {
  return code !== "ConnectionLost" && code !== "NotStarted";
}
