import { checkInteger, checkObject, optional } from "./check.js";
import type { ContentType } from "./content.js";
import { checkFunction } from "./hubOptions.js";
import type { GroupData, Metadata } from "./service/messages.js";
import { type MessageId, MessageStore, type StoredMessage } from "./service/messageStore.js";
import { dataOf } from "./upstream/inProcess.js";

/** Names a message of a history: compared as text, so `7` and `"7"` are the same. */
export type HistoryId = MessageId;

/** A message as it was sent to a group. */
export interface SentMessage {
  /** Name of the group. */
  readonly group: string;
  /** How the data is encoded. */
  readonly dataType: ContentType;
  /** As a client gets it: a string for text, the value for JSON, an `ArrayBuffer` for binary and protobuf. */
  readonly data: unknown;
  /** Undefined: the sender has no user id, or is the server. */
  readonly fromUserId: string | undefined;
  /** What was sent beside the data; undefined if nothing. */
  readonly metadata: Metadata | undefined;
  /** Unix milliseconds by the service's clock. */
  readonly sentAt: number;
}

/** A message that a history keeps. */
export interface HistoryMessage extends SentMessage {
  /** Undefined: the option `id` gave none; the message comes in pages, but none can begin or end at it. */
  readonly id: HistoryId | undefined;
}

/** Options of `HubHandle.history`. All may be left out. */
export interface HistoryOptions {
  /**
   * Gives the id of a message, for example one that its sender put into the data. Of several messages with one id the
   * first is kept, as where the id is a primary key. If it throws, or returns no string and no finite number, the
   * message is kept without an id; what it throws goes to the log. Default: 1, 2, 3 and so on.
   */
  readonly id?: (message: SentMessage) => HistoryId | undefined;
  /** How many messages are kept; beyond that the oldest are dropped. Default: 10,000. */
  readonly maxMessages?: number;
  /** How many bytes are kept; beyond that the oldest are dropped. Text counts by its characters. Default: 64 MB. */
  readonly maxBytes?: number;
}

/** Which messages of a history. */
export interface HistoryPage {
  /** Only messages after the one with this id. */
  readonly after?: HistoryId | undefined;
  /** Only messages before the one with this id. */
  readonly before?: HistoryId | undefined;
  /** At most so many: the first ones after `after`; without `after`, the last ones. Default: all. */
  readonly limit?: number | undefined;
}

const defaultMaxMessages = 10_000;
const defaultMaxBytes = 64 * 1024 * 1024;

/**
 * What was sent to one group: the local service plays the store that an application has behind the cloud service. It
 * has a message before any client gets it, and keeps it whatever happens to connections.
 */
export class GroupHistory {
  readonly #store: MessageStore;

  /** @internal */
  constructor(store: MessageStore) {
    this.#store = store;
  }

  /** How many messages are kept. */
  get length(): number {
    return this.#store.size;
  }

  /**
   * The messages in the order in which they were sent.
   * @throws RangeError if no message with the id `after` or `before` is kept: what lies between can't be known then
   */
  messages(page: HistoryPage = {}): HistoryMessage[] {
    checkObject("page", page, ["after", "before", "limit"]);
    const range = {
      after: optional(page.after, (id) => this.#kept("after", id)),
      before: optional(page.before, (id) => this.#kept("before", id)),
      limit:
        optional(page.limit, (limit) => checkInteger("limit", limit, 1, Number.MAX_SAFE_INTEGER)) ?? Infinity,
    };
    return this.#store.range(range).map(historyMessage);
  }

  /** Forgets the messages that are kept; what is sent from now on is kept. */
  clear(): void {
    this.#store.clear();
  }

  #kept(name: string, id: unknown): HistoryId {
    if (!isId(id)) throw new TypeError(`${name} must be a string or a finite number, but is ${typeof id}.`);
    if (this.#store.has(id)) return id;
    throw new RangeError(
      `${name}: no message with the id ${JSON.stringify(id)} is kept. It was sent before the history began, was dropped, or was never sent to this group.`,
    );
  }
}

/** The store behind a history; a bad option throws an error that says so. */
export function historyStore(
  options: HistoryOptions,
  now: () => number,
  failed: (cause: unknown) => void,
): MessageStore {
  checkObject("options", options, ["id", "maxMessages", "maxBytes"]);
  const { id, maxMessages = defaultMaxMessages, maxBytes = defaultMaxBytes } = options;
  optional(id, (value) => checkFunction("id", value));
  checkInteger("maxMessages", maxMessages, 1, Number.MAX_SAFE_INTEGER);
  checkInteger("maxBytes", maxBytes, 1, Number.MAX_SAFE_INTEGER);
  const idOf = (message: GroupData, sentAt: number, position: number): HistoryId | undefined => {
    if (id === undefined) return position;
    try {
      const given: unknown = id(sentMessage(message, sentAt));
      return isId(given) ? given : undefined;
    } catch (cause) {
      // It must not come between the sender and the group.
      failed(cause);
      return undefined;
    }
  };
  return new MessageStore({ idOf, maxMessages, maxBytes, now });
}

function isId(value: unknown): value is HistoryId {
  return typeof value === "string" || (typeof value === "number" && Number.isFinite(value));
}

function historyMessage({ id, message, sentAt }: StoredMessage): HistoryMessage {
  return { id, ...sentMessage(message, sentAt) };
}

function sentMessage({ group, payload, fromUserId, metadata }: GroupData, sentAt: number): SentMessage {
  return {
    group,
    dataType: payload.dataType,
    // A copy: the service replays the same bytes.
    data: "bytes" in payload ? new Uint8Array(payload.bytes).buffer : dataOf(payload),
    fromUserId,
    metadata: metadata && { ...metadata },
    sentAt,
  };
}
