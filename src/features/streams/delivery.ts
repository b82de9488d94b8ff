import type { FeaturePort } from "../../core/feature.js";
import { tryOrLog } from "../../core/log.js";
import type { Frame } from "../../core/session/frame.js";
import type { Suspect } from "../../core/session/suspect.js";
import type { Deferred } from "../../core/util/deferred.js";
import { Timer } from "../../core/util/timer.js";
import { Fragments, type Encode, type Window } from "./fragments.js";

/** If nothing is acknowledged for this long, in ms, the oldest fragment is sent again; doubles each time. */
const PROBE_AFTER = 1_000;
/** How long a fragment that was refused twice waits, in ms; doubles each time, up to `LONGEST_HOLD`. */
const FIRST_HOLD = 50;
const LONGEST_HOLD = 5_000;
/** How long a stream waits after its socket threw, in ms. */
const AFTER_THROW = 1_000;

export interface DeliveryOptions extends Window {
  /** How long the end of the stream may stay unanswered, in ms. */
  readonly closeTimeoutInMs: number;
  /** After a third of this time without an acknowledged fragment a keep-alive is sent, in ms. */
  readonly idleTimeoutInMs: number;
}

/** Delivers the fragments of an open stream, and its end, to the service in order and completely. */
export class Delivery {
  readonly fragments: Fragments;
  /** A frame of the stream may be declined again. */
  suspect: Suspect | undefined;
  readonly #options: DeliveryOptions;
  readonly #port: FeaturePort;
  readonly #keepAlive: Frame;
  readonly #onCloseTimeout: () => void;
  /** Fragments are taken, and the service must be kept from ending the stream. */
  #isOpen = false;
  #endFrame: Frame | undefined;
  /** The end was written, and no fragment must be written again before it. */
  #endSent = false;
  /** How often the end was written. */
  #ends = 0;
  readonly #timer: Timer;
  #timerDue = Infinity;
  /** When the service last accepted a sign of life; refused fragments may not count as one. */
  #aliveAt = 0;
  /** When the service last accepted something, or the wait for that began. */
  #heardAt = 0;
  #probeAfter = PROBE_AFTER;
  /** When something is sent again: to learn what has arrived, or because a hold ends. */
  #probeAt = 0;
  /** Nothing is written until `#probeAt`; then all unacknowledged fragments are written again. */
  #isHeld = false;
  #hold = 0;

  /** @param onCloseTimeout called when the end is unanswered for too long */
  constructor(options: DeliveryOptions, port: FeaturePort, keepAlive: Frame, onCloseTimeout: () => void) {
    const { environment, maxPendingOperations } = port.settings;
    this.#options = options;
    this.#port = port;
    this.#keepAlive = keepAlive;
    this.#onCloseTimeout = onCloseTimeout;
    this.#timer = new Timer(environment);
    this.fragments = new Fragments(options, maxPendingOperations);
  }

  /** All fragments have arrived, and the end was written more than once, so only its answer was lost. */
  get isOver(): boolean {
    return this.#ends > 1 && this.#isIdle;
  }

  /** The service has confirmed the stream. */
  open(): void {
    this.#isOpen = true;
    this.onRecovered();
  }

