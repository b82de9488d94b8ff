import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { Liveness } from "../../../src/core/connection/liveness.js";

// Property tests take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

/** A link watched by a timer that fires on time unless told otherwise. */
class Watch {
  readonly liveness: Liveness;
  readonly pings: number[] = [];
  now = 0;
  due: number;
  dead = false;
  canPing = true;
  ticks = 0;

  constructor(interval = 20_000, timeout = 45_000) {
    this.liveness = new Liveness(interval, timeout, () => {
      if (this.canPing) this.pings.push(this.now);
      return this.canPing;
    });
    this.due = this.liveness.begin(0);
  }

  /** Lets time pass; timers fire late by so much. */
  until(end: number, late = 0): this {
    while (!this.dead && this.due + late <= end) {
      this.now = this.due + late;
      this.tick();
    }
    this.now = Math.max(this.now, end);
    return this;
  }

  tick(): this {
    this.ticks++;
    const step = this.liveness.tick(this.now);
    this.dead = step.dead;
    this.due = step.due;
    return this;
  }

  heard(): this {
    this.liveness.heard();
    return this;
  }

  probe(): this {
    this.due = this.liveness.probe(this.now);
    return this;
  }
}

describe("pings", () => {
  test("go out every interval, whatever is heard", () => {
    const watch = new Watch(20_000, 0);
    for (let t = 1_000; t <= 100_000; t += 1_000) watch.until(t).heard();
    expect(watch.pings).toEqual([20_000, 40_000, 60_000, 80_000, 100_000]);
    expect(watch.ticks).toBe(5);
  });

  test("with interval 0 none go out, and nothing is ever looked at", () => {
    const watch = new Watch(0);
    expect(watch.due).toBe(Infinity);
    expect(watch.until(1e9).pings).toEqual([]);
  });

  test("with timeout 0 they go out, but silence is no death", () => {
    const watch = new Watch(20_000, 0).until(1_000_000);
    expect([watch.dead, watch.pings.length]).toEqual([false, 50]);
  });

  test("aren't put off by a clock that is put back", () => {
    const watch = new Watch();
    watch.now = -3_600_000;
    watch.tick();
    expect(watch.due).toBe(watch.now + 20_000);
  });

  test("begin anew with a proved link", () => {
    const watch = new Watch().until(60_000);
    expect(watch.pings).toEqual([20_000, 40_000, 60_000]);
    watch.due = watch.liveness.begin(60_000);
    watch.until(124_999);
    expect([watch.dead, watch.pings.slice(3)]).toEqual([false, [80_000, 100_000, 120_000]]);
    watch.until(125_000);
    expect(watch.dead).toBe(true);
  });
});

describe("silence", () => {
  test("counts from a ping that was sent: 20 s and 45 s", () => {
    const watch = new Watch().until(64_999);
    expect(watch.dead).toBe(false);
    watch.until(65_000);
    expect(watch.dead).toBe(true);
    expect(watch.due).toBe(Infinity);
  });

  test("doesn't count while no ping can be sent", () => {
    const watch = new Watch();
    watch.canPing = false;
    expect(watch.until(1_000_000).dead).toBe(false);
    watch.canPing = true;
    watch.until(1_020_000);
    expect(watch.pings).toEqual([1_020_000]);
    expect(watch.until(1_064_999).dead).toBe(false);
    expect(watch.until(1_065_000).dead).toBe(true);
  });

  test("ends with any frame, and counts again from the next ping", () => {
    const watch = new Watch().until(64_000).heard().until(80_000);
    expect(watch.dead).toBe(false);
    // Seen at 65 s, when the silence was to end; the next ping goes out at 80 s.
    expect(watch.until(124_999).dead).toBe(false);
    expect(watch.until(125_000).dead).toBe(true);
  });

  test("W26: a timeout of 1 ms makes no busy loop", () => {
    const watch = new Watch(20_000, 1);
    for (let t = 20_000; t <= 200_000; t += 20_000) watch.until(t).heard();
    watch.until(219_999);
    expect(watch.dead).toBe(false);
    expect(watch.ticks).toBeLessThanOrEqual(20);
  });

  test("a timeout shorter than the interval is kept", () => {
    const watch = new Watch(20_000, 5_000);
    expect(watch.until(24_999).dead).toBe(false);
    expect(watch.until(25_000).dead).toBe(true);
  });
});

