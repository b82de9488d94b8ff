/**
 * At most this many frames may be unread by the service. Together with the acks that the sequence tracker delays,
 * this fills at most a quarter of the service's window (1,000 messages, 16 MB) if every frame comes back as a message.
 */
const UNREAD = 180;
/** A frame of this size (characters or bytes) or less counts as one; 180 of them make 2 MB. */
const UNIT = 11_650;

/**
 * Counts the frames that were written, and those that the service has read. Its answers (pongs, and acks of
 * operations) show what it has read. The limit keeps a burst of frames from delaying the client's sequence acks,
 * which are sent over the same socket: a service that receives none closes the connection.
 */
export class SendWindow {
  /** False: there is no window to keep, or nothing to measure it by. */
  #isOn = false;
  #written = 0;
  #read = 0;
  #lastPing = 0;
  /** The positions of the pings without a pong. */
  #pings: number[] = [];

  /** A new socket: nothing is unread. */
  reset(): void {
    this.#pings = [];
    this.set(false);
  }

  /** The connection is proved, or lost. The answer to the ping that proves it may still come. */
  set(isOn: boolean): void {
    this.#isOn = isOn;
    if (isOn) this.#read = this.#lastPing = this.#written;
  }

  /** The service has shown that it has read the frame at a position. */
  isRead(position: number): boolean {
    return position <= this.#read;
  }

  get isOpen(): boolean {
    return !this.#isOn || this.#written - this.#read < UNREAD;
  }

  /** Enough was written since the last ping that another is needed. */
  get wantsPing(): boolean {
    return this.#isOn && this.#written - this.#lastPing >= UNREAD / 2;
  }

  /** @returns the frame's position, which an answer to it confirms */
  wrote(size: number): number {
    return (this.#written += Math.max(1, size / UNIT));
  }

  /** A ping was written. @param isWanted the window asked for it, not the keep-alive */
  pinged(isWanted = false): void {
    if (isWanted) this.#lastPing = this.#written;
    this.#pings.push(this.#written);
  }

  /**
   * Everything up to a position has been read.
   * @param position of the answered operation; default: that of the oldest unanswered ping
   */
  readUpTo(position = this.#pings.shift() ?? 0): void {
    if (position > this.#read) this.#read = position;
  }
}
