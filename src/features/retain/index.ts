import { defineFeature, type AnyClient } from "../../core/feature.js";
import { Retention } from "./retention.js";

const retention = /* @__PURE__ */ defineFeature("retain", (port) => new Retention(port));

/**
 * Keeps a client connected while a part of the application, such as a component, needs it. The first call
 * starts the client, with `keepTrying`; `releaseDelayInMs` after the last one is released it is stopped.
 * @returns a function that releases the client
 */
export function retain(client: AnyClient): () => void {
  return retention(client).retain();
}
