export { useWebPubSubClient, WebPubSubProvider } from "./provider.js";
export { useConnection, useServerMessage } from "./useConnection.js";
export { useGroup, useGroupMessages } from "./useGroup.js";

export type { GivenClient, OwnedClient, WebPubSubProviderProps } from "./provider.js";
export type { GroupView } from "./useGroup.js";
