import type { FeaturePort } from "../../core/feature.js";
import type { FeatureHooks } from "../../core/session/featureHooks.js";
import { LocalPresence } from "./localPresence.js";
import { PresenceSubscriptions } from "./subscriptions.js";
import { Watchers } from "./watchers.js";

/** This connection's state in its groups, and what is known of others' states. */
export class Presence implements FeatureHooks {
  readonly local: LocalPresence;
  readonly subscriptions: PresenceSubscriptions;
  readonly watchers: Watchers;
  readonly receive: FeatureHooks["receive"];

  constructor(port: FeaturePort) {
    this.local = new LocalPresence(port);
    this.subscriptions = new PresenceSubscriptions(port);
    this.watchers = new Watchers(port, this.subscriptions);
    this.receive = {
      groupStateSnapshot: (message) => this.subscriptions.receive(message),
      groupStateUpdate: (message) => this.subscriptions.receive(message),
    };
  }

  onOpened(): void {
    this.subscriptions.onOpened();
    this.local.onOpened();
  }

  /** In this order: listeners that hear of the others' end see the own state as it is then. */
  onLost(): void {
    this.local.onLost();
    this.subscriptions.onLost();
    this.watchers.releaseIdle();
  }

  /** Only the subscriptions come back with the next start. */
  onStopped(): void {
    this.local.onStopped();
    this.subscriptions.onLost();
    this.watchers.releaseIdle();
  }

  onJoined(group: string, wasUnknown: boolean): void {
    this.local.onJoined(group, wasUnknown);
  }

  onLeft(group: string): void {
    this.local.onLeft(group);
  }
}
