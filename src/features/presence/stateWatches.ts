import type { SendMessageError } from "../../core/errors.js";
import type { FeaturePort } from "../../core/feature.js";
import type { GroupStateRecord, PresenceEvents } from "./models.js";
import type { WebPubSubMessage } from "../../core/models/messages.js";
import type { OperationOptions, WebPubSubResult } from "../../core/models/options.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import { GroupStateCache } from "./groupStateCache.js";
import type { Restore } from "./restore.js";
import { groupMessage } from "../../core/session/operationMessage.js";

/** A subscription to the states of a group. */
type Watch = {
  readonly cache: GroupStateCache;
  /** Acknowledged once: subscribed again on every new connection. */
  active: boolean;
  /** Wanted by a handle: subscribed on every connection. */
  held: boolean;
  pending: number;
  /** How often the application has taken its wish back while a handle wanted them. */
  ended: number;
  /** The service has perhaps ended it: it is asked once more. */
  doubtful: boolean;
  /** On this connection: it tells, it was asked by the client itself, why it doesn't tell; undefined: not asked. */
  answer: boolean | SendMessageError | undefined;
};

/** The groups whose states are asked for, and what the service has told of them. */
export class StateWatches {
  /** Called when what is known of a group's states may have changed. */
  onChanged: ((group: string) => void) | undefined;
  readonly #port: FeaturePort;
  readonly #restore: Restore;
  readonly #watched = new Map<string, Watch>();

  constructor(port: FeaturePort, restore: Restore) {
    this.#port = port;
    this.#restore = restore;
  }

  subscribe(group: string, options: OperationOptions = {}): Promise<WebPubSubResult> {
    const target = this.#watch(group);
    const { ended } = target;
    target.pending++;
    return this.#port.submit(
      () => groupMessage("subscribeGroupState", group),
      options,
      (succeeded, _, late) => {
        target.pending--;
        target.active ||= succeeded && ended === target.ended;
        if (succeeded) this.#answered(group, target);
        const current = this.#watched.get(group);
        // Executed perhaps after the call that ended it.
        if (current === undefined && late === true) this.#unsubscribeOwn(group);
        if (current === target) this.#agree(group, target);
      },
    );
  }

  unsubscribe(group: string, options: OperationOptions = {}): Promise<WebPubSubResult> {
    const watch = this.#watched.get(group);
    if (watch?.held === true) {
      // A handle wants the states still.
      watch.active = false;
      watch.ended++;
      if (this.#port.refusal === undefined) return Promise.resolve({ isDuplicated: false });
    } else {
      this.#watched.delete(group);
    }
    return this.#port.submit(
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
    watch.held = true;
    if (this.refusal(group) !== undefined) watch.answer = undefined;
    this.#agree(group, watch);
  }

  /** No handle wants them any more. */
  release(group: string): void {
    const watch = this.#watched.get(group);
    if (watch?.held !== true) return;
    watch.held = false;
    this.#agree(group, watch);
  }

  /** Why the service doesn't tell the states that a handle wants. */
  refusal(group: string): SendMessageError | undefined {
    const answer = this.#watched.get(group)?.answer;
    return typeof answer === "object" ? answer : undefined;
  }

  onOpened(): void {
    for (const [group, watch] of this.#watched) this.#agree(group, watch);
  }

  onLost(): void {
    for (const [group, watch] of this.#watched) {
      watch.answer = undefined;
      if (watch.cache.clear()) this.#changed(group);
      else this.onChanged?.(group);
    }
  }

  receive(message: WebPubSubMessage): void {
    if (message.kind !== "groupStateSnapshot" && message.kind !== "groupStateUpdate") return;
    const { group, items } = message;
    const cache = this.#watched.get(group)?.cache;
    const now = this.#port.settings.environment.now();
    const changed =
      message.kind === "groupStateSnapshot" ? cache?.snapshot(items, now) : cache?.update(items, now);
    if (changed === true) this.#changed(group);
  }

  #watch(group: string): Watch {
    return getOrAdd(this.#watched, group, () => ({
      cache: new GroupStateCache(),
      active: false,
      held: false,
      pending: 0,
      ended: 0,
      doubtful: false,
      answer: undefined,
    }));
  }

  #unsubscribeOwn(group: string): void {
    if (!this.#port.memberships.registry.live) return;
    this.#port.submitOwn(
      () => groupMessage("unsubscribeGroupState", group),
      (error, late) => {
        if (error !== undefined)
          this.#port.settings.logger.info(`Could not unsubscribe from group states: ${error.message}`);
        this.#unsubscribed(group, late);
      },
      true,
    );
    this.#port.flush();
  }

  /** One that comes late has perhaps ended a subscription that was asked for after it. */
  #unsubscribed(group: string, late: boolean | undefined): void {
    const watch = this.#watched.get(group);
    if (watch === undefined || late !== true) return;
    watch.doubtful = true;
    this.#agree(group, watch);
  }

  /** Asks the service for what is missing. A call that isn't settled does so by itself. */
  #agree(group: string, watch: Watch): void {
    if (watch.pending > 0) return;
    if (!watch.active && !watch.held) {
      this.#watched.delete(group);
      if (watch.answer !== undefined) this.#unsubscribeOwn(group);
    } else if (this.#port.memberships.registry.live && (watch.doubtful || watch.answer === undefined)) {
      watch.doubtful = watch.answer = false;
      this.#restore(
        group,
        () => groupMessage("subscribeGroupState", group),
        (refusal, lost) => {
          if (lost) return;
          this.#answered(group, watch, refusal);
          // Executed perhaps after the call that ended it.
          if (!this.#watched.has(group)) this.#unsubscribeOwn(group);
        },
      );
    }
  }

  /** A refusal says nothing where a call has succeeded since the client asked. */
  #answered(group: string, watch: Watch, refusal?: SendMessageError): void {
    if (watch.answer === true) return;
    watch.answer = refusal ?? true;
    this.onChanged?.(group);
  }

  #changed(group: string): void {
    this.onChanged?.(group);
    this.#port.events<PresenceEvents>().emit("group-states-changed", { group });
  }
}
