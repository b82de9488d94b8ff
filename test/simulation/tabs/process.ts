import { ActorEnvironment } from "../world/actorEnvironment.js";
import type { Environment, WebSocketLike } from "../../../src/core/environment/environment.js";
import type { TabsWorld } from "./world.js";

type Listener = (event: unknown) => void;

/** A page or a worker: what runs in it finds its own globals, can be frozen and can end at any moment. */
export class SimProcess {
  readonly name: string;
  readonly index: number;
  /** For a client in it. */
  readonly environment: Environment;
  /** It has slept. */
  timeIsWrong = false;
  hasEnded = false;
  /** Called when it ends. */
  readonly onEnd: (() => void)[] = [];
  readonly #machine: ActorEnvironment;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #world: TabsWorld;

  constructor(
    world: TabsWorld,
    name: string,
    index: number,
    connect: (url: string, protocol: string) => WebSocketLike,
  ) {
    this.#world = world;
    this.name = name;
    this.index = index;
    const machine = new ActorEnvironment(world, index, { connect, wake: (signal) => this.enter(signal) });
    this.#machine = machine;
    this.environment = {
      now: machine.now,
      uptime: machine.uptime,
      random: machine.random,
      createWebSocket: machine.createWebSocket,
      onWake: machine.onWake,
      clearTimer: machine.clearTimer,
      setTimer: (callback, delay) => machine.setTimer(() => this.enter(callback), delay),
    };
  }

  /** Runs something in it, with all promises that can go on then. */
  enter(run: () => void): void {
    if (this.hasEnded) return;
    this.#world.current = this;
    run();
  }

  /** Runs something in it as soon as it isn't frozen. */
  soon(run: () => void): void {
    this.#machine.soon(() => this.enter(run));
  }

  freeze(time: number, wakes: boolean, first?: "timers" | "frames"): void {
    this.timeIsWrong = true;
    this.#machine.freeze(time, wakes, first);
  }

  thaw(): void {
    this.#machine.frozenUntil = Math.min(this.#machine.frozenUntil, this.#world.clock.now);
  }

  get isFrozen(): boolean {
    return this.#machine.frozenUntil > this.#world.clock.now;
  }

  wake(): void {
    this.soon(() => this.#machine.wake());
  }

  listen(name: string, listener: Listener): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
  }

  unlisten(name: string, listener: Listener): void {
    this.#listeners.get(name)?.delete(listener);
  }

  dispatch(name: string, event: unknown = {}): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(event);
  }

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const { appointment } of this.#machine.timers) this.#world.clock.cancel(appointment);
    this.#machine.timers.clear();
    for (const ended of this.onEnd) ended();
  }

  /** What a client that is stopped has left behind. */
  get leftovers(): string | undefined {
    const { timers, wakeListeners } = this.#machine;
    if (timers.size > 0) return "has timers";
    if (wakeListeners.size > 0) return "waits for wake signals";
    const names = ["pagehide", "pageshow", "freeze", "resume"];
    const left = names.find((name) => (this.#listeners.get(name)?.size ?? 0) > 0);
    return left === undefined ? undefined : `listens to ${left}`;
  }
}
