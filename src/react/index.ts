export { useWebPubSubClient, WebPubSubProvider } from "./provider.js";
export { useConnection, useServerMessage } from "./useConnection.js";
export { useGroup, useGroupMessages } from "./useGroup.js";

export type { WebPubSubProviderProps } from "./provider.js";
export type { GroupView } from "./useGroup.js";
