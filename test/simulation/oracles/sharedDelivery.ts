import type { Owed } from "./model.js";

/**
 * What several clients get that resume one connection. Each gets messages in order and none twice. What one has got and
 * acknowledged the others may miss; together they miss nothing.
 */
export class SharedDelivery {
  /** By client: the first message that may still come. */
  readonly #next = new Map<string, number>();
  readonly #got = new Set<number>();
  readonly #from: number;

  /** @param from what came before, the first one has got */
  constructor(from: number) {
    this.#from = from;
  }

  joins(client: string, from: number): void {
    this.#next.set(client, from);
  }

  /** @returns what has come; undefined: it came twice, in a wrong order, or nobody sent it */
  delivers(client: string, owed: readonly Owed[], id: number): Owed | undefined {
    const from = this.#next.get(client) ?? 0;
    const index = owed.findIndex((each, at) => at >= from && each.id === id);
    if (index < 0) return undefined;
    this.#next.set(client, index + 1);
    this.#got.add(id);
    return owed[index];
  }

  missing(owed: readonly Owed[]): Owed[] {
    return owed.slice(this.#from).filter(({ id }) => !this.#got.has(id));
  }
}
