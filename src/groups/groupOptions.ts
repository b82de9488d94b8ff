import type { AbortSignalLike } from "@azure/abort-controller";
import type { GroupDataMessage, JSONTypes, WebPubSubDataType } from "../models/messages.js";
import type { SendToGroupOptions } from "../models/options.js";
import type { StandardSchemaV1 } from "./standardSchema.js";

/** What a group's messages hold when nothing else is known: any JSON, a string or bytes. */
export type GroupContent = JSONTypes | ArrayBuffer | null;

/** A message of a group, as handles deliver it. */
export interface GroupMessage<T = GroupContent> extends Omit<GroupDataMessage, "data"> {
  data: T;
  /** Unlike that of every other message of this client, and rising: good as a key in lists. */
  key: number;
}

/** Options of `client.group`. */
export interface GroupOptions<S extends StandardSchemaV1 = StandardSchemaV1> {
  /**
   * Checks (and may transform) what arrives. Handles of one schema object are shared, so make it
   * once. Default: none, and the type is taken on trust.
   */
  schema?: S;
}

/** Options of a handle's `send`. */
export interface GroupSendOptions extends SendToGroupOptions {
  /** Default: text for a string, binary for bytes, JSON for everything else. */
  dataType?: WebPubSubDataType;
}

/**
 * What a loop over `messages()` does with a message that finds the buffer full.
 * - `error`: the loop gets what is buffered, then a `MessageOverflowError`.
 * - `drop-oldest`: the message that has waited longest makes room.
 * - `drop-newest`: the message is not taken.
 */
export type MessageOverflow = "error" | "drop-oldest" | "drop-newest";

/** Options of a handle's `messages`. */
export interface GroupMessagesOptions {
  /** Ends the loop at once and in peace; what is buffered is let go. */
  signal?: AbortSignalLike;
  /** How many messages may wait for the loop. Default: 1,000. */
  maxBuffered?: number;
  /** What happens to more. Default: `error`. */
  overflow?: MessageOverflow;
}
