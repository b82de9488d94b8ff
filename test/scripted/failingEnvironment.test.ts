import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebPubSubClient, type Environment } from "web-pubsub-client";
import { ack, connected } from "../helpers/frames.js";
import { ScriptedSocket } from "../helpers/scriptedSocket.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const fail = (): never => {
  throw new Error("Broken by the test.");
};

describe.each<keyof Environment>(["now", "uptime", "random", "setTimer", "onWake", "createWebSocket"])(
  "an environment whose %s throws",
  (name) => {
    test.each([false, true])("makes start reject, with keepTrying: %s, and stop ends", async (keepTrying) => {
      const client = new WebPubSubClient(URL, {
        webSocket: ScriptedSocket,
        environment: { [name]: fail },
        reconnectRetryOptions: { maxRetries: 0 },
      });
      const started = follow(client.start({ keepTrying }));
      await turn();
      expect([started.status, client.state, client.connectionInfo.state]).toEqual([
        "rejected",
        "Stopped",
        "Stopped",
      ]);
      if (name !== "createWebSocket") expect(started.error?.message).toContain("Broken by the test.");
      await client.stop();
      await client.stop({ drainInMs: 10 });
    });

    test("later stops the client, and stop ends", async () => {
      let broken = false;
      const platform: Environment = {
        now: () => Date.now(),
        uptime: () => Date.now(),
        random: () => 0.5,
        setTimer: (callback, delayInMs) => setTimeout(callback, delayInMs),
        clearTimer: (handle) => clearTimeout(handle as number),
        onWake: () => () => undefined,
        createWebSocket: (url, protocol) => {
          const socket = new ScriptedSocket(url, protocol);
          sockets.push(socket);
          return socket;
        },
      };
      const sockets: ScriptedSocket[] = [];
      const own = platform[name] as (...args: unknown[]) => unknown;
      const environment = {
        ...platform,
        [name]: (...args: unknown[]) => (broken ? fail() : own(...args)),
      };
      const client = new WebPubSubClient(URL, { environment });
      const stopped = vi.fn();
      client.on("stopped", stopped);
      const started = follow(client.start());
      await turn();
      sockets[0]?.receiveOpen();
      sockets[0]?.receiveFrame(connected("A", "t"));
      await turn();
      expect([started.status, client.state]).toEqual(["resolved", "Connected"]);
      const pending = follow(client.sendToGroup("g", "x"));
      broken = true;
      const drained = follow(client.stop({ drainInMs: 1_000 }));
      const ended = follow(client.stop());
      await turn(100);
      expect([drained.status, ended.status, pending.status, client.state, stopped.mock.calls.length]).toEqual(
        ["resolved", "resolved", "rejected", "Stopped", 1],
      );
    });
  },
);

test("a lost connection with a broken clock ends the client instead of leaving it in between", async () => {
  let broken = false;
  const stage = new Stage({ environment: { random: () => (broken ? fail() : 0.5) } });
  await stage.connect();
  broken = true;
  await stage.drop();
  expect(stage.client.state).toBe("Stopped");
  expect(stage.journal.slice(-2)).toEqual(["=> Stopped", "stopped"]);
});

test.each([
  ["clearTimer", { clearTimer: fail }],
  ["the end of onWake", { onWake: () => fail }],
])("%s may throw: nothing is left of it", async (_what, environment) => {
  const stage = new Stage({ environment });
  await stage.connect();
  // The deadline of the attempt, which couldn't be cleared.
  await turn(15_000);
  expect(stage.client.state).toBe("Connected");
  await stage.client.stop();
  expect(stage.client.state).toBe("Stopped");
  await stage.connect("B");
  expect(stage.client.connectionId).toBe("B");
  await stage.client.stop();
});

test.each([undefined, null, 5, {}, "end"])("an onWake that returns %o does no harm", async (end) => {
  const onWake = vi.fn(() => end as () => void);
  const stage = new Stage({ environment: { onWake } });
  await stage.connect();
  await stage.client.stop();
  expect([stage.client.state, onWake.mock.calls.length]).toEqual(["Stopped", 1]);
});

test("a signal that throws makes start reject; the client stays stopped", async () => {
  const client = new WebPubSubClient(URL, { webSocket: ScriptedSocket });
  const abortSignal = { aborted: false, addEventListener: fail, removeEventListener: fail };
  await expect(client.start({ abortSignal })).rejects.toThrow("Broken by the test.");
  expect(client.state).toBe("Stopped");
});

describe("a platform without", () => {
  const partial = { addEventListener: undefined };
  test.each<[string, Record<string, unknown>]>([
    ["a whole document", { document: {} }],
    ["a document", { document: null }],
    ["events", { document: partial, ...partial }],
    ["performance", { performance: undefined }],
    ["a whole performance", { performance: {} }],
    ["TextEncoder and TextDecoder", { TextEncoder: undefined, TextDecoder: undefined }],
    ["AbortSignal.any, crypto and structuredClone", { crypto: undefined, structuredClone: undefined }],
  ])("%s: a client starts, sends a long text, recovers and stops", async (_what, globals) => {
    const stage = new Stage();
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    await stage.connect();
    const sent = follow(stage.client.sendToGroup("g", "x".repeat(360_000)));
    await turn();
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect([sent.status, sent.error]).toEqual(["resolved", undefined]);
    await stage.drop();
    await stage.recover();
    expect(stage.client.state).toBe("Connected");
    await stage.client.stop();
    expect(stage.client.state).toBe("Stopped");
  });

  test.each([
    ["x", 1],
    ["\u00e9", 2],
    ["\u20ac", 3],
    ["\u{1f600}", 4],
  ])("TextEncoder: a frame of %s is measured in bytes", async (character, bytes) => {
    vi.stubGlobal("TextEncoder", undefined);
    const stage = new Stage();
    await stage.connect();
    const limit = 1 << 20;
    const overhead = 1_000;
    await expect(
      stage.client.sendToGroup("g", character.repeat(Math.ceil(limit / bytes))),
    ).rejects.toMatchObject({ code: "InvalidMessage" });
    follow(stage.client.sendToGroup("g", character.repeat(Math.floor((limit - overhead) / bytes))));
    const written = Buffer.byteLength(stage.socket.raw.at(-1) as string);
    expect(written > limit - overhead && written <= limit).toBe(true);
    await stage.client.stop();
  });
});
