/** Entry point of the composables for Vue. */
export {
  useConnection,
  useGroup,
  useGroupMessages,
  useGroupState,
  useGroupStream,
  useServerMessage,
} from "./composables.js";
export { useWebPubSubClient, WebPubSubPlugin } from "./plugin.js";

export type { GroupHistoryView, GroupStateView, GroupStreamsView, GroupView } from "./composables.js";
