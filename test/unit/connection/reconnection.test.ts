import { describe, expect, test } from "vitest";
import type { Context } from "../../../src/core/connection/state.js";
import { toSettings } from "../../../src/core/options.js";
import type { WebPubSubRetryOptions } from "../../../src/core/models/options.js";
import { Machine, NOW, types } from "./machine.js";

const policy = (reconnectRetryOptions: WebPubSubRetryOptions) =>
  toSettings({ reconnectRetryOptions }).reconnectRetry;

/** Ends a connection for good; it has lived long enough to be no flapping one. */
const gone = (machine: Machine, code = 1008): Machine => machine.connect().pass(60_000).lose(code);

/** Delays before the attempts that follow on failed ones. */
function delays(machine: Machine, count: number): number[] {
  return Array.from({ length: count }, () => {
    machine.lose();
    const delay = machine.in("Disconnected").due - machine.now;
    machine.due();
    return delay;
  });
}

describe("a connection that can't be recovered", () => {
  test("is made anew at once, and the credential asked again", () => {
    const machine = gone(new Machine());
    expect(machine.in("Connecting")).toMatchObject({ purpose: "reconnect", attempt: 1 });
    expect(types(machine.effects).slice(-6)).toEqual([
      "drop",
      "onLost",
      "changed",
      "emit disconnected",
      "changed",
      "getUrl",
    ]);
    expect(machine.effects.at(-1)).toEqual({ type: "getUrl" });
  });

  test.each([1001, 1012, 1013])("is spread over 5 s after %i when there is no recovery", (code) => {
    const machine = gone(new Machine({ reliable: false }), code);
    expect(machine.in("Disconnected").due - machine.now).toBe(2_500);
    expect(machine.due().state.name).toBe("Connecting");
  });

  test("each attempt asks for a new URL", () => {
    const machine = gone(new Machine());
    machine.take();
    delays(machine, 3);
    expect(types(machine.take()).filter((type) => type === "getUrl")).toHaveLength(3);
  });

  test("an attempt that hangs ends at its deadline", () => {
    const machine = gone(new Machine());
    const begin = machine.now;
    machine.due();
    expect(machine.now - begin).toBe(10_000);
    expect(machine.in("Disconnected")).toMatchObject({ attempt: 2 });
    expect(types(machine.effects).slice(-2)).toEqual(["drop", "changed"]);
  });
});

