import type { WebPubSubResult } from "../../core/models/options.js";
import type { GroupStatus } from "../../core/session/groupTable.js";
import type { InvalidMessageError } from "./groupErrors.js";
import type { GroupContent, GroupMessage, GroupMessagesOptions, GroupSendOptions } from "./groupOptions.js";

/**
 * A group as an object, the same one for the same name. It is joined while it has subscribers, in
 * whatever state the client is: subscribing before `start` is fine.
 *
 * `T` is the type of what arrives, `In` of what is sent.
 */
export interface GroupHandle<T = GroupContent, In = T> {
  readonly name: string;

  /** How the client stands to the group. */
  readonly status: GroupStatus;

  /** Why the status is `refused`: what the service answered to the join. */
  readonly error: Error | undefined;

  /**
   * Calls `listener` on every message of the group but stream fragments. The first subscriber joins
   * the group; `releaseDelayInMs` after the last one has gone it is left, unless `joinGroup` wants
   * it too. A listener that throws is logged and harms no other.
   * @returns a function that ends the subscription
   */
  subscribe(listener: (message: GroupMessage<T>) => unknown): () => void;

  /**
   * Calls `listener` with each new status. Doesn't join the group.
   * @returns a function that removes the listener
   */
  onStatusChange(listener: (status: GroupStatus) => unknown): () => void;

  /**
   * Calls `listener` for every message that doesn't fit the schema. Without such a listener they are
   * logged. Doesn't join the group.
   * @returns a function that removes the listener
   */
  onInvalidMessage(listener: (error: InvalidMessageError) => unknown): () => void;

  /**
   * Publishes to the group, which needn't be joined for that.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  send(data: In, options?: GroupSendOptions): Promise<WebPubSubResult>;

  /**
   * The messages from now on, for `for await`. Subscribes at once, until the loop is left or
   * `abortSignal` fires. At most `maxBuffered` messages wait; see `overflow` for what comes then. The
   * loop throws when the service refuses the join.
   * @throws RangeError for a `maxBuffered` below 1
   */
  messages(options?: GroupMessagesOptions): AsyncIterableIterator<GroupMessage<T>>;
}
