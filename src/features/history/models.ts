/** What history needs of the application's store, and what it tells of gaps. */
import type { MessageMetadata, WebPubSubDataType } from "../../core/models/messages.js";
import type { GroupHandle } from "../groups/group.js";
import type { GroupContent, GroupLogOptions, GroupMessage, GroupOptions } from "../groups/groupOptions.js";

/** A message as the application's store answers it. */
export interface StoredMessage<In = GroupContent> {
  /** What was sent. The handle's schema checks (and may transform) it, as it does with what is received. */
  readonly data: In;
  /** Default: text for a string, binary for bytes, JSON for everything else. */
  readonly dataType?: WebPubSubDataType | undefined;
  /** Default: the empty string. */
  readonly fromUserId?: string | undefined;
  /** What was sent beside the payload. Default: none. */
  readonly metadata?: MessageMetadata | undefined;
}

/** Which messages the handle asks the store for. At most one of `after` and `before` is given. */
export interface HistoryQuery<T = GroupContent> {
  /** Asks for what follows this message, which isn't part of the answer: the oldest `limit` of those. */
  readonly after?: GroupMessage<T> | undefined;
  /** Asks for what precedes this message, which isn't part of the answer: the newest `limit` of those. */
  readonly before?: GroupMessage<T> | undefined;
  /** How many messages to answer. Fewer say that there are no more. */
  readonly limit: number;
  /**
   * Fires when the answer isn't needed any more: the last subscriber has gone, the client has stopped, the connection
   * was lost again, or the answer has taken 10 s.
   */
  readonly signal: AbortSignal;
}

/** How a handle finds in the application's store what its connection has missed. */
export interface HistoryOptions<T = GroupContent, In = T> {
  /**
   * What tells a message from all others of the group, stored and received alike; such as an id that the sender gives
   * it. Called around a gap only.
   */
  key: (message: GroupMessage<T>) => string | number;
  /**
   * Asks the application's store; answers in the store's order, oldest first. Without `after` and `before` it is asked
   * for the newest `limit` messages, and never answers more than `limit`. The store must have a message before the message is sent to the group. If this
   * throws, rejects, answers anything else or nothing within 10 s, it is called again with growing delays
   * (`reconnectRetryOptions`).
   */
  load: (query: HistoryQuery<T>) => readonly StoredMessage<In>[] | PromiseLike<readonly StoredMessage<In>[]>;
  /**
   * How many messages are asked for at once, a whole number. While they are loaded, up to ten times as many received ones wait.
   * Default: 100.
   */
  limit?: number | undefined;
  /**
   * How many of the newest messages the first subscriber gets. 0: none; then one is loaded all the same, to know where
   * a gap begins. Default: `limit`.
   */
  initial?: number | undefined;
}

/** Options of `groupHandle` and `client.group` with history. */
export interface HistoryGroupOptions<T = GroupContent, In = T> extends GroupOptions<T, In> {
  /** How to find what was missed. It may be a new object each time: the newest one is used, for the same handle. Default: none. */
  history?: HistoryOptions<T, In> | undefined;
}

/** How a component keeps the messages of a group with history. */
export interface HistoryLogOptions<T = GroupContent, In = T> extends GroupLogOptions<T, In> {
  /** How to find what was missed. It may be a new object in each render; the newest one is used. */
  history: HistoryOptions<T, In>;
}

/** A place where messages were missed, or may have been. */
export interface Gap<T = GroupContent> {
  /** The last message before it; undefined if there was none, as on the first subscription. */
  readonly from: GroupMessage<T> | undefined;
  /** The first received message after it that subscribers get or have got; undefined if none has come. */
  readonly to: GroupMessage<T> | undefined;
  /** What was missed is known completely now. */
  readonly filled: boolean;
  /** How many messages of this gap were loaded so far, those that subscribers were given included. */
  readonly count: number;
  /**
   * Loaded messages that subscribers aren't given, since `to` had come before: they belong in front of `to`, in this
   * order, behind those of earlier calls. Empty if subscribers got all in order.
   */
  readonly messages: readonly GroupMessage<T>[];
  /** Why the gap isn't filled yet; it is tried again. */
  readonly error: Error | undefined;
}

/** The handle of a group that fills its gaps from the application's store. */
export interface HistoryHandle<T = GroupContent, In = T> extends GroupHandle<T, In> {
  /** Everything since the subscription is known to be there: nothing is being loaded, missing or unknown. */
  readonly complete: boolean;

  /**
   * The newest messages that subscribers were given, oldest first, at most 100: what a later subscriber shows first.
   * A new array each time; empty without subscribers or without `history`.
   */
  readonly recent: readonly GroupMessage<T>[];

  /**
   * Calls `listener` for each gap after the first subscription: when it is filled, when a load fails for the first
   * time, and with messages that are loaded after that. Hears of the first subscription too if its load fails.
   * Doesn't join the group.
   * @returns a function that removes the listener
   */
  onGap(listener: (gap: Gap<T>) => unknown): () => void;

  /**
   * Calls `listener` with each new value of `complete`. Doesn't join the group.
   * @returns a function that removes the listener
   */
  onCompleteChange(listener: (complete: boolean) => unknown): () => void;

  /**
   * Loads the `limit` messages before `before`; by default before the oldest one that this handle has given to
   * subscribers or loaded since the first subscription. Resolves with them, oldest first, and gives them to nobody
   * else; an empty array says that there are none. Their `key` is negative, so they come before all others.
   * Two calls at once for the same message have the same result. It isn't tried again if it fails. Without `before` it
   * waits while subscribers wait for the newest messages.
   * @throws what `load` throws, TypeError if `load` answers no array of messages, the schema refuses a whole page or
   * `history` wasn't given, RangeError if `load` answers more than `limit`
   */
  loadOlder(before?: GroupMessage<T>): Promise<readonly GroupMessage<T>[]>;
}
