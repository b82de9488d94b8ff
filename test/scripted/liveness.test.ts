import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Environment } from "web-pubsub-client";
import { connected, fromServer, pong } from "../helpers/frames.js";
import type { ScriptedSocket } from "../helpers/scriptedSocket.js";
import { ONE_TURN, Stage, turn, type StageOptions } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pings = (stage: Stage, socket = stage.socket): number => socket.frames("ping").length;

describe("keep-alive", () => {
  test("a ping every 20 s while the service answers", async () => {
    const stage = new Stage();
    const socket = await stage.connect();
    socket.onSent = ({ type }) => type === "ping" && socket.receiveFrame(pong);
    await turn(19_999);
    expect(pings(stage)).toBe(0);
    await turn(1);
    expect(pings(stage)).toBe(1);
    await turn(600_000);
    expect([pings(stage), stage.client.state, stage.sockets.length]).toEqual([31, "Connected", 1]);
  });

  test("45 s of silence after a ping: the socket is torn down, not closed politely, and recovered", async () => {
    const stage = new Stage({ socket: { closing: "silent" } });
    const socket = await stage.connect("A");
    await turn(20_000);
    await turn(45_000);
    expect(stage.client.state).toBe("Connected");
    await turn(ONE_TURN);
    expect([stage.client.state, socket.terminated, stage.sockets.length]).toEqual(["Recovering", true, 2]);
    await stage.recover();
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
  });

  test("state-changed says why", async () => {
    const stage = new Stage();
    const errors: unknown[] = [];
    stage.client.on("state-changed", ({ state, error }) =>
      errors.push([state, error?.name, error && "code" in error && error.code]),
    );
    await stage.connect();
    await turn(65_000 + ONE_TURN);
    expect(errors.at(-1)).toEqual(["Recovering", "ConnectionError", "NoAnswer"]);
  });

  test("an answer that waits behind the timer is heard", async () => {
    const stage = new Stage();
    const socket = await stage.connect();
    await turn(60_000);
    // Due at the very moment that silence is too long, and after the client's own timer.
    setTimeout(() => socket.receiveFrame(pong), 5_000);
    await turn(5_000 + ONE_TURN);
    expect([stage.client.state, stage.sockets.length]).toEqual(["Connected", 1]);
    await turn(60_000);
    expect(stage.client.state).toBe("Recovering");
  });

  test("a socket that closes in the turn before the verdict has closed; it isn't silent", async () => {
    const stage = new Stage();
    const codes: unknown[] = [];
    stage.client.on("state-changed", ({ code }) => codes.push(code));
    const socket = await stage.connect();
    await turn(60_000);
    setTimeout(() => socket.receiveClose(1008), 5_000);
    await turn(5_000 + ONE_TURN);
    expect(codes.at(-2)).toBe(1008);
    expect(stage.socket.url.searchParams.has("awps_connection_id")).toBe(false);
  });

  test("a wake in the turn before the verdict puts it off by one more turn at most", async () => {
    let wake = (): void => undefined;
    const stage = new Stage({
      environment: {
        onWake: (listener) => {
          wake = listener;
          return () => undefined;
        },
      },
    });
    await stage.connect();
    wake();
    setTimeout(() => wake(), 5_000);
    await turn(5_000 + 2 * ONE_TURN);
    expect(stage.client.state).toBe("Recovering");
  });

  test("any frame counts as an answer", async () => {
    const stage = new Stage();
    const socket = await stage.connect();
    for (let n = 1; n <= 20; n++) {
      await turn(15_000);
      socket.receiveFrame(n % 2 === 0 ? fromServer("x", n) : "not even JSON");
    }
    expect([stage.client.state, stage.sockets.length]).toEqual(["Connected", 1]);
  });

  test("silence counts only from a ping that was really sent", async () => {
    const stage = new Stage();
    const socket = await stage.connect();
    socket.sendError = new Error("buffer full");
    await turn(300_000);
    expect(stage.client.state).toBe("Connected");
    socket.sendError = undefined;
    await turn(20_000);
    expect(pings(stage)).toBe(1);
    await turn(45_000);
    expect(stage.client.state).toBe("Connected");
    await turn(ONE_TURN);
    expect(stage.client.state).toBe("Recovering");
  });

  test("a socket that has closed without a word is noticed at the next look", async () => {
    const stage = new Stage();
    const socket = await stage.connect("A");
    socket.readyState = 3;
    await turn(20_000);
    expect(stage.client.state).toBe("Recovering");
  });

  test("own interval and timeout", async () => {
    const stage = new Stage({ keepAliveIntervalInMs: 1_000, keepAliveTimeoutInMs: 2_500 });
    await stage.connect();
    await turn(3_000);
    expect([pings(stage), stage.client.state]).toEqual([3, "Connected"]);
    await turn(500 + ONE_TURN);
    expect(stage.client.state).toBe("Recovering");
  });

  test("interval 0: no ping, and no silence to count", async () => {
    const stage = new Stage({ keepAliveIntervalInMs: 0 });
    await stage.connect();
    await turn(600_000);
    expect([pings(stage), stage.client.state]).toEqual([0, "Connected"]);
  });

  test("timeout 0: pings, and no silence is too long", async () => {
    const stage = new Stage({ keepAliveTimeoutInMs: 0 });
    await stage.connect();
    await turn(600_000);
    expect([pings(stage), stage.client.state]).toEqual([30, "Connected"]);
  });

  test("W26: a timeout of 1 ms makes no busy loop", async () => {
    for (const keepAliveTimeoutInMs of [1, 2]) {
      let timers = 0;
      const environment: Partial<Environment> = {
        setTimer: (callback, delayInMs) => {
          timers++;
          return setTimeout(callback, delayInMs);
        },
      };
      const stage = new Stage({ keepAliveTimeoutInMs, environment });
      await stage.connect();
      await turn(19_000);
      expect(timers).toBeLessThan(10);
    }
  });

  test("W26: amounts past the platform's longest timer don't fire at once", async () => {
    const huge = 2 ** 31;
    const stage = new Stage({
      keepAliveTimeoutInMs: huge,
      keepAliveIntervalInMs: huge,
      connectTimeoutInMs: huge,
      ackTimeoutInMs: huge,
    });
    const started = await stage.begin();
    await turn(60_000);
    expect(started.status).toBe("pending");
    await stage.accept();
    void stage.client.sendToGroup("g", "x").catch(() => undefined);
    await turn(60_000);
    expect([stage.client.state, pings(stage), stage.socket.frames().length]).toEqual(["Connected", 0, 1]);
  });

  test("a new socket is watched from its own start", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await turn(19_000);
    await stage.drop();
    await stage.recover();
    await turn(19_999);
    expect(pings(stage), "the one that proved it").toBe(1);
    await turn(1);
    expect(pings(stage)).toBe(2);
  });
});

