/** A list that keeps the newest of what is added: at most so many, and at most so much by weight. */
export class Newest<Item> {
  /** Oldest first. */
  readonly items: Item[] = [];
  readonly #count: number;
  readonly #maxWeight: number;
  readonly #weigh: (item: Item) => number;
  #weight = 0;

  constructor(count: number, maxWeight = Infinity, weigh: (item: Item) => number = () => 0) {
    this.#count = count;
    this.#maxWeight = maxWeight;
    this.#weigh = weigh;
  }

  /** @param isSpent which one goes first when there is no more room; default: the oldest */
  add(item: Item, isSpent?: (item: Item) => boolean): void {
    const { items } = this;
    items.push(item);
    this.#weight += this.#weigh(item);
    // The one just added stays, however heavy it is.
    while (items.length > 1 && (items.length > this.#count || this.#weight > this.#maxWeight)) {
      const at = isSpent === undefined ? 0 : Math.max(0, items.findIndex(isSpent));
      for (const gone of items.splice(at, 1)) this.#weight -= this.#weigh(gone);
    }
  }

  clear(): void {
    this.items.length = this.#weight = 0;
  }
}
