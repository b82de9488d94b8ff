import type { Frame } from "../../core/session/frame.js";
import { sizeOf } from "../../core/util/sizeOf.js";

/**
 * The fragments that the service hasn't acknowledged, numbered from 1 in the order of writing. The first ones
 * were sent, the others will be; those that were sent may have to be sent again.
 */
export class ReplayBuffer {
  #frames: (Frame | undefined)[] = [];
  /** Index of the oldest fragment in the array. */
  #head = 0;
  #oldest = 1;
  #cursor = 1;
  #size = 0;

  /** Id of the oldest unacknowledged fragment; `next` if there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Id of the next fragment that is pushed. */
  get next(): number {
    return this.#oldest + this.count;
  }

  get count(): number {
    return this.#frames.length - this.#head;
  }

  /** Total length of the fragments, in characters or bytes. */
  get size(): number {
    return this.#size;
  }

  /** All fragments were taken since the last `rewind`. */
  get isSent(): boolean {
    return this.#cursor === this.next;
  }

  push(frame: Frame): void {
    this.#frames.push(frame);
    this.#size += sizeOf(frame);
  }

  /** The next fragment to send. */
  take(): Frame | undefined {
    return this.isSent ? undefined : this.#frames[this.#head + this.#cursor++ - this.#oldest];
  }

  /** The oldest fragment, whether sent or not. */
  peek(): Frame | undefined {
    return this.#frames[this.#head];
  }

  /**
   * The service expects this id next: fragments below it are dropped. An id lower than before changes nothing.
   * @returns false, without any change, for an id that can't be expected yet
   */
  acknowledge(expected: number): boolean {
    if (expected > this.next) return false;
    while (this.#oldest < expected) {
      this.#size -= sizeOf(this.#frames[this.#head] as Frame);
      this.#frames[this.#head++] = undefined;
      this.#oldest++;
    }
    this.#cursor = Math.max(this.#cursor, this.#oldest);
    // Free the dropped part once it is larger than the rest.
    if (this.#head > 32 && this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    return true;
  }

  /** All fragments will be sent again. */
  rewind(): void {
    this.#cursor = this.#oldest;
  }
}
