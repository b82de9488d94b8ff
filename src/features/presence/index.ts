import { defineFeature } from "../../core/feature.js";
import { presenceFrames } from "./frames.js";
import { GroupStates } from "./groupStates.js";
import type { PresenceApi } from "./models.js";

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

/** What connections say about themselves in groups: `presence(client).set("room", { typing: "yes" })`. */
export const presence = /* @__PURE__ */ defineFeature<PresenceApi>("presence", (port) => {
  port.carries(presenceFrames);
  const states = new GroupStates(port);
  const { own, watchers, watches } = states;
  port.listen(states);
  return {
    // No state at all is a mistake, which the operation tells: clearing has its own name.
    set: (group, state, options) => own.set(group, state ?? null, options),
    clear: (group, options) => own.set(group, undefined, options),
    get: (group) => own.get(group),
    subscribe: (group, options) => watches.subscribe(group, options),
    unsubscribe: (group, options) => watches.unsubscribe(group, options),
    list: (group) => watches.list(group),
    watch: (group, listener) => watchers.watch(group, listener),
    states: (group) => watchers.states(group),
    error: (group) => watches.refusal(group),
  };
});
