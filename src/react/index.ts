/** Entry point of the hooks for React. */
export { useWebPubSubClient, WebPubSubProvider } from "./provider.js";
export { useConnection, useServerMessage } from "./useConnection.js";
export { useGroup, useGroupMessages } from "./useGroup.js";
export { useGroupState, useGroupStream } from "./usePresence.js";

export type { WebPubSubProviderProps } from "./provider.js";
export type { GroupHistoryView, GroupView } from "./useGroup.js";
export type { GroupStateView, GroupStreamsView } from "./usePresence.js";
