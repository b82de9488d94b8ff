import { sizeOf } from "../../core/util/sizeOf.js";
import { Timer } from "../../core/util/timer.js";
import { toError } from "../../core/errors.js";
import type { Frame } from "../../core/session/frame.js";
import type { FeaturePort } from "../../core/feature.js";
import type { GroupStreamError } from "./groupStreamError.js";
import { ReplayBuffer } from "./replayBuffer.js";
import { WaitingLine, type WaitingFragment } from "./waitingLine.js";

/** If nothing is acknowledged for this long, in ms, the oldest fragment is sent again; doubles each time. */
const PROBE_AFTER = 1_000;
/** How long a fragment that was refused twice waits, in ms; doubles each time, up to `LONGEST_HOLD`. */
const FIRST_HOLD = 50;
const LONGEST_HOLD = 5_000;
/** How long a stream waits after its socket threw, in ms. */
const AFTER_THROW = 1_000;
/** Fragments of at most this many windows may wait for a place in the window. */
const WAITING_WINDOWS = 4;

export interface DeliveryOptions {
  readonly maxUnackedFragments: number;
  readonly maxUnackedBytes: number;
  /** How long the end of the stream may stay unanswered, in ms. */
  readonly closeTimeoutInMs: number;
  /** After this time without an acknowledged fragment a keep-alive is sent, in ms. */
  readonly aliveInMs: number;
  readonly keepAliveFrame: Frame;
  /** Encodes a waiting fragment again, with another id. */
  readonly renumber: (fragment: WaitingFragment, streamSequenceId: number) => Frame;
  readonly onCloseTimeout: () => void;
}

/** Delivers the fragments of an open stream, and its end, to the service in order and completely. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #port: FeaturePort;
  readonly #line = new WaitingLine();
  #buffer = new ReplayBuffer();
  #endFrame: Frame | undefined;
  /** The end was written, and no fragment must be written again before it. */
  #endSent = false;
  /** How often the end was written. */
  #ends = 0;
  readonly #timer: Timer;
  #timerDue = Infinity;
  /** When the service last accepted a sign of life; refused fragments may not count as one. */
  #aliveAt: number;
  /** When the service last accepted something, or the wait for that began. */
  #heardAt: number;
  #probeAfter = PROBE_AFTER;
  #probeAt = 0;
  /** Nothing is written before this time; then all unacknowledged fragments are written again. */
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

  /** Id of the next fragment, unless a waiting one is aborted before. */
  get following(): number {
    return this.#buffer.next + this.#line.count;
  }

  /** Too many fragments are waiting already. */
  get isCrowded(): boolean {
    return (
      this.#line.count >= this.#port.settings.maxPendingOperations ||
      this.#line.size >= this.#options.maxUnackedBytes * WAITING_WINDOWS
    );
  }

  /** All fragments have arrived, and the end was written more than once, so only its answer was lost. */
  get isOver(): boolean {
    return this.#ends > 1 && this.#buffer.count === 0;
  }

  /** Whether the window has room for a frame. */
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

  /** Ends the stream after all fragments. */
  end(frame: Frame): void {
    this.#endFrame = frame;
    this.#heard();
    this.#pump();
    this.#armNext();
  }

  /**
   * All fragments below an id have arrived.
   * @returns false for an id that can't be expected yet
   */
  acknowledge(expected: number): boolean {
    if (!this.#advance(expected)) return false;
    this.#pump();
    this.#armNext();
    return true;
  }

  /**
   * The service asks for the fragments from an id on again.
   * @returns false for an id that can't be expected yet or any more
   */
  refused(expected: number): boolean {
    if (expected < this.oldest || !this.#advance(expected)) return false;
    // The close timeout counts only silence, and the service isn't silent.
    this.#heard();
    if (this.#hold === 0) {
      this.#hold = FIRST_HOLD;
      this.resend();
    } else if (this.#heldUntil === Infinity) {
      // Refused again, or this refusal answers the first sending; the two can't be told apart.
      this.#holdFor(this.#hold);
      this.#hold = Math.min(this.#hold * 2, LONGEST_HOLD);
    }
    return true;
  }

  /** The same connection is recovered. */
  onRecovered(): void {
    this.#aliveAt = this.#now();
    this.#heard();
    this.resend();
  }

  /** Writes all unacknowledged fragments again; the service recognises duplicates. */
  resend(): void {
    this.#heldUntil = Infinity;
    this.#endSent = false;
    this.#probeAt = this.#now() + this.#probeAfter;
    this.#buffer.rewind();
    this.#pump();
    this.#armNext();
  }

  /** Writes the waiting frames. */
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

  /** One fragment of any size may always be under way. */
  #hasRoom(frame: Frame): boolean {
    const { maxUnackedFragments, maxUnackedBytes } = this.#options;
    const { count, size } = this.#buffer;
    return count === 0 || (count < maxUnackedFragments && size + sizeOf(frame) <= maxUnackedBytes);
  }

  /** Moves waiting fragments to the free places in the window. */
  #admit(): void {
    for (;;) {
      const fragment = this.#line.peek();
      if (fragment === undefined) return;
      const { next } = this.#buffer;
      const { frame, message, resolve, reject } = fragment;
      if (!this.#hasRoom(frame)) return;
      this.#line.shift();
      try {
        // An earlier one was aborted, or could not be encoded again.
        const moved = message.streamSequenceId !== next;
        this.#buffer.push(moved ? this.#options.renumber(fragment, next) : frame);
        resolve();
      } catch (thrown) {
        reject(toError(thrown));
      }
    }
  }

  /** Writes what the service must still get, the end last. */
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

  /** When a sent frame has been unanswered for too long. */
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
    // Without a link nothing is due: either it is recovered or the stream ends.
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
