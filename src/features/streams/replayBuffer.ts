import type { Frame } from "../../core/session/frame.js";
import { sizeOf } from "../../core/util/sizeOf.js";

/**
 * The fragments that the service hasn't acknowledged, numbered from 1 in the order of writing. Some
 * were sent, the rest is to be; what was sent may have to be sent again.
 */
export class ReplayBuffer {
  #frames: (Frame | undefined)[] = [];
  /** Where in the array the oldest one stands. */
  #head = 0;
  #oldest = 1;
  #cursor = 1;
  #size = 0;

  /** Id of the oldest fragment that isn't acknowledged; `next` where there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Id of the next fragment to be pushed. */
  get next(): number {
    return this.#oldest + this.count;
  }

  get count(): number {
    return this.#frames.length - this.#head;
  }

  /** Length of all fragments. */
  get size(): number {
    return this.#size;
  }

  /** Every fragment was taken since the last rewinding. */
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

  /** The oldest fragment, wherever the sending stands. */
  peek(): Frame | undefined {
    return this.#frames[this.#head];
  }

  /**
   * The service expects this id: those below it are dropped. Lower ones than before mean nothing new.
   * @returns false, and nothing changes, for an id that can't be expected yet
   */
  acknowledge(expected: number): boolean {
    if (expected > this.next) return false;
    while (this.#oldest < expected) {
      this.#size -= sizeOf(this.#frames[this.#head] as Frame);
      this.#frames[this.#head++] = undefined;
      this.#oldest++;
    }
    this.#cursor = Math.max(this.#cursor, this.#oldest);
    // Give the dropped part back once it is the larger one.
    if (this.#head > 32 && this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    return true;
  }

  /** Everything that is held is to be sent again. */
  rewind(): void {
    this.#cursor = this.#oldest;
  }
}
