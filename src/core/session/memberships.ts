import type { SendMessageError } from "../errors.js";
import type { CoreClientEvents } from "../models/events.js";
import type { Settings } from "../options.js";
import type { Emitter } from "../util/emitter.js";
import { Timer } from "../util/timer.js";
import type { Features } from "./features.js";
import { GroupTable, type GroupQuestions, type GroupTableHost } from "./groupTable.js";
import type { Operations } from "./operations.js";

/** How long `connected` waits for the groups, in ms. */
const REJOIN_PATIENCE = 5_000;
/** The lane for joins, leaves and own states of a group. */
export const MEMBERSHIP_LANE = "membership";

const QUESTIONS: GroupQuestions = { lane: MEMBERSHIP_LANE, enter: "joinGroup", leave: "leaveGroup" };

/** The groups that this client is in, or wants to be in. */
export class Memberships implements GroupTableHost {
  readonly table: GroupTable;
  readonly #settings: Settings;
  readonly #emitter: Emitter<CoreClientEvents>;
  readonly #features: Features;
  /** The groups whose first answer on a new connection is awaited. */
  #rejoining: Set<string> | undefined;
  readonly #patience: Timer;
  #onJoined: (() => void) | undefined;
  /** There is a connection id to join groups on; its link may be down. */
  live = false;

  constructor(
    settings: Settings,
    emitter: Emitter<CoreClientEvents>,
    operations: Operations,
    features: Features,
  ) {
    this.#settings = settings;
    this.#emitter = emitter;
    this.#features = features;
    this.#patience = new Timer(settings.environment);
    this.table = new GroupTable(operations, QUESTIONS, this);
  }

  /**
   * There is a connection: a new one, or one that was taken over. Its joins are sent before anything else.
   * @param again join the groups of the application's calls too
   */
  open(again: boolean): void {
    const { table } = this;
    this.live = true;
    const asked = table.open(again).filter((group) => table.isWanted(group));
    if (asked.length > 0) this.#rejoining = new Set(asked);
    this.#features.tell("onGroupChanged");
  }

  /** The connection id is gone; called before its operations are settled. */
  onLost(): void {
    this.live = false;
    this.table.close();
    this.#rejoining = undefined;
    this.#onJoined = undefined;
    this.#patience.clear();
  }

  /** Calls back once the groups of a new connection are joined, at the latest after 5,000 ms. */
  whenJoined(callback: () => void): void {
    if (!this.#rejoining) return callback();
    this.#onJoined = callback;
    this.#patience.after(REJOIN_PATIENCE, () => this.#joined());
  }

  onChanged(group: string): void {
    this.#features.tell("onGroupChanged", group);
  }

  onAsked(group: string, refusal: SendMessageError | undefined, wished: boolean): void {
    const isRejoin = this.#rejoining?.delete(group) === true;
    // Other groups that only handles hold cause no event: the handles show it by their status.
    if (refusal && (wished || isRejoin)) {
      this.#settings.logger.warning(`Could not rejoin a group: ${refusal.message}`);
      this.#emitter.emit("rejoin-group-failed", { group, error: refusal });
    }
    if (!isRejoin || this.#rejoining?.size !== 0) return;
    this.#rejoining = undefined;
    this.#joined();
  }

  onEntered(group: string, wasUnknown: boolean): void {
    this.#features.tell("onJoined", group, wasUnknown);
  }

  onExited(group: string): void {
    this.#features.tell("onLeft", group);
  }

  #joined(): void {
    const callback = this.#onJoined;
    this.#onJoined = undefined;
    this.#patience.clear();
    callback?.();
  }
}
