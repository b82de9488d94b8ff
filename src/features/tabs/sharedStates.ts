import type { FeaturePort } from "../../core/feature.js";
import type { GroupStateItem, SetGroupStateMessage, WebPubSubMessage } from "../../core/models/messages.js";
import type { WebPubSubResult } from "../../core/models/options.js";
import { MEMBERSHIP_LANE } from "../../core/session/memberships.js";
import type { SubmitOptions } from "../../core/session/operations.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import type { TabSession } from "./tabSession.js";

type State = NonNullable<SetGroupStateMessage["state"]>;
/** @param state undefined: it is being cleared. @param order higher for a newer one */
type OwnState = { readonly state: State | undefined; readonly order: number };

/** The tabs' own states: of those set in a group, the newest one is the connection's. */
export class SharedStates {
  readonly #port: FeaturePort;
  readonly #abortSignal: AbortSignal;
  /** By group. */
  readonly #states = new Map<string, Map<TabSession, OwnState>>();
  #lastOrder = 0;

  constructor(port: FeaturePort, abortSignal: AbortSignal) {
    this.#port = port;
    this.#abortSignal = abortSignal;
  }

  /** @param state undefined clears it */
  async set(
    tab: TabSession,
    group: string,
    state: State | undefined,
    options: SubmitOptions,
  ): Promise<WebPubSubResult> {
    // Noted at the call: the operations of a group go out one after the other, in this order.
    const states = getOrAdd(this.#states, group, () => new Map<TabSession, OwnState>());
    const before = states.get(tab);
    const own = { state, order: ++this.#lastOrder };
    states.set(tab, own);
    let lasting: OwnState | undefined = own;
    try {
      return await this.#submit(group, this.#newest(group)?.state, options);
    } catch (thrown) {
      // What was there before shows still.
      lasting = before;
      throw thrown;
    } finally {
      if (states.get(tab) === own) {
        if (lasting?.state === undefined) states.delete(tab);
        else states.set(tab, lasting);
      }
      this.#tidy(group);
    }
  }

  /** A tab has left a group, in which others stay. */
  drop(tab: TabSession, group: string): void {
    const states = this.#states.get(group);
    const newest = this.#newest(group);
    const isShown = newest !== undefined && newest === states?.get(tab);
    states?.delete(tab);
    this.#tidy(group);
    // What the service doesn't answer ends with the connection.
    if (isShown) this.#submit(group, this.#newest(group)?.state, {}).catch(() => undefined);
  }

  /** A tab has gone. */
  dropAll(tab: TabSession): void {
    for (const group of [...this.#states.keys()]) this.drop(tab, group);
  }

  /** The connection has left a group, which ends its state there. */
  forget(group: string): void {
    this.#states.delete(group);
  }

  #newest(group: string): OwnState | undefined {
    let newest: OwnState | undefined;
    for (const own of this.#states.get(group)?.values() ?? [])
      if (own.state !== undefined && own.order > (newest?.order ?? 0)) newest = own;
    return newest;
  }

  #tidy(group: string): void {
    if (this.#states.get(group)?.size === 0) this.#states.delete(group);
  }

  #submit(group: string, state: State | undefined, options: SubmitOptions): Promise<WebPubSubResult> {
    return this.#port.submit(
      () => ({ kind: "setGroupState", group, ...(state && { state }) }),
      { abortSignal: this.#abortSignal, ...options },
      { lane: MEMBERSHIP_LANE, replaceable: true },
    );
  }
}

/** The known states of the groups that tabs have subscribed to: a tab that comes later gets them from here. */
export class KnownStates {
  readonly #groups = new Map<string, Map<string, GroupStateItem>>();

  take(message: Extract<WebPubSubMessage, { kind: "groupStateSnapshot" | "groupStateUpdate" }>): void {
    const { group, items, kind } = message;
    if (kind === "groupStateSnapshot") this.#groups.set(group, new Map());
    const known = this.#groups.get(group);
    for (const item of items) {
      const { connectionId, state, updatedAt } = item;
      if ((known?.get(connectionId)?.updatedAt ?? -Infinity) > updatedAt) continue;
      // A cleared one is kept for the time of its update, but isn't listed.
      known?.set(connectionId, state === undefined ? { connectionId, updatedAt } : item);
    }
  }

  /** Undefined: the service's snapshot is still to come. */
  snapshot(group: string): GroupStateItem[] | undefined {
    const known = this.#groups.get(group);
    return known && [...known.values()].filter(({ state }) => state !== undefined);
  }

  forget(group: string): void {
    this.#groups.delete(group);
  }
}
