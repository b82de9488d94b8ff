import { SendMessageError } from "../errors.js";
import type { CoreClientEvents } from "../models/events.js";
import type { WebPubSubResult } from "../models/options.js";
import type { Settings } from "../options.js";
import type { Emitter } from "../util/emitter.js";
import { Timer } from "../util/timer.js";
import { GroupRegistry } from "./groupRegistry.js";
import { isFinal } from "./operation.js";
import { groupMessage } from "./operationMessage.js";
import type { Operations, SubmitOptions } from "./operations.js";

/** How long `connected` waits for the groups, in ms. */
const REJOIN_PATIENCE = 5_000;

/** Wants to know where this connection is a member. */
export interface MembershipWatcher {
  /** The group is joined, perhaps not for the first time. */
  joined(group: string): void;
  /** The group is about to be left. */
  left(group: string): void;
  /**
   * A leave was perhaps executed after what was called since.
   * @param forGood nobody wants the group
   */
  leftLate(group: string, forGood: boolean): void;
}

/** Keeps the service's idea of this client's groups in step with what is wanted. */
export class Memberships {
  /** Called when the status of a group, or of any if none is named, may have changed. */
  onChanged: ((group?: string) => void) | undefined;
  watcher: MembershipWatcher | undefined;
  readonly #settings: Settings;
  readonly #emitter: Emitter<CoreClientEvents>;
  readonly #operations: Operations;
  /** What is wanted, and what is known; others only look. */
  readonly registry = new GroupRegistry();
  #rejoining = 0;
  readonly #patience: Timer;
  #onJoined: (() => void) | undefined;

  constructor(settings: Settings, emitter: Emitter<CoreClientEvents>, operations: Operations) {
    this.#settings = settings;
    this.#emitter = emitter;
    this.#operations = operations;
    this.#patience = new Timer(settings.environment);
  }

  join(group: string, options: SubmitOptions = {}): Promise<WebPubSubResult> {
    const ticket = this.registry.joining(group, true);
    return this.#operations.submit(
      () => groupMessage("joinGroup", group),
      options,
      (_, error, late) => {
        this.registry.joinSettled(ticket, error, late);
        this.#agree(group);
      },
    );
  }

  leave(group: string, options: SubmitOptions = {}): Promise<WebPubSubResult> {
    if (!this.registry.leaving(group)) {
      // Subscribers of a handle want the group still: only the application's own wish ends.
      const { refusal } = this.#operations;
      if (refusal === undefined) return Promise.resolve({ isDuplicated: false });
      return Promise.reject(new SendMessageError(refusal, { code: "NotStarted" }));
    }
    this.watcher?.left(group);
    return this.#operations.submit(
      () => groupMessage("leaveGroup", group),
      options,
      (_, _error, late) => this.#left(group, late),
    );
  }

  /** A group handle has its first subscriber: the group is wanted, in any state of the client. */
  hold(group: string): void {
    this.registry.hold(group);
    this.#agree(group);
  }

  /** The group is left unless the application has joined it too. */
  release(group: string): void {
    this.registry.release(group);
    this.#agree(group);
    // Where the connection is gone there is nothing to leave, but to forget.
    if (!this.registry.isWanted(group)) this.watcher?.left(group);
  }

  /** A new connection stands. The joins it needs go out before anything else. */
  begins(): void {
    this.registry.reset(true);
    const groups = this.registry.planRejoin(this.#settings.autoRejoinGroups);
    this.#rejoining = groups.length;
    for (const group of groups) {
      this.#joinOwn(group, (error) => {
        this.#rejoined(group, error);
        if (--this.#rejoining === 0) this.#joined();
      });
    }
    this.onChanged?.();
  }

  /** The connection id is gone; called before its operations are settled. */
  ends(): void {
    this.registry.reset(false);
    this.#onJoined = undefined;
    this.#patience.clear();
  }

  /** Calls back once the groups of a new connection are joined, or have had their time. */
  whenJoined(callback: () => void): void {
    if (this.#rejoining === 0) return callback();
    this.#onJoined = callback;
    this.#patience.after(REJOIN_PATIENCE, () => this.#joined());
  }

  #rejoined(group: string, error?: SendMessageError): void {
    // A join that its connection took with it will be planned anew.
    if (!isFinal(error)) return;
    this.#settings.logger.warning(`Could not rejoin a group: ${error.message}`);
    this.#emitter.emit("rejoin-group-failed", { group, error });
  }

  #joined(): void {
    const callback = this.#onJoined;
    this.#onJoined = undefined;
    this.#patience.clear();
    callback?.();
  }

  /** Asks the service for what is missing. */
  #agree(group: string): void {
    if (this.#operations.refusal === undefined) {
      const next = this.registry.next(group);
      if (next === "join") {
        this.#joinOwn(group, (error) => {
          // A handle tells by its status.
          if (this.registry.isWished(group)) this.#rejoined(group, error);
        });
      }
      if (next === "leave") this.#leaveOwn(group);
      if (next !== undefined) this.#operations.flush();
    }
    if (this.registry.status(group) === "joined") this.watcher?.joined(group);
    this.onChanged?.(group);
  }

  #joinOwn(group: string, onSettled?: (error?: SendMessageError) => void): void {
    const ticket = this.registry.joining(group, false);
    this.#operations.submitOwn(
      () => groupMessage("joinGroup", group),
      (error, late) => {
        const counts = this.registry.joinSettled(ticket, error, late);
        this.#agree(group);
        onSettled?.(counts ? error : undefined);
      },
    );
  }

  #leaveOwn(group: string): void {
    this.registry.leaving(group);
    this.watcher?.left(group);
    this.#operations.submitOwn(
      () => groupMessage("leaveGroup", group),
      (error, late) => {
        if (error !== undefined) this.#settings.logger.info(`Could not leave a group: ${error.message}`);
        this.#left(group, late);
      },
      true,
    );
  }

  #left(group: string, late: boolean | undefined): void {
    this.registry.leaveSettled(group, late);
    if (late === true) this.watcher?.leftLate(group, !this.registry.isWanted(group));
    this.#agree(group);
  }
}
