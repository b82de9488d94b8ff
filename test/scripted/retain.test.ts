import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ConnectionInfo } from "web-pubsub-client";
import { disconnected } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("start with keepTrying", () => {
  test("goes on after failures with growing delays and resolves when connected", async () => {
    const stage = new Stage();
    const started = follow(stage.client.start({ keepTrying: true }));
    await turn();
    await stage.drop();
    expect(stage.client.state).toBe("Disconnected");
    // Half of 1 s, then of 2 s.
    await turn(500);
    expect(stage.sockets).toHaveLength(2);
    await stage.drop();
    await turn(999);
    expect(stage.sockets).toHaveLength(2);
    await turn(1);
    expect(stage.sockets).toHaveLength(3);
    expect(started.status).toBe("pending");
    await stage.accept();
    expect(started.status).toBe("resolved");
    expect(stage.named).toEqual(["connected A"]);
  });

  test("operations made meanwhile wait and are sent", async () => {
    const stage = new Stage();
    void stage.client.start({ keepTrying: true });
    const sent = follow(stage.client.sendToGroup("room", "x", { fireAndForget: true }));
    await turn();
    await stage.drop();
    await turn(500);
    const socket = await stage.accept();
    expect(socket.frames("sendToGroup")).toHaveLength(1);
    expect(sent.status).toBe("resolved");
  });

  test("rejects when the retries are used up, when it is aborted and when the client is stopped", async () => {
    const limited = new Stage({ reconnectRetryOptions: { maxRetries: 1, retryDelayInMs: 10 } });
    const exhausted = follow(limited.client.start({ keepTrying: true }));
    await turn();
    await limited.drop();
    await turn(10);
    await limited.drop();
    expect([exhausted.status, limited.client.state]).toEqual(["rejected", "Stopped"]);

    const stage = new Stage();
    const abort = new AbortController();
    const aborted = follow(stage.client.start({ keepTrying: true, abortSignal: abort.signal }));
    await turn();
    await stage.drop();
    abort.abort();
    await turn();
    expect(aborted.error?.name).toBe("AbortError");
    expect(stage.client.state).toBe("Stopped");
    await turn(60_000);
    expect(stage.sockets).toHaveLength(1);

    const stopped = follow(stage.client.start({ keepTrying: true }));
    await turn();
    await stage.drop();
    await stage.client.stop();
    expect(stopped.error?.code).toBe("Stopped");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a signal that fires after the connection stood does nothing", async () => {
    const stage = new Stage();
    const abort = new AbortController();
    void stage.client.start({ keepTrying: true, abortSignal: abort.signal });
    await turn();
    await stage.accept();
    await stage.drop(1008);
    abort.abort();
    expect(stage.client.state).toBe("Connecting");
    await stage.accept("B");
    expect(stage.named.at(-1)).toBe("connected B");
  });
});

describe("retain", () => {
  test("the first starts, the last stops after releaseDelayInMs", async () => {
    const stage = new Stage({ releaseDelayInMs: 100 });
    const one = stage.client.retain();
    const two = stage.client.retain();
    expect(stage.client.state).toBe("Connecting");
    await turn();
    await stage.accept();
    one();
    one();
    await turn(1_000);
    expect(stage.client.state).toBe("Connected");
    two();
    await turn(99);
    expect(stage.client.state).toBe("Connected");
    await turn(60);
    expect(stage.client.state).toBe("Stopped");
    expect(stage.sockets).toHaveLength(1);
  });

  test("one who comes within the delay keeps the connection; during the stop it is started anew", async () => {
    const stage = new Stage({ releaseDelayInMs: 100, socket: { closing: "silent" } });
    const first = stage.client.retain();
    await turn();
    await stage.accept();
    first();
    await turn(99);
    const second = stage.client.retain();
    await turn(10_000);
    expect(stage.named).toEqual(["connected A"]);
    second();
    await turn(100);
    expect(stage.client.state).toBe("Stopping");
    stage.client.retain();
    await turn(60);
    expect(stage.sockets).toHaveLength(2);
    await stage.accept("B");
    expect(stage.named).toEqual(["connected A", "disconnected A", "stopped", "connected B"]);
  });

  test("released during the first attempt: nothing is left of it", async () => {
    const stage = new Stage();
    stage.client.retain()();
    await turn();
    const { socket } = stage;
    await turn(1_000);
    expect(stage.client.state).toBe("Stopped");
    expect(socket.terminated).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a stop before the delay is over ends the waiting: it neither holds the process nor ends what comes next", async () => {
    const stage = new Stage();
    const release = stage.client.retain();
    await turn();
    await stage.accept();
    release();
    await stage.client.stop();
    expect(vi.getTimerCount()).toBe(0);
    await stage.connect("B");
    await turn(1_000);
    expect(stage.client.state).toBe("Connected");
  });

  test("the last one goes after the client was stopped: what is started next isn't ended", async () => {
    const stage = new Stage();
    const release = stage.client.retain();
    await turn();
    await stage.accept();
    await stage.client.stop();
    release();
    expect(vi.getTimerCount()).toBe(0);
    await stage.connect("B");
    await turn(1_000);
    expect(stage.client.state).toBe("Connected");
  });

  test("goes and comes while the client is stopping: nothing is started for one who has gone", async () => {
    const stage = new Stage({ releaseDelayInMs: 0, socket: { closing: "silent" } });
    const first = stage.client.retain();
    await turn();
    await stage.accept();
    first();
    await turn(0);
    stage.client.retain()();
    await turn(1_000);
    expect([stage.client.state, stage.sockets.length]).toEqual(["Stopped", 1]);
  });
});

describe("connectionInfo", () => {
  test("tells state, id, user, last error and next attempt; the same object until something changes", async () => {
    const stage = new Stage();
    const { client } = stage;
    expect(client.connectionInfo).toEqual({ state: "Stopped" });
    const infos: ConnectionInfo[] = [];
    client.on("state-changed", () => infos.push(client.connectionInfo));
    await stage.connect("A");
    expect(client.connectionInfo).toBe(infos.at(-1));
    expect(client.connectionInfo).toMatchObject({ state: "Connected", connectionId: "A", userId: "ann" });
    expect(client.connectionInfo.error).toBeUndefined();
    stage.socket.receiveFrame(disconnected("closing for the night"));
    await stage.drop();
    expect(client.connectionInfo).toMatchObject({ state: "Recovering", connectionId: "A", attempt: 1 });
    await stage.drop();
    // Half of a second.
    expect(client.connectionInfo).toMatchObject({ attempt: 2, nextAttemptAt: Date.now() + 500 });
    expect(client.connectionInfo.error).toMatchObject({ code: "Closed", closeCode: 1006 });
    await turn(2_500);
    await stage.drop(1008);
    expect(client.connectionInfo).toMatchObject({ state: "Connecting", connectionId: undefined });
    expect(client.connectionInfo.error).toMatchObject({ closeCode: 1008 });
    await stage.accept("B");
    expect(client.connectionInfo).toMatchObject({ state: "Connected", connectionId: "B" });
    expect(client.connectionInfo.error).toBeUndefined();
    await client.stop();
    expect(client.connectionInfo.state).toBe("Stopped");
  });
});
