import type { WebPubSubResult } from "../../core/models/options.js";
import type { GroupStatus } from "../../core/session/groupTable.js";
import type { InvalidMessageError } from "./groupErrors.js";
import type { GroupContent, GroupMessage, GroupMessagesOptions, GroupSendOptions } from "./groupOptions.js";

/**
 * A handle of a group; the same name gives the same handle. The group is joined while the handle has
 * subscribers, in any state of the client: you may subscribe before `start`.
 *
 * `T` is the type of received data, `In` of sent data.
 */
export interface GroupHandle<T = GroupContent, In = T> {
  /** Name of the group. */
  readonly name: string;

  /** Whether the client is in the group. */
  readonly status: GroupStatus;

  /** Why the status is `refused`: the failure of the join; otherwise undefined. */
  readonly error: Error | undefined;

  /**
   * Calls `listener` on every message of the group except stream fragments. The first subscriber joins the
   * group; `releaseDelayInMs` after the last one has gone it is left, unless `joinGroup` was called for it
   * too. What a listener throws is reported as with `client.on`; other listeners are still called. In a session that
   * goes on (`start({ resume })`), the first subscribers within 5 s get what has come before them, soon after this call.
   * @returns a function that ends the subscription
   */
  subscribe(listener: (message: GroupMessage<T>) => unknown): () => void;

  /**
   * Calls `listener` with each new status. Doesn't join the group.
   * @returns a function that removes the listener
   */
  onStatusChange(listener: (status: GroupStatus) => unknown): () => void;

  /**
   * Calls `listener` for every message that doesn't fit the schema. Without such a listener the first of
   * these messages is reported like an exception, and further ones are logged. Doesn't join the group.
   * @returns a function that removes the listener
   */
  onInvalidMessage(listener: (error: InvalidMessageError) => unknown): () => void;

  /**
   * Publishes to the group, which needn't be joined.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  send(data: In, options?: GroupSendOptions): Promise<WebPubSubResult>;

  /**
   * Returns the messages from now on, for `for await`. Subscribes at once, until the loop is left or
   * `abortSignal` fires. At most `maxBuffered` messages wait for the loop; for further ones see `overflow`.
   * The loop throws when the service refuses the join.
   * @throws RangeError for a `maxBuffered` below 1, TypeError for an unknown `overflow`
   */
  messages(options?: GroupMessagesOptions): AsyncIterableIterator<GroupMessage<T>>;
}
