import type { Environment, WebSocketLike } from "../../../src/core/environment/environment.js";
import { EPOCH } from "./backend.js";
import type { Appointment } from "./clock.js";
import { Random } from "../plans/random.js";
import type { Surroundings } from "./surroundings.js";

/** What the world does for an environment, and sees of it. */
interface Ports {
  readonly connect: (url: string, protocol: string) => WebSocketLike;
  /** Is called around each wake signal. */
  readonly wake: (signal: () => void) => void;
}

interface Timer {
  appointment: Appointment;
}

/** The world as one client sees it: it can be frozen, and its wall clock can be wrong. */
export class ActorEnvironment implements Environment {
  readonly timers = new Set<Timer>();
  readonly wakeListeners = new Set<() => void>();
  frozenUntil = 0;
  /** How long it was frozen, all in all. */
  frozenFor = 0;
  wallOffset = 0;
  /** The random numbers of this moment. */
  readonly drawn: number[] = [];
  #drawnAt = 0;
  readonly random: () => number;
  /** What waits for the end of the freeze. */
  readonly #held: (() => void)[] = [];
  /** Timers wait until all of it is told. */
  #framesFirst = false;
  /** What is due in the very moment of waking is overdue too. */
  #isAsleep = false;
  /** Since the last freeze something held was told. */
  #hasBegun = false;
  readonly #world: Surroundings;
  readonly #ports: Ports;

  constructor(world: Surroundings, index: number, ports: Ports) {
    this.#world = world;
    this.#ports = ports;
    const random = new Random(world.plan.seed, index, 99);
    // Borders are where mistakes are: a delay of nothing comes up more often than by chance.
    this.random = () => this.#remember(random.chance(0.04) ? 0 : random.next());
  }

  #remember(random: number): number {
    const { now } = this.#world.clock;
    if (now !== this.#drawnAt) this.drawn.length = 0;
    this.#drawnAt = now;
    this.drawn.push(random);
    return random;
  }

  now = (): number => EPOCH + this.#world.clock.now + this.wallOffset;

  uptime = (): number => this.#world.clock.now;

  setTimer = (callback: () => void, delayInMs: number): Timer => {
    if (!(delayInMs >= 0 && delayInMs < 2 ** 31)) this.#world.failed(`A timer of ${delayInMs} ms was set.`);
    const { clock } = this.#world;
    const fire = (): void => {
      const waits = this.#isAsleep || (this.#framesFirst && this.#held.length > 0);
      if (clock.now < this.frozenUntil || waits) {
        timer.appointment = clock.at(this.frozenUntil, fire);
        return;
      }
      this.timers.delete(timer);
      callback();
    };
    const timer: Timer = { appointment: clock.after(Math.ceil(delayInMs), fire) };
    this.timers.add(timer);
    return timer;
  };

  clearTimer = (handle: unknown): void => {
    const timer = handle as Timer | undefined;
    if (timer === undefined || !this.timers.delete(timer)) return;
    this.#world.clock.cancel(timer.appointment);
  };

  createWebSocket = (url: string, protocol: string): WebSocketLike => this.#ports.connect(url, protocol);

  onWake = (listener: () => void): (() => void) => {
    const entry = (): void => listener();
    this.wakeListeners.add(entry);
    return () => void this.wakeListeners.delete(entry);
  };

  /** After a freeze something was told, and more that came meanwhile is yet to be. */
  get isCatchingUp(): boolean {
    return this.#hasBegun && this.#held.length > 0;
  }

  /** Calls back now, or when the freeze is over; in order. */
  soon(callback: () => void): void {
    if (this.#held.length > 0 || this.#world.clock.now < this.frozenUntil) this.#held.push(callback);
    else callback();
  }

  /** One callback after the other, each in its own turn. */
  #thaw(): void {
    if (this.#world.clock.now < this.frozenUntil) return;
    const callback = this.#held[0];
    if (callback === undefined) return;
    this.#world.clock.after(0, () => this.#thaw());
    this.#hasBegun = true;
    try {
      callback();
    } finally {
      this.#held.shift();
    }
  }

  /** @param first what comes first of what is overdue then */
  freeze(forMs: number, wakes: boolean, first?: "timers" | "frames"): void {
    const { clock } = this.#world;
    const until = Math.max(this.frozenUntil, clock.now + forMs);
    this.frozenFor += until - Math.max(this.frozenUntil, clock.now);
    this.frozenUntil = until;
    this.#hasBegun = false;
    this.#framesFirst = first === "frames";
    this.#isAsleep = first === "timers";
    // Whatever is due at the same time, and was known before, comes before what is put off once more.
    clock.at(until, () => {
      if (clock.now >= this.frozenUntil) this.#isAsleep = false;
      if (first === "timers") clock.after(0, () => this.#thaw());
      else this.#thaw();
    });
    if (wakes) clock.at(until, () => this.soon(() => this.wake()));
  }

  wake(): void {
    this.#ports.wake(() => {
      for (const listener of [...this.wakeListeners]) listener();
    });
  }
}