  /** @throws what `encode` throws */
  write(call: Deferred<void>, encode: Encode): void {
    if (this.#isIdle) this.#heard();
    this.fragments.add(call, encode);
    this.flush();
  }

  /** Ends the stream after all fragments. On a closed one the end is written once for each link. */
  end(frame: Frame): void {
    this.#endFrame = frame;
    this.#heard();
    this.flush();
  }

  /**
   * The service expects a fragment next: all fragments below it have arrived. If it has refused another one, it asks
   * for all from there on again.
   * @returns false for an id that can't be expected
   */
  answered(expected: number, isRefusal: boolean): boolean {
    const { oldest } = this.fragments;
    if ((isRefusal && expected < oldest) || !this.fragments.acknowledge(expected)) return false;
    if (expected > oldest) {
      this.#hold = 0;
      this.#isHeld = false;
      this.#aliveAt = this.#now();
      this.#heard();
    }
    if (!isRefusal) this.flush();
    else this.#refused();
    return true;
  }

  /** The same connection is recovered. */
  onRecovered(): void {
    this.#aliveAt = this.#now();
    this.#heard();
    this.#resend();
  }

  /** Writes what the service must still get, the end last. */
  flush(): void {
    while (!this.#isHeld && this.#port.hasRoom(this.suspect)) {
      let frame = this.fragments.take();
      if (frame === undefined) {
        if (this.#endFrame === undefined || this.#endSent || this.fragments.areWaiting) break;
        this.#endSent = true;
        this.#ends++;
        frame = this.#endFrame;
      }
      this.#send(frame);
    }
    this.#arm();
  }

  /** Something was written and isn't answered. */
  get isUnanswered(): boolean {
    return !this.#isIdle || this.#endSent;
  }

  /** Drops all fragments, and the end. */
  close(error: Error): void {
    this.#timer.clear();
    this.#timerDue = Infinity;
    this.#isOpen = this.#isHeld = this.#endSent = false;
    this.fragments.clear(error);
    this.#endFrame = undefined;
  }

  #refused(): void {
    // The close timeout counts only silence, and the service isn't silent.
    this.#heard();
    if (this.#hold === 0) {
      this.#hold = FIRST_HOLD;
      this.#resend();
    } else if (!this.#isHeld) {
      // Refused again, or this refusal answers the first sending; the two can't be told apart.
      this.#holdFor(this.#hold);
      this.#hold = Math.min(this.#hold * 2, LONGEST_HOLD);
    }
  }

  /** Writes all unacknowledged fragments again; the service recognises duplicates. */
  #resend(): void {
    this.#isHeld = this.#endSent = false;
    this.#probeAt = this.#now() + this.#probeAfter;
    this.fragments.rewind();
    this.flush();
  }

  #send(frame: Frame): void {
    const { logger } = this.#port.settings;
    if (tryOrLog(logger, "send a frame of a stream", () => this.#port.write(frame, this.suspect))) return;
    this.fragments.rewind();
    this.#holdFor(AFTER_THROW);
  }

  #holdFor(delay: number): void {
    this.#isHeld = true;
    this.#probeAt = this.#now() + delay;
    this.#arm();
  }

  #heard(): void {
    this.#heardAt = this.#now();
    this.#probeAfter = PROBE_AFTER;
    if (!this.#isHeld) this.#probeAt = this.#heardAt + PROBE_AFTER;
  }

  #now(): number {
    return this.#port.settings.environment.now();
  }

  get #isIdle(): boolean {
    return this.fragments.peek() === undefined;
  }

  get #aliveDue(): number {
    return this.#isOpen ? this.#aliveAt + this.#options.idleTimeoutInMs / 3 : Infinity;
  }

  /** When a sent frame has been unanswered for too long, or a hold ends. */
  get #probeDue(): number {
    return this.#isHeld || !this.#isIdle || (this.#endSent && this.#isOpen) ? this.#probeAt : Infinity;
  }

  get #closeDue(): number {
    return this.#endFrame === undefined ? Infinity : this.#heardAt + this.#options.closeTimeoutInMs;
  }

  #arm(): void {
    const due = Math.min(this.#aliveDue, this.#probeDue, this.#closeDue);
    // Without a link nothing is due: either it is recovered or the stream ends.
    if (due >= this.#timerDue || !this.#port.writable) return;
    this.#timerDue = due;
    this.#timer.at(due, () => this.#tick());
  }

  #tick(): void {
    const now = this.#now();
    this.#timerDue = Infinity;
    if (!this.#port.writable) return;
    if (now >= this.#closeDue) return this.#onCloseTimeout();
    if (now >= this.#probeDue) {
      const fragment = this.#isHeld ? undefined : this.fragments.peek();
      if (!this.#isHeld) this.#probeAfter *= 2;
      this.#probeAt = now + this.#probeAfter;
      if (fragment === undefined) this.#resend();
      else if (this.#port.hasRoom(this.suspect)) this.#send(fragment);
    }
    if (now >= this.#aliveDue) {
      this.#aliveAt = now;
      this.#send(this.#keepAlive);
    }
    this.#arm();
  }
}
