import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createEnvironment } from "../../../src/core/environment/default.js";
import type { WebSocketLike } from "../../../src/core/environment/environment.js";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the platform's own", () => {
  test("clock, timers and chance", () => {
    const environment = createEnvironment();
    expect(environment.now()).toBe(1_000_000);
    const [kept, cleared] = [vi.fn(), vi.fn()];
    environment.setTimer(kept, 10);
    environment.clearTimer(environment.setTimer(cleared, 10));
    environment.clearTimer(undefined);
    vi.advanceTimersByTime(10);
    expect([kept.mock.calls.length, cleared.mock.calls.length, environment.now()]).toEqual([1, 0, 1_000_010]);
    const chance = environment.random();
    expect(chance >= 0 && chance < 1).toBe(true);
  });

  test("timers hold delays of any length: W26, they don't fire at once", () => {
    const environment = createEnvironment();
    const fired = vi.fn();
    environment.setTimer(fired, 2 ** 31);
    environment.setTimer(fired, Infinity);
    vi.advanceTimersByTime(86_400_000);
    expect(fired).not.toHaveBeenCalled();
  });

  test("clock goes on when it is set back, and right away when it is set right again", () => {
    const { now } = createEnvironment();
    expect(now()).toBe(1_000_000);
    vi.advanceTimersByTime(700);
    vi.setSystemTime(500_000);
    expect(now()).toBe(1_000_700);
    vi.advanceTimersByTime(100);
    expect(now()).toBe(1_000_800);
    vi.setSystemTime(1_000_800);
    expect(now()).toBe(1_000_800);
  });

  test("clock jumps with the wall clock, sleep or not", () => {
    const { now } = createEnvironment();
    expect(now()).toBe(1_000_000);
    vi.setSystemTime(4_600_000);
    expect(now()).toBe(4_600_000);
    vi.advanceTimersByTime(100);
    expect(now()).toBe(4_600_100);
  });

  test("clock counts whole milliseconds and never goes back by rounding", () => {
    const wall = [100, 100, 101, 101, 102];
    const up = [0.3, 0.9, 1.2, 1.4, 2.1];
    const environment = createEnvironment({ now: () => wall.shift() ?? 0, uptime: () => up.shift() ?? 0 });
    expect([1, 2, 3, 4, 5].map(() => environment.now())).toEqual([100, 101, 101, 101, 102]);
  });
});

describe("what is given", () => {
  class Socket implements WebSocketLike {
    static made: [string, string][] = [];
    readyState = 0;
    binaryType = "";
    onopen = null;
    onmessage = null;
    onclose = null;
    onerror = null;
    constructor(url: string, protocol: string) {
      Socket.made.push([url, protocol]);
    }
    send(): void {}
    close(): void {}
  }

  test("a class of sockets is used", () => {
    const socket = createEnvironment({}, Socket).createWebSocket("ws://host", "json");
    expect(socket).toBeInstanceOf(Socket);
    expect(Socket.made).toEqual([["ws://host", "json"]]);
  });

  test("comes first, the rest is the platform's", () => {
    const environment = createEnvironment({ now: () => 5, random: undefined });
    expect(environment.now()).toBe(5);
    expect(environment.random()).toBeLessThan(1);
  });

  test("has one time: a given clock isn't mixed with the platform's", () => {
    let time = 50;
    const environment = createEnvironment({ now: () => time });
    vi.advanceTimersByTime(1_000);
    expect([environment.now(), environment.uptime()]).toEqual([50, 50]);
    time = 51;
    expect([environment.now(), environment.uptime()]).toEqual([51, 51]);
  });

  test("may be an instance of a class: methods are found and keep their this", () => {
    class World {
      time = 7;
      now(): number {
        return this.time;
      }
      random(): number {
        return this.time / 10;
      }
    }
    const world = new World();
    const environment = createEnvironment(world);
    expect([environment.now(), environment.random()]).toEqual([7, 0.7]);
    world.time = 8;
    expect([environment.now(), environment.random()]).toEqual([8, 0.8]);
  });
});
