import type { FeaturePort } from "../../core/feature.js";
import type { OperationMessage } from "../../core/models/messages.js";
import type { OperationOptions, WebPubSubResult } from "../../core/models/options.js";
import type { FeatureHooks } from "../../core/session/featureHooks.js";
import { isAboutGroup } from "../../core/session/groupTable.js";
import { MEMBERSHIP_LANE } from "../../core/session/memberships.js";
import type { InternalCourse, SubmitOptions } from "../../core/session/operations.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import type { GroupState } from "./models.js";
import { setGroupStateMessage } from "./presenceMessages.js";
import { restoreFailed } from "./restoreFailed.js";

/** This connection's own state in a group. */
type Own = {
  /** The state as last acknowledged; undefined for none. */
  state: GroupState | undefined;
  /** The service has just this on the current connection; false also if the last operation ended unanswered. */
  isKnown: boolean;
  /** The client has joined the group itself, so it rejoins before it sets the state again. */
  joined: boolean;
  /** Operations that aren't settled; until they are, the client doesn't set the state by itself. */
  pending: number;
};

/** An own state as it is saved. */
type SavedState = readonly [group: string, own: Omit<Own, "pending">];

/** This connection's own states in groups; they are set again when the service has lost them. */
export class LocalPresence implements FeatureHooks {
  readonly name = "ownStates";
  readonly #port: FeaturePort;
  readonly #own = new Map<string, Own>();

  constructor(port: FeaturePort) {
    this.#port = port;
  }

  /** @param state undefined clears it */
  set(group: string, state: GroupState | undefined, options?: OperationOptions): Promise<WebPubSubResult> {
    const own = this.#of(group);
    const course = this.#course(group, own, state, false);
    return this.#port.submit(() => setGroupStateMessage(group, state), options, course);
  }

  get(group: string): GroupState | undefined {
    const { memberships, settings } = this.#port;
    const own = this.#own.get(group);
    const status = memberships.status(group);
    // Without `autoRejoinGroups` a new connection is in no group until the application joins again.
    const isOut = own?.isKnown === false && own.joined && !settings.autoRejoinGroups && memberships.live;
    const isLeft = (isOut && status === "idle") || memberships.isLeaving(group);
    const state = isLeft ? undefined : own?.state;
    if (state === undefined && status !== "joined") throw new Error(`Group '${group}' is not joined.`);
    return state && { ...state };
  }

  /** Restores the states in groups that the client is in or doesn't join; the others follow when they are joined. */
  onOpened(): void {
    for (const [group, own] of [...this.#own])
      if (!own.joined || this.#port.memberships.status(group) === "joined") this.#reconcile(group, own);
  }

  save(isExact: boolean): SavedState[] {
    return [...this.#own].map(([group, { pending, ...own }]) => [
      group,
      { ...own, isKnown: isExact && pending === 0 && own.isKnown },
    ]);
  }

  restore(saved: unknown): void {
    for (const [group, own] of saved as readonly SavedState[]) Object.assign(this.#of(group), own);
  }

  submitAgain(message: OperationMessage, options: SubmitOptions): Promise<WebPubSubResult> | undefined {
    return message.kind === "setGroupState" ? this.set(message.group, message.state, options) : undefined;
  }

  onLost(): void {
    for (const [group, own] of this.#own) {
      if (!this.#port.settings.restoreGroupStates) own.state = undefined;
      own.isKnown = own.state === undefined;
      this.#tidy(group, own);
    }
  }

  /** A stop leaves all groups, and their states end with that. */
  onStopped(): void {
    this.#own.clear();
  }

  /** @param wasUnknown the group may have been left before, which clears the state */
  onJoined(group: string, wasUnknown: boolean): void {
    const own = this.#own.get(group);
    if (own === undefined) return;
    own.joined = true;
    if (wasUnknown) own.isKnown = false;
    this.#reconcile(group, own);
  }

  onLeft(group: string): void {
    const own = this.#own.get(group);
    if (own === undefined) return;
    forget(own);
    this.#tidy(group, own);
  }

  #of(group: string): Own {
    return getOrAdd(this.#own, group, () => ({ state: undefined, isKnown: true, joined: false, pending: 0 }));
  }

  /** An operation begins that sets a state. It waits behind the joins and leaves of its group. */
  #course(group: string, own: Own, state: GroupState | undefined, isInternal: boolean): InternalCourse {
    const { memberships } = this.#port;
    const sent = state && { ...state };
    own.pending++;
    return {
      lane: MEMBERSHIP_LANE,
      replaceable: true,
      onSettled: (error, unknown) => {
        own.pending--;
        if (unknown && memberships.live) own.isKnown = false;
        if (error === undefined) {
          own.state = sent;
          own.isKnown = true;
          own.joined = memberships.status(group) === "joined";
        }
        const refused = isInternal && error && isAboutGroup(error) ? error : undefined;
        if (refused) forget(own);
        this.#reconcile(group, own);
        if (refused) restoreFailed(this.#port, group, refused);
      },
    };
  }

  /** Sets or clears the state again if the service doesn't have it or may have another. */
  #reconcile(group: string, own: Own): void {
    const { memberships, refusal } = this.#port;
    const { state } = own;
    if (own.isKnown || own.pending > 0 || !memberships.live || refusal !== undefined) {
      this.#tidy(group, own);
      return;
    }
    const course = this.#course(group, own, state, true);
    this.#port.submitInternal(() => setGroupStateMessage(group, state), course);
    this.#port.flush();
  }

  #tidy(group: string, { state, isKnown, pending }: Own): void {
    if (state === undefined && pending === 0 && isKnown) this.#own.delete(group);
  }
}

function forget(own: Own): void {
  own.state = undefined;
  own.isKnown = true;
}
