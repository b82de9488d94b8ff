import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pong } from "../helpers/frames.js";
import { seeded } from "../helpers/seeded.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The times in ms after the drop at which attempts to recover begin, each refused at once. */
async function attempts(random: () => number, code = 1006): Promise<number[]> {
  const stage = new Stage({ autoReconnect: false, random });
  await stage.connect("A");
  const dropped = Date.now();
  const times: number[] = [];
  stage.onSocket = (socket) => {
    times.push(Date.now() - dropped);
    queueMicrotask(() => socket.receiveClose(1006));
  };
  await stage.drop(code);
  await turn(60_000);
  expect(stage.client.state).toBe("Stopped");
  return times;
}

test("W21: attempts come at once, in each of three seconds, in the next two, then in every five", async () => {
  // Each in the middle of its period; the last ones are in the middle of what is left until 29 s.
  const times = [0, 500, 1_500, 2_500, 4_000, 7_500, 12_500, 17_500, 22_500, 27_000, 28_000, 28_500];
  expect(await attempts(() => 0.5)).toEqual(times);
});

test("the largest draws stay in their periods and within 30 s of the drop", async () => {
  const times = await attempts(() => 0.999_999);
  expect(times.slice(0, 7)).toEqual([0, 999, 1_999, 2_999, 4_999, 9_999, 14_999]);
  expect(Math.max(...times)).toBeLessThan(30_000);
});

test("the smallest draws begin their periods, with a turn of the loop in between", async () => {
  const times = await attempts(() => 0);
  expect(times.slice(0, 7)).toEqual([0, 0, 1_000, 2_000, 3_000, 5_000, 10_000]);
  expect(Math.max(...times)).toBeLessThan(30_000);
});

test("no two attempts are made in one period, however the draws fall", async () => {
  const random = seeded(3);
  for (let i = 0; i < 20; i++) {
    const times = await attempts(random);
    const periods = [0, 1_000, 2_000, 3_000, 5_000, 10_000, 15_000, 20_000, 25_000];
    const [, ...later] = times.filter((time) => time < 25_000);
    // Each begins in a period of its own, one after the other.
    expect(later.map((time) => periods.findLastIndex((begin) => begin <= time))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
  }
});

test.each([1001, 1012, 1013])("after %i the first attempt is spread over 5 s", async (code) => {
  expect((await attempts(() => 0.5, code))[0]).toBe(2_500);
  expect((await attempts(() => 0.999_999, code))[0]).toBe(4_999);
});

test("an attempt that hangs ends by its deadline, and the next one follows even without a delay", async () => {
  const stage = new Stage({ random: () => 0 });
  await stage.connect("A");
  await stage.drop();
  for (const attempts of [2, 3]) {
    const { socket } = stage;
    await turn(9_999);
    expect(stage.sockets).toHaveLength(attempts);
    // The fake clock's zero is 1 ms when it is asked for within a timer.
    await turn(2);
    expect([socket.terminated, stage.sockets.length]).toEqual([true, attempts + 1]);
  }
  await turn(10_000);
  // The window is over: a new connection, whose attempts hang as well.
  expect(stage.client.state).toBe("Connecting");
  for (const attempts of [5, 6]) {
    expect(stage.sockets).toHaveLength(attempts);
    await turn(10_001);
  }
});

test("hung attempts don't outlast the 30 s", async () => {
  const stage = new Stage({ autoReconnect: false, connectTimeoutInMs: 60_000 });
  await stage.connect("A");
  await stage.drop();
  await turn(29_999);
  expect(stage.client.state).toBe("Recovering");
  await turn(1);
  expect(stage.client.state).toBe("Stopped");
});

test("a service that resumes and drops at once is asked less and less often, in the end every 5 s at most", async () => {
  const stage = new Stage();
  await stage.connect("A");
  const begin = Date.now();
  const times: number[] = [];
  stage.onSocket = (socket) => {
    times.push(Date.now() - begin);
    queueMicrotask(() => {
      socket.receiveOpen();
      socket.receiveFrame(pong);
      socket.receiveClose(1006);
    });
  };
  await stage.drop();
  await turn(15_000);
  expect(times).toEqual([0, 0, 125, 375, 875, 1_875, 3_875, 6_375, 8_875, 11_375, 13_875]);
  expect([stage.client.state, stage.client.connectionId]).toEqual(["Recovering", "A"]);
});

test("state-changed tells close code, reason, error, attempt and next delay", async () => {
  const stage = new Stage();
  await stage.connect("A");
  const changes: unknown[] = [];
  stage.client.on("state-changed", (change) => changes.push(change));
  await stage.drop(1006, "cable");
  await stage.drop(1011, "overload");
  const error = expect.objectContaining({
    name: "ConnectionError",
    closeCode: 1006,
    reason: "cable",
  }) as Error;
  const second = expect.objectContaining({ closeCode: 1011 }) as Error;
  expect(changes).toEqual([
    {
      state: "Recovering",
      previousState: "Connected",
      connectionId: "A",
      code: 1006,
      reason: "cable",
      error,
      attempt: 1,
      nextDelayInMs: 0,
    },
    {
      state: "Recovering",
      previousState: "Recovering",
      connectionId: "A",
      code: 1011,
      reason: "overload",
      error: second,
      attempt: 2,
      nextDelayInMs: 500,
    },
  ]);
});
