import { sizeOf } from "../../core/util/sizeOf.js";
import { Timer } from "../../core/util/timer.js";
import { toError } from "../../core/errors.js";
import type { Frame } from "../../core/session/frame.js";
import type { FeaturePort } from "../../core/feature.js";
import type { GroupStreamError } from "./groupStreamError.js";
import { ReplayBuffer } from "./replayBuffer.js";
import { WaitingLine, type WaitingFragment } from "./waitingLine.js";

/** How long nothing is acknowledged before the oldest fragment is sent once more, in ms; it doubles. */
const PROBE_AFTER = 1_000;
/** How long a fragment that was refused twice waits, in ms; it doubles up to the longest. */
const FIRST_HOLD = 50;
const LONGEST_HOLD = 5_000;
/** How long a stream waits after its socket threw, in ms. */
const AFTER_THROW = 1_000;
/** So many windows may wait for the window. */
const WAITING_WINDOWS = 4;

export interface DeliveryOptions {
  readonly maxUnackedFragments: number;
  readonly maxUnackedBytes: number;
  /** How long the end may go unanswered, in ms. */
  readonly closeTimeoutInMs: number;
  /** How long nothing may be sent, in ms. */
  readonly aliveInMs: number;
  readonly keepAliveFrame: Frame;
  /** Writes a waiting fragment again, with another id. */
  readonly renumber: (fragment: WaitingFragment, streamSequenceId: number) => Frame;
  readonly onCloseTimeout: () => void;
}

