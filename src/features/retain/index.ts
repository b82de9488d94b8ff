import { defineFeature, type AnyClient } from "../../core/feature.js";
import { Retention } from "./retention.js";

const retention = /* @__PURE__ */ defineFeature("retain", (port) => new Retention(port));

/**
 * Keeps a client connected for one user of several, such as a component: the first starts it, with
 * `keepTrying`, and `releaseDelayInMs` after the last has gone it is stopped.
 * @returns a function that says that this user has gone
 */
export function retain(client: AnyClient): () => void {
  return retention(client).retain();
}
