/** Virtual time in whole milliseconds from 0 on: one list of callbacks for each of them. */
export class Calendar {
  readonly #horizon: number;
  readonly #days: (Array<() => void> | undefined)[];
  #now = 0;

  constructor(horizonInMs: number) {
    this.#horizon = horizonInMs;
    this.#days = new Array<undefined>(horizonInMs);
  }

  get now(): number {
    return this.#now;
  }

  /** What would come after the horizon never comes. */
  at(time: number, callback: () => void): void {
    const day = Math.max(this.#now, Math.ceil(time));
    if (day < this.#horizon) (this.#days[day] ??= []).push(callback);
  }

  /** Runs until the horizon, or until `done` says so at the end of a millisecond. */
  run(done: () => boolean): void {
    for (; this.#now < this.#horizon && !done(); this.#now++) {
      // A callback may add to the millisecond that it runs in.
      const day = this.#days[this.#now] ?? [];
      for (let i = 0; i < day.length; i++) day[i]?.();
      this.#days[this.#now] = undefined;
    }
  }
}
