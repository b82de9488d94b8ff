import type { Clock } from "../world/clock.js";
import type { SimProcess } from "./process.js";

interface Request {
  readonly owner: SimProcess;
  readonly begin: () => void;
}

/** The Web Locks of an origin: a process that ends gives back what it holds. */
export class SimLocks {
  readonly #queues = new Map<string, Request[]>();
  readonly #clock: Clock;
  readonly #current: () => SimProcess;

  constructor(clock: Clock, current: () => SimProcess) {
    this.#clock = clock;
    this.#current = current;
  }

  request(name: string, _options: object, whileHeld: () => Promise<void> | void): Promise<void> {
    const owner = this.#current();
    return new Promise<void>((resolve, reject) => {
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      let isOver = false;
      const end = (): void => {
        if (isOver) return;
        isOver = true;
        const isFirst = queue[0] === request;
        queue.splice(queue.indexOf(request), 1);
        if (isFirst) this.#grant(queue);
      };
      const request: Request = {
        owner,
        begin: () =>
          owner.soon(() => {
            if (isOver) return;
            Promise.resolve(whileHeld()).then(() => {
              end();
              resolve();
            }, reject);
          }),
      };
      owner.onEnd.push(end);
      if (queue.push(request) === 1) this.#grant(queue);
    });
  }

  #grant(queue: Request[]): void {
    const [next] = queue;
    if (next !== undefined) this.#clock.after(1, next.begin);
  }
}
