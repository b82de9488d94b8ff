/** Entry point of the functions for Svelte components. */
export { useConnection, useServerMessage } from "./connection.js";
export { useGroup, useGroupMessages } from "./groups.js";
export { useGroupState, useGroupStream } from "./presence.js";
export { provideWebPubSubClient, useWebPubSubClient } from "./provider.js";

export type { Current, MaybeGetter } from "./reactive.js";
export type { GroupHistoryView, GroupView } from "./groups.js";
export type { GroupStateView, GroupStreamsView } from "./presence.js";
