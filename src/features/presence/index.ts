import { defineFeature } from "../../core/feature.js";
import { presenceFrames } from "./frames.js";
import type { PresenceApi } from "./models.js";
import { Presence } from "./presence.js";

export type {
  ClearGroupStateOptions,
  GroupState,
  GroupStateRecord,
  OnGroupStatesChangedArgs,
  OnRestoreGroupStatesFailedArgs,
  PresenceApi,
  PresenceEvents,
  SetGroupStateOptions,
  SubscribeGroupStatesOptions,
  UnsubscribeGroupStatesOptions,
} from "./models.js";

/** The states that connections set in groups: `presence(client).set("room", { typing: "yes" })`. */
export const presence = /* @__PURE__ */ defineFeature<PresenceApi>("presence", (port) => {
  port.carries(presenceFrames);
  const made = new Presence(port);
  const { local, subscriptions, watchers } = made;
  port.listen(made);
  return {
    // A missing state is a mistake and makes the operation reject; `clear` is for clearing.
    set: (group, state, options) => local.set(group, state ?? null, options),
    clear: (group, options) => local.set(group, undefined, options),
    get: (group) => local.get(group),
    subscribe: (group, options) => subscriptions.subscribe(group, options),
    unsubscribe: (group, options) => subscriptions.unsubscribe(group, options),
    list: (group) => subscriptions.list(group),
    watch: (group, listener) => watchers.watch(group, listener),
    states: (group) => watchers.states(group),
    error: (group) => subscriptions.refusal(group),
  };
});
