import { tryOrLog } from "../log.js";
import type { Settings } from "../options.js";
import { Timer } from "../util/timer.js";
import type { Frame } from "./frame.js";
import type { Writer } from "./featureHooks.js";

/** A service that leaves a ping unanswered so long, in ms, isn't paced by. */
const PONG_PATIENCE = 5_000;

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
export class Pace {
  readonly #settings: Settings;
  readonly #onRoom: () => void;
  readonly #timer: Timer;
  /** None: there is no window to keep, or nothing to measure it by. */
  #pingFrame: Frame | undefined;
  #written = 0;
  #read = 0;
  #lastMark = 0;
  #marks: number[] = [];

  /** @param onRoom called when there is room again */
  constructor(settings: Settings, onRoom: () => void) {
    this.#settings = settings;
    this.#timer = new Timer(settings.environment);
    this.#onRoom = onRoom;
  }

  /** Whether the service keeps up with what is written; asks it by a ping now and then. */
  hasRoom(writer: Writer): boolean {
    const frame = this.#pingFrame;
    if (frame !== undefined && this.#written - this.#lastMark >= UNREAD / 2) {
      this.#lastMark = this.#written;
      this.#marks.push(this.#written);
      tryOrLog(this.#settings.logger, "send a ping", () => writer.write(frame));
    }
    if (this.#isOpen) return true;
    if (!this.#timer.isSet) {
      this.#timer.after(PONG_PATIENCE, () => {
        this.set(false);
        this.#onRoom();
      });
    }
    return false;
  }

  /**
   * The connection has sent a ping of its own, whose pong answers none of these. One on a socket that is yet to prove
   * itself is alone.
   */
  asked(): void {
    if (this.#pingFrame === undefined) this.#marks = [];
    this.#marks.push(this.#written);
  }

  /** @returns the frame's position, which an answer to it confirms */
  wrote(size: number): number {
    return (this.#written += Math.max(1, size / UNIT));
  }

  /**
   * Everything up to a position has been read.
   * @param position of the operation that is answered; none: a ping is
   */
  readUpTo(position = this.#marks.shift() ?? 0): void {
    const wasOpen = this.#isOpen;
    if (position > this.#read) this.#read = position;
    if (wasOpen || !this.#isOpen) return;
    this.#timer.clear();
    this.#onRoom();
  }

  /** A new socket, which has nothing unread, or none any more. Only a reliable connection has a window to keep. */
  set(on: boolean): void {
    const { pingFrame, protocol } = this.#settings;
    this.#timer.clear();
    this.#pingFrame = on && protocol.isReliableSubProtocol ? pingFrame : undefined;
    this.#read = this.#lastMark = this.#written;
    // A recovered socket may still owe the answer to the ping that asked it for proof.
    if (!on) this.#marks = [];
  }

  get #isOpen(): boolean {
    return this.#pingFrame === undefined || this.#written - this.#read < UNREAD;
  }
}
