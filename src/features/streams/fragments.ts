import type { Frame } from "../../core/session/frame.js";
import type { Deferred } from "../../core/util/deferred.js";
import { sizeOf } from "../../core/util/sizeOf.js";

/** Fragments of at most this many windows may wait for a place in the window. */
const WAITING_WINDOWS = 4;

/** How many fragments and bytes may be unacknowledged. */
export interface Window {
  readonly maxUnackedFragments: number;
  readonly maxUnackedBytes: number;
}

/** Encodes a fragment with its id. */
export type Encode = (id: number) => Frame;

/** Its frame has the id that it gets unless an earlier one is taken back. */
type Waiting = { readonly encode: Encode; readonly id: number; readonly frame: Frame };

/**
 * The fragments that the service hasn't acknowledged, numbered from 1 in the order of writing. The first ones have a
 * place in the window: they were sent or will be, and may have to be sent again. The others wait for one.
 */
export class Fragments {
  /** Id of the oldest unacknowledged fragment; `next` if there is none. */
  oldest = 1;
  /** Total length of the fragments in the window, in characters or bytes. */
  size = 0;
  readonly #limits: Window;
  readonly #maxWaiting: number;
  readonly #window: Frame[] = [];
  /** How many of the window were taken since the last `rewind`. */
  #taken = 0;
  /** By the calls that wait. */
  readonly #line = new Map<Deferred<void>, Waiting>();
  #waitingSize = 0;

  constructor(limits: Window, maxWaiting: number) {
    this.#limits = limits;
    this.#maxWaiting = maxWaiting;
  }

  /** Id of the fragment after the last one in the window. */
  get next(): number {
    return this.oldest + this.#window.length;
  }

  /** Fragments wait for a place in the window. */
  get areWaiting(): boolean {
    return this.#line.size > 0;
  }

  /** Too many are waiting already. */
  get isCrowded(): boolean {
    const mostBytes = this.#limits.maxUnackedBytes * WAITING_WINDOWS;
    return this.#line.size >= this.#maxWaiting || this.#waitingSize >= mostBytes;
  }

  /**
   * Adds a fragment; its call resolves when it has a place in the window.
   * @throws what `encode` throws
   */
  add(call: Deferred<void>, encode: Encode): void {
    const id = this.next + this.#line.size;
    const frame = encode(id);
    this.#line.set(call, { encode, id, frame });
    this.#waitingSize += sizeOf(frame);
    this.#admit();
  }

  /** Takes the fragment of a call out of the line, if it waits there. */
  takeBack(call: Deferred<void>): void {
    const waiting = this.#line.get(call);
    if (waiting === undefined) return;
    this.#line.delete(call);
    this.#waitingSize -= sizeOf(waiting.frame);
  }

  /** The next fragment to send. */
  take(): Frame | undefined {
    return this.#taken < this.#window.length ? this.#window[this.#taken++] : undefined;
  }

  /** The oldest fragment, whether sent or not. */
  peek(): Frame | undefined {
    return this.#window[0];
  }

  /**
   * The service expects this id next: fragments below it are dropped. An id lower than before changes nothing.
   * @returns false, without any change, for an id that can't be expected yet
   */
  acknowledge(expected: number): boolean {
    const count = expected - this.oldest;
    if (count > this.#window.length) return false;
    if (count > 0) {
      for (const frame of this.#window.splice(0, count)) this.size -= sizeOf(frame);
      this.oldest = expected;
      this.#taken = Math.max(0, this.#taken - count);
      this.#admit();
    }
    return true;
  }

  /** All fragments will be sent again. */
  rewind(): void {
    this.#taken = 0;
  }

  /** Drops all fragments. */
  clear(error: Error): void {
    this.#window.length = 0;
    for (const call of this.#line.keys()) call.reject(error);
    this.#line.clear();
  }

  /** Moves waiting fragments to the free places in the window. One of any size may always be under way. */
  #admit(): void {
    const { maxUnackedFragments, maxUnackedBytes } = this.#limits;
    for (const [call, { encode, id, frame }] of this.#line) {
      const count = this.#window.length;
      if (count > 0 && (count >= maxUnackedFragments || this.size + sizeOf(frame) > maxUnackedBytes)) return;
      this.takeBack(call);
      try {
        // An earlier one was taken back, or could not be encoded again.
        const final = id === this.next ? frame : encode(this.next);
        this.#window.push(final);
        this.size += sizeOf(final);
        call.resolve();
      } catch (thrown) {
        call.reject(thrown);
      }
    }
  }
}
