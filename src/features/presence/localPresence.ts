import type { FeaturePort } from "../../core/feature.js";
import type { OperationOptions, WebPubSubResult } from "../../core/models/options.js";
import { MEMBERSHIP_LANE } from "../../core/session/memberships.js";
import { isFinal } from "../../core/session/operation.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import type { GroupState, PresenceEvents } from "./models.js";
import { setGroupStateMessage } from "./presenceMessages.js";

/** This connection's own state in a group. */
type Own = {
  /** The state as last acknowledged; undefined for none. */
  state: GroupState | undefined;
  /** Whether it is set on the current connection; `unknown`: the last operation ended unanswered. */
  known: "set" | "unset" | "unknown";
  /** The client has joined the group itself, so it rejoins before it sets the state again. */
  joined: boolean;
  /** Operations that aren't settled; until they are, the client doesn't set the state by itself. */
  pending: number;
};

/** This connection's own states in groups; they are set again when the service has lost them. */
export class LocalPresence {
  readonly #port: FeaturePort;
  readonly #own = new Map<string, Own>();

  constructor(port: FeaturePort) {
    this.#port = port;
  }

  /** @param state undefined clears it */
  set(group: string, state: GroupState | undefined, options?: OperationOptions): Promise<WebPubSubResult> {
    let sent: GroupState | undefined;
    this.#ownIn(group).pending++;
    return this.#port.submit(
      () => {
        const message = setGroupStateMessage(group, state);
        sent = message.state;
        return message;
      },
      options,
      {
        lane: MEMBERSHIP_LANE,
        replaceable: true,
        onSettled: (error, unknown) => {
          const own = this.#settled(group, unknown);
          if (error === undefined) {
            own.state = sent;
            own.known = "set";
            own.joined = this.#port.memberships.status(group) === "joined";
          }
          this.#reconcile(group, own);
        },
      },
    );
  }

  get(group: string): GroupState | undefined {
    const { memberships, settings } = this.#port;
    const own = this.#own.get(group);
    const status = memberships.status(group);
    // Without `autoRejoinGroups` a new connection is in no group until the application joins again.
    const isOut = own?.known === "unset" && own.joined && !settings.autoRejoinGroups && memberships.live;
    const isLeft = (isOut && status === "idle") || memberships.isLeaving(group);
    const state = isLeft ? undefined : own?.state;
    if (state === undefined && status !== "joined") throw new Error(`Group '${group}' is not joined.`);
    return state && { ...state };
  }

  /** Restores the states in groups that the client doesn't join; the others follow when they are joined. */
  onOpened(): void {
    for (const [group, own] of [...this.#own]) if (!own.joined) this.#reconcile(group, own);
  }

  onLost(): void {
    for (const [group, own] of this.#own) {
      own.known = "unset";
      if (!this.#port.settings.restoreGroupStates) own.state = undefined;
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
    if (wasUnknown) own.known = "unknown";
    this.#reconcile(group, own);
  }

  onLeft(group: string): void {
    const own = this.#own.get(group);
    if (own === undefined) return;
    own.state = undefined;
    own.known = "unset";
    this.#tidy(group, own);
  }

  #ownIn(group: string): Own {
    return getOrAdd(this.#own, group, () => ({
      state: undefined,
      known: "unset" as const,
      joined: false,
      pending: 0,
    }));
  }

  #settled(group: string, unknown: boolean): Own {
    const own = this.#ownIn(group);
    own.pending--;
    if (unknown && this.#port.memberships.live) own.known = "unknown";
    return own;
  }

  /** Sets or clears the state again if the service doesn't have it or may have another. */
  #reconcile(group: string, own: Own): void {
    const { state, known } = own;
    const { memberships, refusal } = this.#port;
    const isWrong = state === undefined ? known === "unknown" : known !== "set";
    if (own.pending > 0 || !isWrong || !memberships.live || refusal !== undefined) {
      this.#tidy(group, own);
      return;
    }
    own.pending++;
    this.#port.submitInternal(() => setGroupStateMessage(group, state), {
      lane: MEMBERSHIP_LANE,
      replaceable: true,
      onSettled: (error, unknown) => {
        const current = this.#settled(group, unknown);
        if (error === undefined) current.known = "set";
        // A newer call by the application takes precedence.
        const isRefused = isFinal(error) && current.pending === 0;
        if (isRefused) {
          current.state = undefined;
          current.known = "unset";
        }
        this.#reconcile(group, current);
        if (isRefused) this.#refused(group, error);
      },
    });
    this.#port.flush();
  }

  #refused(group: string, error: Error): void {
    this.#port.settings.logger.warning(`Could not restore the states of a group: ${error.message}`);
    this.#port.events<PresenceEvents>().emit("restore-group-states-failed", { group, error });
  }

  #tidy(group: string, { state, known, pending }: Own): void {
    if (state === undefined && pending === 0 && known !== "unknown") this.#own.delete(group);
  }
}
