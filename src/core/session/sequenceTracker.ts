/**
 * The service holds at most 1,000 messages and 16 MB unacknowledged. These bounds keep the
 * unacknowledged messages far below a quarter of that, even in a burst.
 */
const ACK_AFTER_MESSAGES = 64;
const ACK_AFTER_SIZE = 1 << 20;

/** The sequence ids of one connection id: finds duplicates, and decides when an ack is due. */
export class SequenceTracker {
  #last: number | undefined;
  #acknowledged = 0;
  #messages = 0;
  #size = 0;

  /** Largest id seen, if any. */
  get last(): number | undefined {
    return this.#last;
  }

  /** Enough has come since the last ack that the next can't wait for its timer. */
  get isUrgent(): boolean {
    return (
      this.#messages >= ACK_AFTER_MESSAGES ||
      this.#size >= ACK_AFTER_SIZE ||
      // Ids may have gaps, but the service counts by ids.
      (this.#last ?? 0) - this.#acknowledged >= ACK_AFTER_MESSAGES
    );
  }

  /** Counts a message. Returns false if its id was seen before. */
  accept(sequenceId: number, size: number): boolean {
    this.#messages++;
    this.#size += size;
    if (this.#last !== undefined && sequenceId <= this.#last) return false;
    this.#last = sequenceId;
    return true;
  }

  /** The id to acknowledge; it counts as acknowledged then. Undefined if no message has come. */
  take(): number | undefined {
    this.reset(this.#last);
    return this.#last;
  }

  /** Counts from an id on, which is acknowledged; without one, from the start, as on a new connection. */
  reset(last?: number): void {
    this.#last = last;
    this.#acknowledged = last ?? 0;
    this.#messages = 0;
    this.#size = 0;
  }
}
