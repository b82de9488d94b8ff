import type { Encoded } from "./codec.js";
import { maxUnacknowledgedBytes, maxUnacknowledgedMessages } from "./limits.js";
import type { Uint64 } from "./messages.js";

/** A message that was sent and not yet acknowledged. */
export interface Unacknowledged {
  readonly sequenceId: number;
  readonly encoded: Encoded;
  /** Unix milliseconds; `Infinity`: never. */
  readonly expiresAt: number;
}

/** Numbers the data messages of one connection id and keeps them until the client has acknowledged them. */
export class ReliableBuffer {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #entries: Unacknowledged[] = [];
  /** Entries before this index are acknowledged; they are cut off in bulk, so that an ack costs what it frees. */
  #head = 0;
  #bytes = 0;
  #lastSequenceId = 0;

  constructor(maxMessages = maxUnacknowledgedMessages, maxBytes = maxUnacknowledgedBytes) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  /** Number of messages held. */
  get count(): number {
    return this.#entries.length - this.#head;
  }

  /** Bytes of the messages held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Sequence id of the newest message; 0 before the first. */
  get lastSequenceId(): number {
    return this.#lastSequenceId;
  }

  /** Takes a message in. Undefined: the window is full, the connection must be closed for good. */
  push(encoded: Encoded, expiresAt: number, now: number): Unacknowledged | undefined {
    if (!this.#fits(encoded)) {
      this.dropExpired(now);
      if (!this.#fits(encoded)) return undefined;
    }
    const entry = { sequenceId: ++this.#lastSequenceId, encoded, expiresAt };
    this.#entries.push(entry);
    this.#bytes += encoded.size;
    return entry;
  }

  /** Lets go of everything up to `sequenceId`. An id that was never sent acknowledges what was. */
  acknowledge(sequenceId: Uint64): void {
    for (let entry = this.#entries[this.#head]; entry !== undefined; entry = this.#entries[this.#head]) {
      if (entry.sequenceId > sequenceId) break;
      this.#bytes -= entry.encoded.size;
      this.#head++;
    }
    if (this.#head > 256 && this.#head * 2 > this.#entries.length) this.#compact();
  }

  /** Lets go of what has expired. The sequence keeps a gap there. */
  dropExpired(now: number): void {
    this.#compact();
    this.#entries = this.#entries.filter((entry) => {
      if (entry.expiresAt > now) return true;
      this.#bytes -= entry.encoded.size;
      return false;
    });
  }

  /** What a recovered connection must hear again, oldest first. */
  unacknowledged(): readonly Unacknowledged[] {
    this.#compact();
    return this.#entries.slice();
  }

  #fits(encoded: Encoded): boolean {
    return this.count < this.#maxMessages && this.#bytes + encoded.size <= this.#maxBytes;
  }

  #compact(): void {
    if (this.#head === 0) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
