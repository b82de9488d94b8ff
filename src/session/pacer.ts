/**
 * So much may be on its way unread: together with what the sequence tracker holds back it keeps the
 * service's window (1,000 messages, 16 MB) at a quarter, if every frame comes back as a message.
 */
const UNREAD = 180;
/** A frame of this size (characters or bytes) or less counts as one; 180 of them make 2 MB. */
const UNIT = 11_650;

/**
 * Keeps a burst of frames from piling up before the client's own sequence acks: those wait in the
 * same line, and a service that hears none closes the connection. What the service has read shows
 * by the answers: pongs of pings that are sent in between, and acks.
 */
export class Pacer {
  #written = 0;
  #read = 0;
  #lastMark = 0;
  #marks: number[] = [];
  #on: boolean;

  /** @param on false: there is no window to keep, or nothing to measure it by */
  constructor(on: boolean) {
    this.#on = on;
  }

  /** More may be written. */
  get open(): boolean {
    return !this.#on || this.#written - this.#read < UNREAD;
  }

  /** A ping is due; it is taken as sent. */
  takeMark(): boolean {
    if (!this.#on || this.#written - this.#lastMark < UNREAD / 2) return false;
    this.#lastMark = this.#written;
    this.#marks.push(this.#written);
    return true;
  }

  /** @returns the frame's position, which an answer to it confirms */
  wrote(size: number): number {
    return (this.#written += Math.max(1, size / UNIT));
  }

  /** Everything up to a position has been read. */
  confirm(position: number): void {
    if (position > this.#read) this.#read = position;
  }

  pong(): void {
    this.confirm(this.#marks.shift() ?? 0);
  }

  /** A new socket has nothing unread. */
  reset(on: boolean): void {
    this.#on = on;
    this.#read = this.#lastMark = this.#written;
    this.#marks = [];
  }
}
