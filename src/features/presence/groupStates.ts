import type { SendMessageError } from "../../core/errors.js";
import { logger } from "../../core/log.js";
import type { WebPubSubClientEvents } from "../../core/models/events.js";
import type { WebPubSubMessage } from "../../core/models/messages.js";
import type { Settings } from "../../core/options.js";
import type { Emitter } from "../../core/util/emitter.js";
import type { Memberships, Operations } from "../../core/session/memberships.js";
import { isFinal } from "../../core/session/operation.js";
import type { OperationMessage } from "../../core/session/operationMessage.js";
import { OwnStates } from "./ownStates.js";
import type { SessionPart } from "../../core/session/sessionPart.js";
import { StateWatches } from "./stateWatches.js";

/**
 * Asks the service for what it has perhaps forgotten; the application is told of a refusal.
 * `onSettled` gets `lost` when merely the connection took the answer along.
 */
export type Restore = (
  group: string,
  build: () => OperationMessage,
  onSettled: (refusal: SendMessageError | undefined, lost: boolean) => void,
) => void;

/** Presence: this connection's state in its groups, and what is known of others' states. */
export class GroupStates implements SessionPart {
  readonly own: OwnStates;
  readonly watches: StateWatches;

  constructor(
    settings: Settings,
    emitter: Emitter<WebPubSubClientEvents>,
    operations: Operations,
    memberships: Memberships,
  ) {
    const restore: Restore = (group, build, onSettled) => {
      operations.submitOwn(build, (error) => {
        const refusal = isFinal(error) ? error : undefined;
        onSettled(refusal, error !== refusal);
        if (refusal === undefined) return;
        logger.warning(`Could not restore the states of a group: ${refusal.message}`);
        emitter.emit("restore-group-states-failed", { group, error: refusal });
      });
      operations.flush();
    };
    this.own = memberships.watcher = new OwnStates(settings, operations, memberships.registry, restore);
    this.watches = new StateWatches(settings, emitter, operations, memberships.registry, restore);
  }

  begins(): void {
    this.watches.begins();
    this.own.begins();
  }

  /** In this order: listeners that hear of the others' end see the own state as it is then. */
  ends(): void {
    this.own.ends();
    this.watches.ends();
  }

  /** Only the subscriptions come back with the next start. */
  refuse(): void {
    this.own.refuse();
    this.watches.ends();
  }

  receive(message: WebPubSubMessage): void {
    this.watches.receive(message);
  }
}