/** Brings the fragments of an open stream, and its end, to the service in order and completely. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #port: FeaturePort;
  readonly #line = new WaitingLine();
  #buffer = new ReplayBuffer();
  #endFrame: Frame | undefined;
  /** The end was written, and nothing is to be written before it again. */
  #endSent = false;
  /** How often the end was written. */
  #ends = 0;
  readonly #timer: Timer;
  #timerDue = Infinity;
  /** When the service last had a sign of life that it took: what it refuses may be none. */
  #aliveAt: number;
  /** When the service last took something, or the waiting for it began. */
  #heardAt: number;
  #probeAfter = PROBE_AFTER;
  #probeAt = 0;
  /** Nothing is written before this time; then all that was not taken is written again. */
  #heldUntil = Infinity;
  #hold = 0;

  constructor(options: DeliveryOptions, port: FeaturePort) {
    this.#options = options;
    this.#port = port;
    this.#timer = new Timer(port.settings.environment);
    this.#aliveAt = this.#heardAt = this.#now();
    this.#armNext();
  }

  /** Id of the oldest fragment that isn't acknowledged. */
  get oldest(): number {
    return this.#buffer.oldest;
  }

  /** Id of the fragment after the last one in the window. */
  get next(): number {
    return this.#buffer.next;
  }

  /** Id that the next fragment gets, unless a waiting one is taken back. */
  get following(): number {
    return this.#buffer.next + this.#line.count;
  }

  /** Too much is waiting already. */
  get isCrowded(): boolean {
    return (
      this.#line.count >= this.#port.settings.maxPendingOperations ||
      this.#line.size >= this.#options.maxUnackedBytes * WAITING_WINDOWS
    );
  }

  /** Everything has arrived, and the end was written more than once: only the answer to it was lost. */
  get isOver(): boolean {
    return this.#ends > 1 && this.#buffer.count === 0;
  }

  /** There is a place in the window. */
  fits(frame: Frame): boolean {
    return this.#line.count === 0 && this.#hasRoom(frame);
  }

  push(frame: Frame): void {
    if (this.#buffer.count === 0) this.#heard();
    this.#buffer.push(frame);
    this.#pump();
    this.#arm(this.#probeAt);
  }

  wait(fragment: WaitingFragment): void {
    this.#line.add(fragment);
  }

  /** The end goes out behind everything. */
  end(frame: Frame): void {
    this.#endFrame = frame;
    this.#heard();
    this.#pump();
    this.#armNext();
  }

  /**
   * Everything below an id has arrived.
   * @returns false for an id that can't be expected yet
   */
  acknowledge(expected: number): boolean {
    if (!this.#advance(expected)) return false;
    this.#pump();
    this.#armNext();
    return true;
  }

  /**
   * Everything from an id on is wanted again.
   * @returns false for an id that can't be expected yet, or any more
   */
  refused(expected: number): boolean {
    if (expected < this.oldest || !this.#advance(expected)) return false;
    // It isn't silent: what may take no more than so long is silence.
    this.#heard();
    if (this.#hold === 0) {
      this.#hold = FIRST_HOLD;
      this.resend();
    } else if (this.#heldUntil === Infinity) {
      // Refused again, or on its way still when it was refused first: nobody can tell.
      this.#holdFor(this.#hold);
      this.#hold = Math.min(this.#hold * 2, LONGEST_HOLD);
    }
    return true;
  }

  /** The same connection stands again. */
  onRecovered(): void {
    this.#aliveAt = this.#now();
    this.#heard();
    this.resend();
  }

  /** Everything that isn't acknowledged is written again: the service knows its duplicates. */
  resend(): void {
    this.#heldUntil = Infinity;
    this.#endSent = false;
    this.#probeAt = this.#now() + this.#probeAfter;
    this.#buffer.rewind();
    this.#pump();
    this.#armNext();
  }

  /** Writes what had to wait. */
  onRoom(): void {
    this.#pump();
    this.#armNext();
  }

  close(error: GroupStreamError): void {
    this.#timer.clear();
    this.#timerDue = -Infinity;
    this.#line.clear(error);
    this.#buffer = new ReplayBuffer();
    this.#endFrame = undefined;
  }

  #advance(expected: number): boolean {
    const { oldest } = this.#buffer;
    if (!this.#buffer.acknowledge(expected)) return false;
    if (expected > oldest) {
      this.#heard();
      this.#aliveAt = this.#now();
      this.#hold = 0;
      this.#heldUntil = Infinity;
      this.#admit();
    }
    return true;
  }

  /** One fragment, however large, may always be under way. */
  #hasRoom(frame: Frame): boolean {
    const { maxUnackedFragments, maxUnackedBytes } = this.#options;
    const { count, size } = this.#buffer;
    return count === 0 || (count < maxUnackedFragments && size + sizeOf(frame) <= maxUnackedBytes);
  }

  /** Those who wait get the places that have become free. */
  #admit(): void {
    for (;;) {
      const fragment = this.#line.peek();
      if (fragment === undefined) return;
      const { next } = this.#buffer;
      const { frame, message, resolve, reject } = fragment;
      if (!this.#hasRoom(frame)) return;
      this.#line.shift();
      try {
        // One before it was taken back, or couldn't be written any more.
        const moved = message.streamSequenceId !== next;
        this.#buffer.push(moved ? this.#options.renumber(fragment, next) : frame);
        resolve();
      } catch (thrown) {
        reject(toError(thrown));
      }
    }
  }

  /** Writes what the service is to have, the end last. */
  #pump(): void {
    if (this.#heldUntil !== Infinity) return;
    while (this.#port.hasRoom()) {
      const frame = this.#buffer.take();
      if (frame !== undefined) {
        if (this.#send(frame)) continue;
        this.#buffer.rewind();
        return;
      }
      if (this.#endFrame === undefined || this.#endSent || this.#line.count > 0) return;
      this.#endSent = true;
      this.#ends++;
      this.#send(this.#endFrame);
    }
  }

  #send(frame: Frame): boolean {
    try {
      this.#port.write(frame);
      return true;
    } catch (thrown) {
      this.#port.settings.logger.info(`A frame of a stream could not be sent: ${toError(thrown).message}`);
      this.#holdFor(AFTER_THROW);
      return false;
    }
  }

  #holdFor(delay: number): void {
    this.#heldUntil = this.#now() + delay;
    this.#arm(this.#heldUntil);
  }

  #heard(): void {
    this.#heardAt = this.#now();
    this.#probeAfter = PROBE_AFTER;
    this.#probeAt = this.#heardAt + PROBE_AFTER;
  }

  #now(): number {
    return this.#port.settings.environment.now();
  }

  get #aliveDue(): number {
    return this.#aliveAt + this.#options.aliveInMs;
  }

  /** When something that was sent has gone unanswered for too long. */
  get #probeDue(): number {
    const waits = this.#heldUntil === Infinity && (this.#buffer.count > 0 || this.#endSent);
    return waits ? this.#probeAt : Infinity;
  }

  get #closeDue(): number {
    return this.#endFrame === undefined ? Infinity : this.#heardAt + this.#options.closeTimeoutInMs;
  }

  #arm(due: number): void {
    if (due >= this.#timerDue) return;
    this.#timerDue = due;
    this.#timer.at(due, () => this.#tick());
  }

  #armNext(): void {
    // Without a link nothing is due: it comes back, or the stream ends.
    if (this.#port.writable)
      this.#arm(Math.min(this.#aliveDue, this.#probeDue, this.#closeDue, this.#heldUntil));
  }

  #tick(): void {
    const now = this.#now();
    this.#timerDue = Infinity;
    if (!this.#port.writable) return;
    if (now >= this.#closeDue) {
      this.#options.onCloseTimeout();
      return;
    }
    if (now >= this.#heldUntil) this.resend();
    if (now >= this.#probeDue) {
      this.#probeAfter *= 2;
      this.#probeAt = now + this.#probeAfter;
      const fragment = this.#buffer.peek();
      if (fragment === undefined) this.resend();
      else if (this.#port.hasRoom()) this.#send(fragment);
    }
    if (now >= this.#aliveDue) {
      this.#aliveAt = now;
      this.#send(this.#options.keepAliveFrame);
    }
    this.#armNext();
  }
}
