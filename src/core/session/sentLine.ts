import type { Operation } from "./operation.js";

/**
 * The operations that were sent and not answered, in the order of sending. A chain and not a `Set`: one that is filled
 * and emptied all the time leaves a trail of outgrown tables behind, each of which leads to the next, and as soon as V8
 * has moved one of them to its old generation, everything that ever stood in a later one grows old there too.
 */
export class SentLine {
  #first: Operation | undefined;
  #last: Operation | undefined;

  /** Sent before all others. */
  get first(): Operation | undefined {
    return this.#first;
  }

  add(operation: Operation): void {
    const last = this.#last;
    operation.before = last;
    this.#last = operation;
    if (last === undefined) this.#first = operation;
    else last.after = operation;
  }

  /** Does nothing to one that isn't here. */
  delete(operation: Operation): void {
    const { before, after } = operation;
    if (before !== undefined) before.after = after;
    else if (this.#first === operation) this.#first = after;
    else return;
    if (after !== undefined) after.before = before;
    else this.#last = before;
    operation.before = operation.after = undefined;
  }

  /** Takes everything out. */
  drain(): Operation[] {
    const all: Operation[] = [];
    for (let operation = this.#first; operation !== undefined; operation = this.#first) {
      all.push(operation);
      this.delete(operation);
    }
    return all;
  }
}
