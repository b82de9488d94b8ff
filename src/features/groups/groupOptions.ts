/** The messages of group handles, and the options of their methods. */
import type { AbortSignalLike } from "@azure/abort-controller";
import type { GroupDataMessage, JSONTypes, WebPubSubDataType } from "../../core/models/messages.js";
import type { SendToGroupOptions } from "../../core/models/options.js";
import type { InvalidMessageError } from "./groupErrors.js";
import type { StandardSchemaV1 } from "./standardSchema.js";

/** The data of a group's messages without a more exact type: any JSON, a string or bytes. */
export type GroupContent = JSONTypes | ArrayBuffer | null;

/** A message of a group, as handles deliver it. */
export interface GroupMessage<T = GroupContent> extends Omit<GroupDataMessage, "data"> {
  /** What was sent, as the schema returns it; without a schema as it was received. */
  data: T;
  /** Unique among the messages of this client, and rising; usable as a key in lists. */
  key: number;
}

/** Options of `client.group`. */
export interface GroupOptions<T = GroupContent, In = T> {
  /**
   * Checks (and may transform) received data; zod, valibot, arktype and others make such schemas. Handles
   * are shared by schema object, so create it once. Default: none; then the type isn't checked.
   */
  schema?: StandardSchemaV1<In, T> | undefined;
}

/** How a component subscribes to a group. */
export interface GroupSubscriptionOptions<T = GroupContent, In = T> extends GroupOptions<T, In> {
  /** Called for messages that don't fit the schema. Default: the first one is reported like an exception, further ones are logged. */
  onInvalidMessage?: ((error: InvalidMessageError) => unknown) | undefined;
}

/** How a component keeps the messages of a group. */
export interface GroupLogOptions<T = GroupContent, In = T> extends GroupSubscriptionOptions<T, In> {
  /** How many of the newest messages are kept. Default: 100. */
  limit?: number | undefined;
}

/** Options of a handle's `send`. */
export interface GroupSendOptions extends SendToGroupOptions {
  /** Data type of the message. Default: text for a string, binary for bytes, JSON for everything else. */
  dataType?: WebPubSubDataType;
}

/**
 * What a loop over `messages()` does with a message when the buffer is full.
 * - `error`: the loop gets the buffered messages, then throws a `MessageOverflowError`.
 * - `drop-oldest`: the message that has waited longest is dropped.
 * - `drop-newest`: the new message is dropped.
 */
export type MessageOverflow = "error" | "drop-oldest" | "drop-newest";

/** Options of a handle's `messages`. */
export interface GroupMessagesOptions {
  /** Ends the loop at once and without an error; buffered messages are dropped. */
  abortSignal?: AbortSignalLike;
  /** How many messages may wait for the loop. Default: 1,000. */
  maxBuffered?: number;
  /** What happens to further messages. Default: `error`. */
  overflow?: MessageOverflow;
}
