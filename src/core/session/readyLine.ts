import type { Operation } from "./operation.js";

/** More than this many empty places are needed before the line is compacted. */
const DEAD_WEIGHT = 64;

/** The empty place of a removed operation; its rank keeps the line sorted. */
type Place = { readonly rank: number };

const TAKEN: Place = { rank: -Infinity };

/**
 * The operations that may be written now. The internal ones come first, then those that are sent again, then the
 * new ones, each in the order of the calls.
 */
export class ReadyLine {
  #places: (Operation | Place)[] = [];
  /** Index of the first place that isn't taken out. */
  #head = 0;
  #empty = 0;

  get size(): number {
    return this.#places.length - this.#head - this.#empty;
  }

  insert(operation: Operation): void {
    operation.rank = rankOf(operation);
    const at = this.#find(operation.rank);
    if (at === this.#places.length) this.#places.push(operation);
    else this.#places.splice(at, 0, operation);
  }

  insertAll(operations: readonly Operation[]): void {
    for (const operation of operations) operation.rank = rankOf(operation);
    this.#places = [...this.drain(), ...operations].sort((a, b) => a.rank - b.rank);
  }

  /** Does nothing if the operation isn't in the line. */
  remove(operation: Operation): void {
    const { rank } = operation;
    const at = this.#find(rank);
    if (this.#places[at] !== operation) return;
    this.#places[at] = { rank };
    if (++this.#empty > DEAD_WEIGHT && this.#empty > this.size) this.#places = this.drain();
  }

  /** The one that `shift` takes next. */
  get first(): Operation | undefined {
    // From the head on: what is before it may be as long as the rest.
    for (let at = this.#head; at < this.#places.length; at++) {
      const place = this.#places[at] as Operation | Place;
      if ("order" in place) return place;
    }
    return undefined;
  }

  shift(): Operation | undefined {
    while (this.#head < this.#places.length) {
      const first = this.#places[this.#head] as Operation | Place;
      this.#places[this.#head++] = TAKEN;
      const isEmpty = !("order" in first);
      if (isEmpty) this.#empty--;
      // Free the taken part once it is larger than the rest.
      if (this.#head > DEAD_WEIGHT && this.#head * 2 > this.#places.length) this.#places = this.drain();
      if (!isEmpty) return first;
    }
    return undefined;
  }

  /** Takes everything out. */
  drain(): Operation[] {
    const operations = this.#places.slice(this.#head).filter((place) => "order" in place);
    this.#places = [];
    this.#head = this.#empty = 0;
    return operations;
  }

  /** The index of this rank, or the one at which it would be inserted. */
  #find(rank: number): number {
    let low = this.#head;
    let high = this.#places.length;
    // Most operations are added at the end.
    if (high > low && (this.#places[high - 1] as Place).rank < rank) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#places[middle] as Place).rank < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function rankOf({ internal, order, place }: Operation): number {
  return order - (internal ? 2 ** 52 : place === "again" ? 2 ** 51 : 0);
}
