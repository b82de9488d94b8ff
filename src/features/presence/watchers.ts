import type { FeaturePort } from "../../core/feature.js";
import { Emitter } from "../../core/util/emitter.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import { RefCount } from "../../core/util/refCount.js";
import type { GroupStateRecord } from "./models.js";
import type { PresenceSubscriptions } from "./subscriptions.js";

const NO_STATES: readonly GroupStateRecord[] = [];

/** The watchers of one group's states. */
type Watched = {
  readonly count: RefCount;
  readonly emitter: Emitter<{ states: readonly GroupStateRecord[] }>;
  /** The array that they are shown, until the states change. */
  states: readonly GroupStateRecord[] | undefined;
  /** The refusal they were last told of. */
  refusal: Error | undefined;
};

/** The watchers of group states; they share one subscription per group. */
export class Watchers {
  readonly #port: FeaturePort;
  readonly #subscriptions: PresenceSubscriptions;
  readonly #watched = new Map<string, Watched>();

  constructor(port: FeaturePort, subscriptions: PresenceSubscriptions) {
    this.#port = port;
    this.#subscriptions = subscriptions;
    subscriptions.onStates = (group) => this.#changed(group);
    subscriptions.onRefusal = (group) => {
      if (this.#watched.get(group)?.refusal !== subscriptions.refusal(group)) this.#changed(group);
    };
  }

  watch(group: string, listener: (states: readonly GroupStateRecord[]) => unknown): () => void {
    const { count, emitter } = this.#watchedOf(group);
    const remove = emitter.on("states", listener);
    const release = count.hold();
    return () => {
      remove();
      release();
    };
  }

  /** The same array until something changes; empty without watchers. */
  states(group: string): readonly GroupStateRecord[] {
    const watched = this.#watched.get(group);
    if (watched === undefined) return NO_STATES;
    return (watched.states ??= this.#subscriptions.list(group));
  }

  /** Ends unused subscriptions at once: without a connection there is nothing to unsubscribe, so no delay is needed. */
  releaseIdle(): void {
    for (const { count } of [...this.#watched.values()]) count.releaseNow();
  }

  #watchedOf(group: string): Watched {
    return getOrAdd(this.#watched, group, () => {
      const count = new RefCount(this.#port.settings, {
        onUsed: () => this.#subscriptions.hold(group),
        onIdle: () => {
          if (!this.#port.memberships.live) count.releaseNow();
        },
        onReleased: () => {
          this.#watched.delete(group);
          this.#subscriptions.release(group);
        },
      });
      const emitter: Watched["emitter"] = new Emitter((_, error) =>
        this.#port.onListenerError(`the states of group ${group}`, error),
      );
      return { count, emitter, states: undefined, refusal: undefined };
    });
  }

  #changed(group: string): void {
    const watched = this.#watched.get(group);
    if (watched === undefined) return;
    watched.states = undefined;
    watched.refusal = this.#subscriptions.refusal(group);
    watched.emitter.emit("states", this.states(group));
  }
}
