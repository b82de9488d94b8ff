import type { FeaturePort } from "../../core/feature.js";
import type { GroupState } from "./models.js";
import type { OperationOptions, WebPubSubResult } from "../../core/models/options.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import type { Restore } from "./restore.js";
import type { MembershipWatcher } from "../../core/session/memberships.js";
import { setGroupStateMessage } from "./presenceMessages.js";

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
  /** The connection on which its group was left; undefined: it wasn't. */
  leftOn: number | undefined;
};

/** What this connection says about itself in groups; said again where the service has forgotten it. */
export class OwnStates implements MembershipWatcher {
  readonly #port: FeaturePort;
  readonly #restore: Restore;
  readonly #own = new Map<string, Own>();
  /** Counts connection ids. */
  #connection = 1;

  constructor(port: FeaturePort, restore: Restore) {
    this.#port = port;
    this.#restore = restore;
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
    const settled = this.#port.submit(
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
          target.joined = this.#port.memberships.registry.status(group) === "joined";
        }
        // What was called since, the group's end included, may have been executed before this.
        const current = late === true ? this.#ownIn(group) : target;
        current.doubtful ||= late === true && (target.several || current !== target);
        this.#settle(group, current);
      },
    );
    return settled.then((result) => {
      // Executed on a new connection, which knows nothing of the end of the membership it belonged to.
      const { leftOn = this.#connection } = target;
      const isLate = result.resentOnNewConnection === true || leftOn !== this.#connection;
      if (isLate && this.#own.get(group) !== target) this.#doubt(group);
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
    const status = this.#port.memberships.registry.status(group);
    // A new connection that rejoins nothing is in no group until the application joins again.
    const isLeft =
      own?.live === false &&
      own.joined &&
      !this.#port.settings.autoRejoinGroups &&
      this.#port.memberships.registry.live;
    const state = isLeft && status === "idle" ? undefined : own?.state;
    if (state === undefined && status !== "joined") {
      throw new Error(`Group '${group}' is not joined.`);
    }
    return state && { ...state };
  }

  onOpened(): void {
    for (const [group, own] of this.#own) if (!own.joined) this.#settle(group, own);
  }

  onLost(): void {
    this.#connection++;
    for (const [group, own] of this.#own) {
      own.live = own.doubtful = false;
      if (!this.#port.settings.restoreGroupStates) own.state = undefined;
      if (own.state === undefined && own.pending === 0) this.#own.delete(group);
    }
  }

  /** Whoever stops has left. */
  onStopped(): void {
    this.#own.clear();
  }

  joined(group: string): void {
    const own = this.#own.get(group);
    if (own === undefined) return;
    own.joined = true;
    this.#settle(group, own);
  }

  left(group: string): void {
    const own = this.#own.get(group);
    if (own !== undefined) own.leftOn = this.#connection;
    this.#own.delete(group);
  }

  leftLate(group: string, forGood: boolean): void {
    const own = this.#own.get(group);
    if (own === undefined) return;
    if (forGood) this.left(group);
    else own.live = false;
  }

  #ownIn(group: string): Own {
    return getOrAdd(this.#own, group, () => ({
      state: undefined,
      live: false,
      joined: false,
      calls: 0,
      answered: 0,
      pending: 0,
      several: false,
      doubtful: false,
      leftOn: undefined,
    }));
  }

  /** Nothing is on its way for a group: the state is set again where the connection doesn't know it. */
  #settle(group: string, own: Own): void {
    if (own.pending > 0 || this.#own.get(group) !== own) return;
    const { state } = own;
    const { live } = this.#port.memberships.registry;
    if (state === undefined && !(live && own.doubtful)) {
      this.#own.delete(group);
    } else if (live && (!own.live || own.doubtful)) {
      own.doubtful = false;
      own.pending++;
      this.#restore(
        group,
        () => setGroupStateMessage(group, state),
        (refusal, lost) => {
          own.pending--;
          // The connection that took it along is followed by another, which settles it.
          if (lost) return;
          // Tried again late, it may have overtaken what was set since.
          const isCurrent = own.state === state;
          if (refusal === undefined) {
            own.live = isCurrent;
            // Also where nothing is to be said any more.
            own.doubtful ||= !isCurrent;
          } else if (isCurrent) own.state = undefined;
          this.#settle(group, own);
        },
      );
    }
  }
}
