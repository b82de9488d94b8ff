import type { SendMessageError } from "../../core/errors.js";
import type { FeaturePort } from "../../core/feature.js";
import type {
  GroupStateSnapshotMessage,
  GroupStateUpdateMessage,
  OperationMessage,
} from "../../core/models/messages.js";
import type { OperationOptions, WebPubSubResult } from "../../core/models/options.js";
import type { FeatureHooks } from "../../core/session/featureHooks.js";
import {
  GroupTable,
  type GroupQuestions,
  type GroupTableHost,
  type SavedGroup,
} from "../../core/session/groupTable.js";
import type { SubmitOptions } from "../../core/session/operations.js";
import { Emitter } from "../../core/util/emitter.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import { RefCount } from "../../core/util/refCount.js";
import type { GroupStateRecord, PresenceEvents } from "./models.js";
import { restoreFailed } from "./restoreFailed.js";
import { StateCache } from "./stateCache.js";

const QUESTIONS: GroupQuestions = {
  lane: "presence",
  enter: "subscribeGroupState",
  leave: "unsubscribeGroupState",
};
const NO_STATES: readonly GroupStateRecord[] = [];

/** A group whose states are subscribed. */
type Room = {
  readonly known: StateCache;
  readonly watchers: RefCount;
  /** Calls the watchers' listeners. */
  readonly emitter: Emitter<{ states: readonly GroupStateRecord[] }>;
  /** The states have changed since they were told. */
  isChanged: boolean;
  /** The array that watchers are shown, until the states change. */
  shown: readonly GroupStateRecord[] | undefined;
  /** The refusal that watchers were last told of. */
  refusal: Error | undefined;
};

/** The subscriptions as they are saved. */
type Saved = readonly [groups: readonly SavedGroup[], watched: readonly string[]];

/** The groups whose states are subscribed by calls or watched, and their known states. */
export class PresenceSubscriptions implements FeatureHooks, GroupTableHost {
  readonly name = QUESTIONS.lane;
  readonly receive: FeatureHooks["receive"] = {
    groupStateSnapshot: (message) => this.#received(message),
    groupStateUpdate: (message) => this.#received(message),
  };
  readonly #port: FeaturePort;
  readonly #table: GroupTable;
  readonly #rooms = new Map<string, Room>();

  constructor(port: FeaturePort) {
    this.#port = port;
    this.#table = new GroupTable(port, QUESTIONS, this);
  }

  /** That of the memberships: operations end before `onLost` is called here, and must not be repeated then. */
  get live(): boolean {
    return this.#port.memberships.live;
  }

  onChanged(group: string): void {
    if (this.#table.isUnused(group)) this.#rooms.delete(group);
    this.#tell(group);
  }

  /** The known states are dropped: each new subscription begins with a snapshot. */
  onExited(group: string): void {
    const room = this.#rooms.get(group);
    if (room === undefined) return;
    room.known.clear();
    room.isChanged = false;
    room.shown = undefined;
  }

  onAsked(group: string, error: SendMessageError | undefined): void {
    if (error !== undefined) restoreFailed(this.#port, group, error);
  }

  subscribe(group: string, options?: OperationOptions): Promise<WebPubSubResult> {
    this.#room(group);
    return this.#table.enter(group, options);
  }

  unsubscribe(group: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return this.#table.leave(group, options);
  }

  list(group: string): GroupStateRecord[] {
    const room = this.#rooms.get(group);
    if (room === undefined || !this.#table.isWanted(group))
      throw new Error(`Group state is not subscribed for group '${group}'.`);
    return room.known.list();
  }

  /** The watchers of a group share one subscription. */
  watch(group: string, listener: (states: readonly GroupStateRecord[]) => unknown): () => void {
    const { emitter, watchers } = this.#room(group);
    const remove = emitter.on("states", listener);
    const release = watchers.hold();
    return () => {
      remove();
      release();
    };
  }

  /** The same array until something changes; empty without watchers. */
  states(group: string): readonly GroupStateRecord[] {
    const room = this.#rooms.get(group);
    if (room === undefined || room.watchers.unused) return NO_STATES;
    return (room.shown ??= room.known.list());
  }

  /** The service's error, if it refused the subscription. */
  refusal(group: string): SendMessageError | undefined {
    return this.#table.refusal(group);
  }

  /**
   * None counts as subscribed: the known states aren't saved, and a service that replays updates sends no snapshot. So
   * each is asked for again, which nobody else sees.
   */
  save(): Saved {
    const watched = [...this.#rooms.keys()].filter((group) => this.#room(group).watchers.held);
    return [this.#table.save(false), watched];
  }

  /** What was watched is held for the watchers that come. */
  restore(saved: unknown): void {
    const [groups, watched] = saved as Saved;
    for (const { group } of groups) this.#room(group);
    this.#table.restore(groups);
    for (const group of watched) this.#room(group).watchers.holdAgain();
  }

  submitAgain(message: OperationMessage, options: SubmitOptions): Promise<WebPubSubResult> | undefined {
    if (message.kind === QUESTIONS.enter) this.#room(message.group);
    return this.#table.submitAgain(message, options);
  }

  onOpened(): void {
    this.#table.open(true);
    this.#port.flush();
  }

  onLost(): void {
    this.#table.close();
    for (const [group, { known, watchers }] of [...this.#rooms]) {
      this.#tell(group, known.clear());
      // Without a connection there is nothing to unsubscribe, so no delay is needed.
      watchers.releaseNow();
    }
  }

  /** The subscriptions are renewed after the next start. */
  onStopped(): void {
    for (const { watchers } of [...this.#rooms.values()]) watchers.endHold?.();
    this.onLost();
  }

  #received({ kind, group, items }: GroupStateSnapshotMessage | GroupStateUpdateMessage): void {
    const now = this.#port.settings.environment.now();
    const isComplete = kind === "groupStateSnapshot";
    this.#tell(group, this.#rooms.get(group)?.known.take(items, isComplete, now));
  }

  #room(group: string): Room {
    return getOrAdd(this.#rooms, group, () => {
      const watchers = new RefCount(this.#port.settings, {
        onUsed: () => this.#table.hold(group),
        onIdle: () => {
          if (!this.live) watchers.releaseNow();
        },
        onReleased: () => this.#table.release(group),
      });
      const emitter: Room["emitter"] = new Emitter((_, error) =>
        this.#port.onListenerError(`the states of group ${group}`, error),
      );
      return {
        known: new StateCache(),
        watchers,
        emitter,
        isChanged: false,
        shown: undefined,
        refusal: undefined,
      };
    });
  }

  /** Tells what has changed: the states, or the refusal, which only watchers are told of. */
  #tell(group: string, haveChanged = false): void {
    const room = this.#rooms.get(group);
    if (room === undefined) return;
    room.isChanged ||= haveChanged;
    // An unsubscription may still be refused before it is sent; then what came meanwhile is told.
    const isEnding = this.#table.isLeaving(group) && !this.#table.isWanted(group);
    const { isChanged } = room;
    const refusal = this.refusal(group);
    if (isEnding || (!isChanged && room.refusal === refusal)) return;
    room.isChanged = false;
    room.shown = undefined;
    room.refusal = refusal;
    room.emitter.emit("states", this.states(group));
    if (isChanged) this.#port.events<PresenceEvents>().emit("group-states-changed", { group });
  }
}
