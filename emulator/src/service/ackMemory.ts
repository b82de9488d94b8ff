import type { Uint64 } from "./messages.js";

const idsPerPage = 1_024;

/**
 * What became of every ackId of one connection id. Clients count upwards, so the memory is a bitmap in pages:
 * a bit per operation for as long as the connection lives.
 */
export class AckMemory {
  readonly #pages = new Map<number, Uint32Array>();
  /** Ids beyond exact numbers. */
  readonly #large = new Set<bigint>();
  /** Ids whose operation is still running, with the number of repeats that wait for its end. */
  readonly #executing = new Map<Uint64, number>();

  /**
   * Asks to execute an operation. `new`: go on, and call `finish`. `executed`: it is a duplicate. `executing`:
   * don't start it again; `finish` will report that one more answer is due.
   */
  begin(ackId: Uint64): "new" | "executed" | "executing" {
    const repeats = this.#executing.get(ackId);
    if (repeats !== undefined) {
      this.#executing.set(ackId, repeats + 1);
      return "executing";
    }
    if (this.#has(ackId)) return "executed";
    this.#executing.set(ackId, 0);
    return "new";
  }

  /**
   * Ends what `begin` started. Only an executed operation is remembered: a refused one may be tried again.
   * @returns how many repeats of the ackId wait for an answer.
   */
  finish(ackId: Uint64, executed: boolean): number {
    const repeats = this.#executing.get(ackId) ?? 0;
    this.#executing.delete(ackId);
    if (executed) this.#add(ackId);
    return repeats;
  }

  #has(ackId: Uint64): boolean {
    if (typeof ackId === "bigint") return this.#large.has(ackId);
    const page = this.#pages.get(Math.floor(ackId / idsPerPage));
    const bit = ackId % idsPerPage;
    return page !== undefined && ((page[bit >> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  #add(ackId: Uint64): void {
    if (typeof ackId === "bigint") {
      this.#large.add(ackId);
      return;
    }
    const number = Math.floor(ackId / idsPerPage);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Uint32Array(idsPerPage / 32);
      this.#pages.set(number, page);
    }
    const bit = ackId % idsPerPage;
    page[bit >> 5] = (page[bit >> 5] ?? 0) | (1 << (bit & 31));
  }
}
