import type { FeaturePort } from "../../core/feature.js";
import type { PresenceEvents } from "./models.js";

/** Tells that the service has refused what the client asked for by itself. */
export function restoreFailed(port: FeaturePort, group: string, error: Error): void {
  port.settings.logger.warning(`Could not restore the states of a group: ${error.message}`);
  port.events<PresenceEvents>().emit("restore-group-states-failed", { group, error });
}
