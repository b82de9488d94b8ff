import type { GroupData } from "./messages.js";
import { payloadSize } from "./payloadSize.js";

/** Names a message of the store; compared as text, since it may come from a URL. */
export type MessageId = string | number;

export interface StoredMessage {
  /** Undefined: it has none, and can't be named. */
  readonly id: MessageId | undefined;
  readonly message: GroupData;
  /** Unix milliseconds. */
  readonly sentAt: number;
}

export interface MessageStoreOptions {
  /** Called once for each message. It must not throw. */
  readonly idOf: (message: GroupData, sentAt: number, position: number) => MessageId | undefined;
  /** Beyond these, the oldest messages are dropped. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly now: () => number;
}

/** Which messages: after and before those with these ids, both exclusive. */
export interface MessageRange {
  readonly after: MessageId | undefined;
  readonly before: MessageId | undefined;
  readonly limit: number;
}

/** What was sent to one group, in order and each id once: the store of the application behind the service. */
export class MessageStore {
  readonly #options: MessageStoreOptions;
  /** By position: the numbers from `#next - size` to `#next - 1`. */
  readonly #messages = new Map<number, StoredMessage>();
  readonly #positions = new Map<string, number>();
  #next = 1;
  #bytes = 0;

  constructor(options: MessageStoreOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#messages.size;
  }

  /** A second message with an id that is kept changes nothing, as where the id is a primary key. */
  add(message: GroupData): void {
    const { idOf, maxMessages, maxBytes, now } = this.#options;
    const sentAt = now();
    const id = idOf(message, sentAt, this.#next);
    if (id !== undefined) {
      if (this.#positions.has(String(id))) return;
      this.#positions.set(String(id), this.#next);
    }
    this.#messages.set(this.#next++, { id, message, sentAt });
    this.#bytes += sizeOf(message);
    while (this.size > maxMessages || this.#bytes > maxBytes) this.#dropOldest();
  }

  has(id: MessageId): boolean {
    return this.#positions.has(String(id));
  }

  /**
   * In the order in which they were sent: without `after` the newest ones, else those that come next.
   * Ids that aren't kept count as left out.
   */
  range({ after, before, limit }: MessageRange): StoredMessage[] {
    const from = (this.#position(after) ?? this.#first - 1) + 1;
    const to = this.#position(before) ?? this.#next;
    const start = after === undefined ? Math.max(from, to - limit) : from;
    const found: StoredMessage[] = [];
    for (let position = start; position < to && found.length < limit; position++) {
      const stored = this.#messages.get(position);
      if (stored !== undefined) found.push(stored);
    }
    return found;
  }

  clear(): void {
    this.#messages.clear();
    this.#positions.clear();
    this.#bytes = 0;
  }

  get #first(): number {
    return this.#next - this.size;
  }

  #position(id: MessageId | undefined): number | undefined {
    return id === undefined ? undefined : this.#positions.get(String(id));
  }

  #dropOldest(): void {
    const position = this.#first;
    const oldest = this.#messages.get(position);
    if (oldest === undefined) return;
    this.#messages.delete(position);
    if (oldest.id !== undefined) this.#positions.delete(String(oldest.id));
    this.#bytes -= sizeOf(oldest.message);
  }
}

function sizeOf({ payload, metadata = {} }: GroupData): number {
  let size = payloadSize(payload);
  for (const [key, value] of Object.entries(metadata)) size += key.length + value.length;
  return size;
}
