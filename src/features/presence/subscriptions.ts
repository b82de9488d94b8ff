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

/** The groups whose states are asked for, and what the service has told of them. */
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

  /** As the memberships say: before `onLost` comes operations have ended that must not be asked for again. */
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

  /** Watchers want the states, in any state of the client. */
  hold(group: string): void {
    this.#cacheOf(group);
    this.#table.hold(group);
  }

  /** No watcher wants them any more. */
  release(group: string): void {
    this.#table.release(group);
    this.#tidy(group);
  }

  /** Why the service doesn't tell watchers the states. */
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

  /** What was known of a group is forgotten as soon as nobody wants it. */
  #tidy(group: string): void {
    const isEnding = this.#table.isLeaving(group) && !this.#table.isWanted(group);
    if (isEnding || this.#table.isUnknown(group)) this.#caches.delete(group);
  }

  #changed(group: string): void {
    this.onStates?.(group);
    this.#port.events<PresenceEvents>().emit("group-states-changed", { group });
  }
}
