import type { FeaturePort } from "../../core/feature.js";
import type { FeatureHooks } from "../../core/session/featureHooks.js";
import { isFinal } from "../../core/session/operation.js";
import type { PresenceEvents } from "./models.js";
import { OwnStates } from "./ownStates.js";
import type { Restore } from "./restore.js";
import { StateWatches } from "./stateWatches.js";
import { Watchers } from "./watchers.js";

/** Presence: this connection's state in its groups, and what is known of others' states. */
export class GroupStates implements FeatureHooks {
  readonly own: OwnStates;
  readonly watches: StateWatches;
  readonly watchers: Watchers;
  readonly receive: FeatureHooks["receive"];

  constructor(port: FeaturePort) {
    const emitter = port.events<PresenceEvents>();
    const restore: Restore = (group, build, onSettled) => {
      port.submitOwn(build, (error) => {
        const refusal = isFinal(error) ? error : undefined;
        onSettled(refusal, error !== refusal);
        if (refusal === undefined) return;
        port.settings.logger.warning(`Could not restore the states of a group: ${refusal.message}`);
        emitter.emit("restore-group-states-failed", { group, error: refusal });
      });
      port.flush();
    };
    this.own = port.memberships.watcher = new OwnStates(port, restore);
    this.watches = new StateWatches(port, restore);
    this.watchers = new Watchers(port, this.watches);
    this.receive = {
      groupStateSnapshot: (message) => this.watches.receive(message),
      groupStateUpdate: (message) => this.watches.receive(message),
    };
  }

  onOpened(): void {
    this.watches.onOpened();
    this.own.onOpened();
  }

  /** In this order: listeners that hear of the others' end see the own state as it is then. */
  onLost(): void {
    this.own.onLost();
    this.watches.onLost();
    this.watchers.releaseIdle();
  }

  /** Only the subscriptions come back with the next start. */
  onStopped(): void {
    this.own.onStopped();
    this.watches.onLost();
    this.watchers.releaseIdle();
  }
}
