import type { SendMessageError } from "../../core/errors.js";
import type { FeaturePort } from "../../core/feature.js";
import type { GroupStateSnapshotMessage, GroupStateUpdateMessage } from "../../core/models/messages.js";
import type { OperationOptions, WebPubSubResult } from "../../core/models/options.js";
import { GroupTable, type GroupQuestions, type GroupTableHost } from "../../core/session/groupTable.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import type { GroupStateRecord, PresenceEvents } from "./models.js";
import { StateCache } from "./stateCache.js";

const QUESTIONS: GroupQuestions = {
  lane: "presence",
  enter: "subscribeGroupState",
  leave: "unsubscribeGroupState",
};

/** The groups whose states are subscribed, and their known states. */
export class PresenceSubscriptions implements GroupTableHost {
  /** Called when a group's states have changed. */
  onStates: ((group: string) => void) | undefined;
  /** Called when the service's refusal may have changed. */
  onRefusal: ((group: string) => void) | undefined;
  readonly #port: FeaturePort;
  readonly #table: GroupTable;
  readonly #caches = new Map<string, StateCache>();

  constructor(port: FeaturePort) {
    this.#port = port;
    this.#table = new GroupTable(port, QUESTIONS, this);
  }

  /** That of the memberships: operations end before `onLost` is called here, and must not be repeated then. */
  get live(): boolean {
    return this.#port.memberships.live;
  }

  onChanged(group: string): void {
    this.#tidy(group);
    this.onRefusal?.(group);
  }

  onLeft(group: string): void {
    this.#tidy(group);
  }

  onAsked(group: string, error: SendMessageError | undefined): void {
    if (error === undefined) return;
    this.#port.settings.logger.warning(`Could not restore the states of a group: ${error.message}`);
    this.#port.events<PresenceEvents>().emit("restore-group-states-failed", { group, error });
  }

  subscribe(group: string, options?: OperationOptions): Promise<WebPubSubResult> {
    this.#cacheOf(group);
    return this.#table.enter(group, options);
  }

  unsubscribe(group: string, options?: OperationOptions): Promise<WebPubSubResult> {
    const settled = this.#table.leave(group, options);
    this.#tidy(group);
    return settled;
  }

  list(group: string): GroupStateRecord[] {
    const cache = this.#caches.get(group);
    if (cache === undefined || !this.#table.isWanted(group))
      throw new Error(`Group state is not subscribed for group '${group}'.`);
    return cache.list();
  }

  /** The group has watchers, in any state of the client. */
  hold(group: string): void {
    this.#cacheOf(group);
    this.#table.hold(group);
  }

  /** The group has no watchers any more. */
  release(group: string): void {
    this.#table.release(group);
    this.#tidy(group);
  }

  /** The service's error, if it refused the subscription. */
  refusal(group: string): SendMessageError | undefined {
    return this.#table.refusal(group);
  }

  onOpened(): void {
    this.#table.open(true);
    this.#port.flush();
  }

  onLost(): void {
    this.#table.close();
    for (const [group, cache] of [...this.#caches]) {
      if (cache.clear()) this.#changed(group);
      else this.onRefusal?.(group);
    }
  }

  receive({ kind, group, items }: GroupStateSnapshotMessage | GroupStateUpdateMessage): void {
    const cache = this.#caches.get(group);
    const now = this.#port.settings.environment.now();
    const changed = kind === "groupStateSnapshot" ? cache?.snapshot(items, now) : cache?.update(items, now);
    if (changed === true) this.#changed(group);
  }

  #cacheOf(group: string): StateCache {
    return getOrAdd(this.#caches, group, () => new StateCache());
  }

  /** The known states of a group are dropped as soon as it isn't wanted. */
  #tidy(group: string): void {
    const isEnding = this.#table.isLeaving(group) && !this.#table.isWanted(group);
    if (isEnding || this.#table.isUnknown(group)) this.#caches.delete(group);
  }

  #changed(group: string): void {
    this.onStates?.(group);
    this.#port.events<PresenceEvents>().emit("group-states-changed", { group });
  }
}
