/**
 * Turns of the microtask queue between two events. In a real page an event comes only when everything that waited for
 * the one before has gone on, such as the code behind an `await`; a chain of that many promises can do so here.
 */
const turnsBetween = 20;

/**
 * What happens on the way of one connection in one direction: one after the other, without any timer. So it goes on
 * while a test has stopped the clock.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** @param task must not throw. */
  add(task: () => void | Promise<void>): void {
    this.#last = this.#last.then(async () => {
      for (let turn = 0; turn < turnsBetween; turn++) await Promise.resolve();
      await task();
    });
  }
}