describe("a timer that fires late", () => {
  /** A stage whose clock can be put forward without its timers. */
  function sleeper(options: StageOptions = {}): { stage: Stage; sleep: (ms: number) => void } {
    let offset = 0;
    const stage = new Stage({
      ...options,
      environment: { now: () => Date.now() + offset, onWake: () => () => undefined },
    });
    return { stage, sleep: (ms) => void (offset += ms) };
  }

  /** It has slept for an hour, and has just sent its second ping. */
  async function probed(): Promise<ReturnType<typeof sleeper> & { socket: ScriptedSocket }> {
    const { stage, sleep } = sleeper();
    const socket = await stage.connect();
    await turn(20_000);
    sleep(3_600_000);
    await turn(20_000);
    expect(pings(stage)).toBe(2);
    return { stage, sleep, socket };
  }

  test("probes first: an answer within 5 s, and the connection goes on", async () => {
    const { stage, socket } = await probed();
    await turn(4_999);
    expect(stage.client.state).toBe("Connected");
    socket.receiveFrame(pong);
    await turn(20_000);
    expect([stage.client.state, stage.sockets.length]).toEqual(["Connected", 1]);
  });

  test("no answer within 5 s: recovery", async () => {
    const { stage, sleep } = sleeper();
    await stage.connect();
    await turn(20_000);
    sleep(3_600_000);
    await turn(20_000);
    expect(stage.client.state).toBe("Connected");
    await turn(5_000 + ONE_TURN);
    expect(stage.client.state).toBe("Recovering");
  });

  test("of a probe by less than 2 s: an answer that waits behind it is heard", async () => {
    const { stage, sleep, socket } = await probed();
    // Both are due at once when the page goes on, and the answer comes second.
    setTimeout(() => socket.receiveFrame(pong), 5_000);
    await turn(3_000);
    sleep(1_500);
    await turn(2_000 + ONE_TURN);
    expect([stage.client.state, stage.sockets.length]).toEqual(["Connected", 1]);
  });

  test("a clock put back doesn't stop the keep-alive", async () => {
    const { stage, sleep } = sleeper();
    await stage.connect();
    await turn(1_000);
    sleep(-3_600_000);
    await turn(45_000);
    expect(pings(stage)).toBeGreaterThan(0);
    await turn(60_000);
    expect(stage.client.state).toBe("Recovering");
  });
});

test("a codec that can't write a ping: no keep-alive, and the open socket is the proof", async () => {
  const stage = new Stage({
    protocol: {
      name: "no.ping.v1",
      isReliableSubProtocol: true,
      parseMessages: (input) => JSON.parse(input as string) as null,
      writeMessage: (message) => {
        if (message.kind === "ping") throw new Error("Unsupported type: ping");
        return JSON.stringify(message);
      },
    },
  });
  await stage.begin();
  stage.socket.receiveOpen();
  stage.socket.receiveFrame(JSON.stringify({ kind: "connected", ...connected("A"), type: undefined }));
  await turn(600_000);
  expect([stage.client.state, stage.socket.sent]).toEqual(["Connected", []]);
  await stage.drop();
  stage.socket.receiveOpen();
  expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
  expect(stage.socket.sent).toEqual([]);
});
