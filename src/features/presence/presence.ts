import type { FeaturePort } from "../../core/feature.js";
import type { FeatureHooks } from "../../core/session/featureHooks.js";
import { LocalPresence } from "./localPresence.js";
import { PresenceSubscriptions } from "./subscriptions.js";
import { Watchers } from "./watchers.js";

/** This connection's states in its groups, and the known states of other connections. */
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

  /** In this order, so listeners see the own state already updated. */
  onLost(): void {
    this.local.onLost();
    this.subscriptions.onLost();
    this.watchers.releaseIdle();
  }

  /** Only the subscriptions are renewed after the next start. */
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
