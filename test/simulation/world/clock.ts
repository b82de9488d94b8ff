/** Something that will happen; `run` is gone once it has or was cancelled. */
export interface Appointment {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** So many happenings in one run mean that something goes round in circles. */
const MOST_EVENTS = 60_000;

/**
 * Virtual time in ms. Things due at the same time happen in the order they were asked for, and
 * between two of them every promise that can go on does.
 */
export class Clock {
  now = 0;
  events = 0;
  readonly #heap: Appointment[] = [];
  #order = 0;
  readonly #failed: (error: unknown) => void;

  /** @param failed gets what the things that happen throw */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  at(time: number, run: () => void): Appointment {
    const entry = { at: Math.max(time, this.now), order: this.#order++, run };
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
    return entry;
  }

  after(delay: number, run: () => void): Appointment {
    return this.at(this.now + delay, run);
  }

  cancel(entry: Appointment): void {
    entry.run = undefined;
  }

  /** Lets everything happen that is due up to a time. `ended` may end it early. */
  async runUntil(time: number, ended: () => boolean): Promise<void> {
    await turn();
    while (!ended()) {
      const next = this.#heap[0];
      if (next === undefined || next.at > time) break;
      this.#pop();
      const { run } = next;
      if (run === undefined) continue;
      next.run = undefined;
      this.now = next.at;
      if (++this.events > MOST_EVENTS) {
        this.#failed(new Error(`Livelock: more than ${MOST_EVENTS} events in one run.`));
        return;
      }
      try {
        run();
      } catch (error) {
        this.#failed(error);
      }
      await turn();
    }
    if (!ended()) this.now = time;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, left)) child++;
      const smaller = heap[child];
      if (smaller === undefined || !before(smaller, last)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
  }
}

function before(one: Appointment, other: Appointment): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/**
 * Ends after every promise that can go on has done so: Node empties its queue of microtasks, with
 * all that they add, before a tick asked for by one of them comes. Takes no time.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
