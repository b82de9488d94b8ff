export { useConnection, useGroup, useGroupMessages, useServerMessage } from "./composables.js";
export { useWebPubSubClient, WebPubSubPlugin } from "./plugin.js";

export type { GroupView } from "./composables.js";
