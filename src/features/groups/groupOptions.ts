/** The messages of group handles, and the options of their methods. */
import type { AbortSignalLike } from "@azure/abort-controller";
import type { GroupDataMessage, JSONTypes, WebPubSubDataType } from "../../core/models/messages.js";
import type { SendToGroupOptions } from "../../core/models/options.js";
import type { InvalidMessageError } from "./groupErrors.js";
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
export interface GroupOptions<T = GroupContent, In = T> {
  /**
   * Checks (and may transform) what arrives: zod, valibot, arktype and others make them. Handles are
   * shared by schema object, so make it once. Default: none, and the type is taken on trust.
   */
  schema?: StandardSchemaV1<In, T> | undefined;
}

/** How a component subscribes to a group. */
export interface GroupSubscriptionOptions<T = GroupContent, In = T> extends GroupOptions<T, In> {
  /** Gets the messages that don't fit the schema. Default: they are logged. */
  onInvalidMessage?: ((error: InvalidMessageError) => unknown) | undefined;
}

/** How a component keeps the messages of a group. */
export interface GroupLogOptions<T = GroupContent, In = T> extends GroupSubscriptionOptions<T, In> {
  /** How many messages are kept: the newest. Default: 100. */
  limit?: number | undefined;
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
  abortSignal?: AbortSignalLike;
  /** How many messages may wait for the loop. Default: 1,000. */
  maxBuffered?: number;
  /** What happens to more. Default: `error`. */
  overflow?: MessageOverflow;
}
