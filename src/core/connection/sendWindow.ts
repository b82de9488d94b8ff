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
  /** The service has left the frames up to here unanswered; their answers aren't waited for any more. */
  #givenUp = 0;
  /** A frame is sent alone, or waits for that: no other frame may be written. */
  #isExclusive = false;
  #lastPing = 0;
  /** The positions of the pings without a pong. */
  #pings: number[] = [];

  /** A new socket: nothing is unread. */
  reset(): void {
    this.#pings = [];
    this.#lastPing = this.#read;
    this.#isExclusive = false;
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

  /** How much was written and isn't read; a long frame counts as several. */
  get unread(): number {
    return this.#written - this.#read;
  }

  /** The service has shown that it has read all frames. */
  get isAllRead(): boolean {
    return this.isRead(this.#written);
  }

  get #isQuiet(): boolean {
    return this.isAllRead || this.#written <= this.#givenUp;
  }

  /** Whether a frame may be written now. */
  get isOpen(): boolean {
    return !this.#isExclusive && (!this.#isOn || this.unread < UNREAD);
  }

  /** Whether a frame may be written now that is sent alone; if not, no other frame may be until then. */
  isOpenAlone(): boolean {
    this.#isExclusive ||= !this.#isQuiet;
    return this.#isQuiet;
  }

  /** Some frame may be written. */
  get isFree(): boolean {
    return this.isOpen || (this.#isExclusive && this.#isQuiet);
  }

  /** No more frames are to be sent alone. Returns whether others have waited for that. */
  relax(): boolean {
    const wasExclusive = this.#isExclusive && this.#isQuiet;
    if (wasExclusive) this.#isExclusive = false;
    return wasExclusive;
  }

  /** The service doesn't answer. */
  giveUp(): void {
    this.#givenUp = this.#written;
    this.set(false);
  }

  /** Another ping is needed: to learn whether a lone frame was read, or because enough was written since the last. */
  get wantsPing(): boolean {
    const least = this.#isExclusive ? 1 : this.#isOn ? UNREAD / 2 : Infinity;
    return this.#written - this.#lastPing >= least;
  }

  /**
   * @param isAlone it is sent alone
   * @returns the frame's position, which an answer to it confirms
   */
  wrote(size: number, isAlone = false): number {
    this.#isExclusive ||= isAlone;
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
