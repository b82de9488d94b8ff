import { defineFeature } from "../../core/feature.js";
import { presenceFrames } from "./frames.js";
import { LocalPresence } from "./localPresence.js";
import type { PresenceApi } from "./models.js";
import { PresenceSubscriptions } from "./subscriptions.js";

export type * from "./types.js";
/** The states that connections set in groups: `presence(client).set("room", { typing: "yes" })`. */
export const presence = /* @__PURE__ */ defineFeature<PresenceApi>("presence", (port) => {
  port.carries(presenceFrames);
  const local = new LocalPresence(port);
  const subscriptions = new PresenceSubscriptions(port);
  // In this order, so that listeners see the own state already updated.
  port.listen(local);
  port.listen(subscriptions);
  return {
    // A missing state is a mistake and makes the operation reject; `clear` is for clearing.
    set: (group, state, options) => local.set(group, state ?? null, options),
    clear: (group, options) => local.set(group, undefined, options),
    get: (group) => local.get(group),
    subscribe: (group, options) => subscriptions.subscribe(group, options),
    unsubscribe: (group, options) => subscriptions.unsubscribe(group, options),
    list: (group) => subscriptions.list(group),
    watch: (group, listener) => subscriptions.watch(group, listener),
    states: (group) => subscriptions.states(group),
    error: (group) => subscriptions.refusal(group),
  };
});
