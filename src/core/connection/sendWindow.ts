/**
 * So much may be on its way unread: together with what the sequence tracker holds back it keeps the
 * service's window (1,000 messages, 16 MB) at a quarter, if every frame comes back as a message.
 */
const UNREAD = 180;
/** A frame of this size (characters or bytes) or less counts as one; 180 of them make 2 MB. */
const UNIT = 11_650;

/**
 * Counts what was written and what the service has shown to have read. It keeps a burst of frames from piling
 * up before the client's own sequence acks: those wait in the same line, and a service that hears none closes
 * the connection. What was read shows by the answers: pongs, and acks of operations.
 */
export class SendWindow {
  /** Off: there is no window to keep, or nothing to measure it by. */
  #isOn = false;
  #written = 0;
  #read = 0;
  #lastPing = 0;
  /** Where each ping stands that has no pong. */
  #pings: number[] = [];

  /** A new socket, which has nothing unread. */
  reset(): void {
    this.#pings = [];
    this.set(false);
  }

  /** The connection is proved, or lost. The answer to the ping that asked for proof may still come. */
  set(isOn: boolean): void {
    this.#isOn = isOn;
    this.#read = this.#lastPing = this.#written;
  }

  get isOpen(): boolean {
    return !this.#isOn || this.#written - this.#read < UNREAD;
  }

  /** So much was written since the last ping that one is wanted. */
  get wantsPing(): boolean {
    return this.#isOn && this.#written - this.#lastPing >= UNREAD / 2;
  }

  /** @returns the frame's position, which an answer to it confirms */
  wrote(size: number): number {
    return (this.#written += Math.max(1, size / UNIT));
  }

  /** A ping was written; one of the keep-alive is none of those that the window asks for. */
  pinged(isWanted = false): void {
    if (isWanted) this.#lastPing = this.#written;
    this.#pings.push(this.#written);
  }

  /**
   * Everything up to a position has been read.
   * @param position of the operation that is answered; none: a ping is
   */
  readUpTo(position = this.#pings.shift() ?? 0): void {
    if (position > this.#read) this.#read = position;
  }
}
