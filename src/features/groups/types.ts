/** The public types of groups. */
export type { GroupHandle } from "./group.js";
export type {
  GroupContent,
  GroupLogOptions,
  GroupMessage,
  GroupMessagesOptions,
  GroupOptions,
  GroupSendOptions,
  GroupSubscriptionOptions,
  MessageOverflow,
} from "./groupOptions.js";
export type { StandardSchemaIssue, StandardSchemaResult, StandardSchemaV1 } from "./standardSchema.js";
export type { GroupStatus } from "../../core/session/groupTable.js";
