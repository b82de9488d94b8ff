import type { MessagePortLike } from "../../../src/features/tabs/index.js";
import type { Random } from "../plans/random.js";
import type { Clock } from "../world/clock.js";
import type { SimProcess } from "./process.js";

/** Sees what passes a port. */
export interface PortWatch {
  /** The owner says something. */
  posts?(message: unknown): void;
  /** Something is about to reach the owner. */
  gets?(message: unknown): void;
}

/** One end of a message channel: what it says comes later, in order. Nobody is told when the other end closes. */
export class Port implements MessagePortLike {
  onmessage: ((event: never) => void) | null = null;
  isClosed = false;
  watch: PortWatch = {};
  other: Port | undefined;
  #tail = 0;
  readonly owner: SimProcess;
  readonly #clock: Clock;
  readonly #latency: () => number;

  constructor(owner: SimProcess, clock: Clock, latency: () => number) {
    this.owner = owner;
    this.#clock = clock;
    this.#latency = latency;
  }

  /** Nothing that is said arrives before then. */
  notBefore(time: number): void {
    this.#tail = Math.max(this.#tail, time);
  }

  postMessage(message: unknown): void {
    const { other } = this;
    if (this.isClosed || this.owner.hasEnded || other === undefined) return;
    const copy = typeof message === "string" ? message : structuredClone(message);
    this.watch.posts?.(copy);
    this.#tail = Math.max(this.#tail, this.#clock.now + this.#latency());
    this.#clock.at(this.#tail, () => other.owner.soon(() => other.#arrive(copy)));
  }

  #arrive(message: unknown): void {
    if (this.isClosed || this.onmessage === null) return;
    this.watch.gets?.(message);
    this.onmessage({ data: message } as never);
  }

  close(): void {
    this.isClosed = true;
  }
}

/** @returns both ends */
export function makeChannel(
  page: SimProcess,
  worker: SimProcess,
  clock: Clock,
  random: Random,
  latency: readonly [number, number],
): [Port, Port] {
  const draw = (): number => random.between(...latency);
  const [one, other] = [new Port(page, clock, draw), new Port(worker, clock, draw)];
  one.other = other;
  other.other = one;
  return [one, other];
}
