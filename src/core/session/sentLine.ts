import type { Operation } from "./operation.js";

/**
 * The operations that were sent and not answered, in the order of sending. A linked list, because a `Set` that
 * fills and empties all the time keeps old tables alive in V8's old generation: each outgrown table refers to the
 * next, and once one is in the old generation, the entries of all later ones stay alive with it.
 */
export class SentLine {
  #first: Operation | undefined;
  #last: Operation | undefined;

  /** The operation that was sent first. */
  get first(): Operation | undefined {
    return this.#first;
  }

  add(operation: Operation): void {
    const last = this.#last;
    operation.before = last;
    this.#last = operation;
    if (!last) this.#first = operation;
    else last.after = operation;
  }

  /** Does nothing if the operation isn't in the line. */
  delete(operation: Operation): void {
    const { before, after } = operation;
    if (before) before.after = after;
    else if (this.#first === operation) this.#first = after;
    else return;
    if (after) after.before = before;
    else this.#last = before;
    operation.before = operation.after = undefined;
  }

  /** Takes everything out. */
  drain(): Operation[] {
    const all: Operation[] = [];
    for (let operation = this.#first; operation; operation = this.#first) {
      all.push(operation);
      this.delete(operation);
    }
    return all;
  }
}