describe("a timer that fires late", () => {
  test("proves nothing: it probes first, and the answer is due in 5 s", () => {
    const watch = new Watch().until(60_000);
    watch.now = 3_600_000;
    watch.tick();
    expect([watch.dead, watch.pings.at(-1), watch.due]).toEqual([false, 3_600_000, 3_605_000]);
    watch.until(3_605_000);
    expect(watch.dead).toBe(true);
  });

  test("probes too when something was heard before the sleep", () => {
    const watch = new Watch().until(20_000).heard();
    watch.now = 3_600_000;
    watch.tick();
    expect([watch.pings.at(-1), watch.due]).toEqual([3_600_000, 3_605_000]);
    expect(watch.until(3_605_000).dead).toBe(true);
  });

  test("repeats a probe without pings, too", () => {
    const watch = new Watch(0, 45_000);
    watch.due = watch.liveness.begin(0);
    expect(watch.probe().due).toBe(5_000);
    watch.now = 60_000;
    expect(watch.tick().dead).toBe(false);
    expect(watch.due).toBe(65_000);
  });

  test("goes on as ever once the probe is answered", () => {
    const watch = new Watch();
    watch.now = 3_600_000;
    watch.tick().heard().until(3_605_000);
    expect([watch.dead, watch.due]).toEqual([false, 3_625_000]);
  });

  test("when the probes' own timers come late they are repeated, three times at most", () => {
    const watch = new Watch().until(20_000, 60_000);
    watch.until(1_000_000, 60_000);
    expect(watch.dead).toBe(true);
    expect(watch.pings).toHaveLength(3);
  });

  test("of a throttled page with an answering service never kills the link", () => {
    const watch = new Watch();
    for (let i = 0; i < 100; i++) {
      watch.now = watch.due + 55_000;
      watch.tick().heard();
      expect(watch.dead).toBe(false);
    }
  });

  test("isn't one up to 2 s", () => {
    const watch = new Watch().until(60_000);
    watch.now = 67_000;
    expect(watch.tick().dead).toBe(true);
  });

  test("means nothing without a limit to silence", () => {
    const watch = new Watch(20_000, 0);
    watch.now = 3_600_000;
    watch.tick();
    expect([watch.pings, watch.due]).toEqual([[3_600_000], 3_620_000]);
  });
});

describe("a probe", () => {
  test("asks at once and waits 5 s", () => {
    const watch = new Watch().until(1_000).probe();
    expect([watch.pings, watch.due]).toEqual([[1_000], 6_000]);
    expect(watch.until(6_000).dead).toBe(true);
  });

  test("isn't answered by what came before it", () => {
    expect(new Watch().until(1_000).heard().probe().until(6_000).dead).toBe(true);
  });

  test("that is answered changes nothing", () => {
    const watch = new Watch().until(1_000).probe().heard().until(6_000);
    expect([watch.dead, watch.due]).toEqual([false, 20_000]);
  });

  test("isn't doubled by further wakes, nor put off", () => {
    const watch = new Watch().until(1_000).probe().until(4_000).probe().probe();
    expect([watch.pings, watch.due]).toEqual([[1_000], 6_000]);
  });

  test("that is answered is followed by one of the next wake", () => {
    const watch = new Watch().until(1_000).probe().heard().until(3_000).probe();
    expect([watch.pings, watch.due]).toEqual([[1_000, 3_000], 8_000]);
    expect(watch.until(8_000).dead).toBe(true);
  });

  test("that can't be sent is as good as unanswered", () => {
    const watch = new Watch();
    watch.canPing = false;
    expect(watch.until(1_000).probe().until(6_000).dead).toBe(true);
  });

  test("works without pings", () => {
    const watch = new Watch(0, 45_000).until(1_000).probe();
    expect(watch.until(6_000).dead).toBe(true);
    expect(new Watch(0, 45_000).probe().heard().until(5_000).due).toBe(Infinity);
  });

  test("isn't made without a limit to silence", () => {
    const watch = new Watch(20_000, 0).until(1_000).probe();
    expect([watch.pings, watch.due]).toEqual([[], 20_000]);
  });
});

test("whatever the times, a silent link dies, an answering one lives, and the loop is never busy", () => {
  const times = fc.record({
    interval: fc.constantFrom(1, 50, 5_000, 20_000, 60_000),
    timeout: fc.constantFrom(1, 2, 900, 45_000, 120_000),
    answers: fc.boolean(),
    late: fc.array(fc.constantFrom(0, 0, 0, 10, 1_999, 2_500, 60_000), { minLength: 20, maxLength: 60 }),
  });
  fc.assert(
    fc.property(times, ({ interval, timeout, answers, late }) => {
      const watch = new Watch(interval, timeout);
      for (const delay of late) {
        if (watch.dead) break;
        const { now } = watch;
        watch.now = watch.due + delay;
        const before = watch.pings.length;
        watch.tick();
        expect(watch.now).toBeGreaterThan(now);
        if (answers && watch.pings.length > before) watch.heard();
      }
      if (answers) expect(watch.dead).toBe(false);
      else expect(watch.until(watch.now + 2 * (interval + timeout) + 60_000).dead).toBe(true);
    }),
    { numRuns: 500 },
  );
});