describe("delays", () => {
  test("without options: exponential from 1 s to 30 s, full jitter, without limit", () => {
    expect(delays(gone(new Machine({ random: 0.999_999 })), 8)).toEqual([
      999, 1_999, 3_999, 7_999, 15_999, 29_999, 29_999, 29_999,
    ]);
    expect(delays(gone(new Machine({ random: 0 })), 3)).toEqual([0, 0, 0]);
    const machine = gone(new Machine({ random: 0.5 }));
    expect(delays(machine, 2_000).at(-1)).toBe(15_000);
  });

  test("Fixed: exactly 1 s each time", () => {
    const machine = gone(new Machine({ reconnectRetry: policy({ maxRetries: 100, mode: "Fixed" }) }));
    expect(delays(machine, 5)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
  });

  test("a delay of 0 that doubles stays 0", () => {
    const machine = gone(new Machine({ reconnectRetry: policy({ retryDelayInMs: 0, mode: "Exponential" }) }));
    expect(new Set(delays(machine, 3_000))).toEqual(new Set([0]));
  });

  test("a failed attempt never follows on another without a turn of the loop", () => {
    const machine = gone(new Machine({ random: 0 })).lose();
    expect(machine.in("Disconnected").due).toBe(machine.now);
  });

  test("are cut short by a wake", () => {
    const machine = gone(new Machine()).lose().send({ type: "wake" });
    expect(machine.in("Connecting").attempt).toBe(2);
  });
});

describe("retries", () => {
  test.each([0, 1, 3])("%i of them follow on the first attempt, then the client stops", (maxRetries) => {
    const machine = gone(new Machine({ reconnectRetry: policy({ maxRetries, retryDelayInMs: 10 }) }));
    delays(machine, maxRetries);
    machine.take();
    machine.lose(1006);
    expect(machine.state.name).toBe("Stopped");
    const effects = machine.take();
    expect(types(effects)).toEqual([
      "settleStart",
      "onStopped",
      "changed",
      "drop",

      "changed",
      "emit stopped",
      "settleStop",
    ]);
    expect(effects[2]).toMatchObject({ details: { code: 1006, error: { message: "closed with 1006" } } });
  });

  test("are counted anew once a connection stood", () => {
    const reconnectRetry = policy({ maxRetries: 1, retryDelayInMs: 10, mode: "Fixed" });
    const machine = gone(new Machine({ reconnectRetry }));
    delays(machine, 1);
    expect(delays(gone(machine), 1)).toEqual([10]);
  });
});

describe("a service that accepts connections and drops them at once", () => {
  const flapping = (random = 0.999_999): Machine => new Machine({ random, reliable: false });

  test("is tried at once twice, then at growing delays", () => {
    const machine = flapping();
    const waited: number[] = [];
    for (let i = 0; i < 5; i++) {
      machine.connect().lose();
      if (machine.state.name === "Disconnected") {
        waited.push(machine.state.due - machine.now);
        machine.due();
      } else {
        waited.push(0);
      }
    }
    expect(waited).toEqual([0, 0, 999, 1_999, 3_999]);
  });

  test("has the delays of failed attempts grow with it", () => {
    const machine = flapping();
    machine.connect().lose().connect().lose().connect().lose().due();
    machine.lose();
    expect(machine.in("Disconnected").due - machine.now).toBe(1_999);
  });

  test("is forgiven after a connection of 1 s", () => {
    const machine = flapping();
    machine.connect().lose().connect().lose().connect().lose().due().connect();
    machine.pass(1_000).lose();
    expect(machine.in("Connecting")).toMatchObject({ attempt: 1, earlyLosses: 0 });
  });
});

describe("start", () => {
  const failures: [string, (machine: Machine) => Machine][] = [
    ["closes", (machine) => machine.lose(1006)],
    ["is refused for good", (machine) => machine.lose(1008)],
    ["takes too long", (machine) => machine.due()],
    ["is aborted", (machine) => machine.send({ type: "abort", error: new Error("aborted") })],
    ["opens and closes", (machine) => machine.open().lose()],
  ];

  test.each(failures)("makes one attempt; when it %s the client is Stopped again", (_how, fail) => {
    const machine = fail(new Machine().send({ type: "start" }));
    expect(machine.path).toEqual(["Connecting", "Stopped"]);
    const settled = machine.effects.filter(({ type }) => type === "settleStart");
    expect(settled).toEqual([{ type: "settleStart", error: expect.any(Error) as unknown }]);
    expect(types(machine.effects).filter((type) => type.startsWith("announce"))).toEqual([]);
    expect(types(machine.effects)).toContain("onStopped");
    expect(machine.connect().state.name).toBe("Connected");
  });

  test("names its timeout by the option", () => {
    const machine = new Machine({ connectTimeoutInMs: 123 }).send({ type: "start" });
    expect(machine.state.due - NOW).toBe(123);
    machine.take();
    const settled = machine.due().effects.find(({ type }) => type === "settleStart");
    expect(settled).toMatchObject({ error: { code: "Timeout", message: /123 ms \(connectTimeoutInMs\)/ } });
  });

  test("resolves once the session has begun and before anything is told", () => {
    const machine = new Machine().connect();
    expect(types(machine.effects)).toEqual([
      "changed",
      "getUrl",
      "openSocket",
      "onOpened",
      "settleStart",
      "changed",
      "emit connected",
    ]);
  });

  test("an abort after it has resolved means nothing, nor does one during a reconnection", () => {
    const machine = new Machine().connect();
    const { state } = machine;
    expect(machine.send({ type: "abort", error: new Error("late") }).state).toBe(state);
    machine.lose(1008);
    const reconnecting = machine.state;
    expect(machine.send({ type: "abort", error: new Error("late") }).state).toBe(reconnecting);
  });
});

describe("start that keeps trying", () => {
  const trying = (context: Partial<Context> = {}): Machine =>
    new Machine({ autoReconnect: false, ...context }).send({ type: "start", keepTrying: true });

  test("goes on after a failed attempt as a reconnection does, and resolves when connected", () => {
    const machine = trying({ random: 0.999_999 });
    expect(delays(machine, 3)).toEqual([999, 1_999, 3_999]);
    expect(types(machine.effects)).not.toContain("settleStart");
    machine.take();
    machine.connect();
    expect(machine.effects.filter(({ type }) => type === "settleStart")).toEqual([{ type: "settleStart" }]);
  });

  test("rejects when retries are used up", () => {
    const machine = trying({ reconnectRetry: policy({ maxRetries: 1, retryDelayInMs: 10 }) });
    delays(machine, 1);
    machine.take();
    machine.lose();
    expect(machine.state.name).toBe("Stopped");
    expect(machine.effects[0]).toMatchObject({ type: "settleStart", error: { code: "Closed" } });
  });
});

describe("stop", () => {
  test("gives an open socket 50 ms to close in good order", () => {
    const machine = new Machine().connect();
    machine.take();
    machine.send({ type: "stop" });
    expect(machine.state.due - NOW).toBe(50);
    machine.send({ type: "due" });
    expect(types(machine.take())).toEqual([
      "settleStart",
      "onStopped",
      "changed",
      "close",
      "drop",
      "emit disconnected",
      "changed",
      "emit stopped",
      "settleStop",
    ]);
  });

  test("hears nothing of the closing socket but its end", () => {
    const machine = new Machine().connect().send({ type: "stop" });
    const { state } = machine;
    machine.frame().confirm();
    machine.send({ type: "stop" }).send({ type: "wake" }).send({ type: "start" });
    expect(machine.state).toBe(state);
    expect(machine.lose(1000).state.name).toBe("Stopped");
  });

  test("rejects a pending start", () => {
    const machine = new Machine().send({ type: "start" }).send({ type: "stop" });
    expect(machine.effects.find(({ type }) => type === "settleStart")).toMatchObject({
      error: { code: "Stopped" },
    });
  });
});
