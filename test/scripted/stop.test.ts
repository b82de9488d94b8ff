import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ack, fromServer } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Nothing is left that could hold a process or bring the client back. */
async function expectStopped(stage: Stage): Promise<void> {
  expect(stage.client.state).toBe("Stopped");
  expect(vi.getTimerCount(), "timers left").toBe(0);
  const { length } = stage.sockets;
  await turn(120_000);
  expect([stage.client.state, stage.sockets.length]).toEqual(["Stopped", length]);
}

test("in Stopped it resolves and tells nothing", async () => {
  const stage = new Stage();
  await stage.client.stop();
  await stage.client.stop({ drainInMs: 1_000 });
  expect(stage.journal).toEqual([]);
  await expectStopped(stage);
});

describe("in Connecting", () => {
  test("while the credential hangs: it hears of it", async () => {
    let aborted = false;
    const stage = new Stage({
      credential: {
        getClientAccessUrl: (options) => {
          options?.abortSignal?.addEventListener("abort", () => (aborted = true));
          return new Promise(() => undefined);
        },
      },
    });
    const started = await stage.begin();
    await stage.client.stop();
    expect([started.error?.code, aborted]).toEqual(["Stopped", true]);
    expect(stage.named).toEqual(["stopped"]);
    await expectStopped(stage);
  });

  test("during a handshake that hangs: the socket is dropped", async () => {
    const stage = new Stage();
    const started = await stage.begin();
    await stage.client.stop();
    expect(started.error).toMatchObject({ name: "ConnectionError", code: "Stopped" });
    expect(stage.socket.terminated).toBe(true);
    expect(stage.journal).toEqual(["=> Connecting", "=> Stopping", "=> Stopped", "stopped"]);
    await expectStopped(stage);
  });

  test("after the opening: close code 1000", async () => {
    const stage = new Stage();
    const started = await stage.begin();
    stage.socket.receiveOpen();
    await stage.client.stop();
    expect(started.error?.code).toBe("Stopped");
    expect(stage.socket.closeCalls).toEqual([{ code: 1000, reason: undefined }]);
    expect(stage.named).toEqual(["stopped"]);
    await expectStopped(stage);
  });

  test("before the credential has answered: its URL is not used", async () => {
    const stage = new Stage();
    const started = follow(stage.client.start());
    await stage.client.stop();
    await turn();
    expect([started.error?.code, stage.sockets.length]).toEqual(["Stopped", 0]);
    await expectStopped(stage);
  });

  test("the pending start rejects before stop resolves and before operations reject", async () => {
    const stage = new Stage();
    const order: string[] = [];
    const started = stage.client.start().catch(() => order.push("start"));
    const sent = stage.client.sendToGroup("g", "x").catch(() => order.push("operation"));
    const stopped = stage.client.stop().then(() => order.push("stop"));
    await Promise.all([started, sent, stopped]);
    expect(order).toEqual(["start", "operation", "stop"]);
  });
});

describe("in Connected", () => {
  test("disconnected, then Stopped, then stopped, then the promise", async () => {
    const stage = new Stage();
    const { journal } = stage;
    await stage.connect("A");
    journal.length = 0;
    const pending = stage.client.sendToGroup("g", "x").catch(() => journal.push("operation rejects"));
    const stopping = stage.client.stop().then(() => journal.push("stop resolves"));
    await Promise.all([pending, stopping]);
    expect(journal).toEqual([
      "=> Stopping",
      "operation rejects",
      "disconnected A",
      "=> Stopped",
      "stopped",
      "stop resolves",
    ]);
    expect(stage.socket.closeCalls).toEqual([{ code: 1000, reason: undefined }]);
    await expectStopped(stage);
  });

  test.each(["sync", "async", "silent"] as const)("a peer whose close is %s", async (closing) => {
    const stage = new Stage({ socket: { closing } });
    await stage.connect("A");
    const stopped = follow(stage.client.stop());
    await turn(49);
    expect(stopped.status).toBe(closing === "silent" ? "pending" : "resolved");
    await turn(1);
    expect(stopped.status).toBe("resolved");
    expect(stage.socket.terminated).toBe(true);
    expect(stage.journal.slice(3)).toEqual(["=> Stopping", "disconnected A", "=> Stopped", "stopped"]);
    await expectStopped(stage);
  });

  test("a socket that can't be terminated is let go", async () => {
    const stage = new Stage({ socket: { closing: "silent", canTerminate: false } });
    await stage.connect("A");
    const { socket } = stage;
    const stopped = stage.client.stop();
    await turn(50);
    await stopped;
    socket.late.frame(fromServer("late", 1));
    socket.receiveClose(1006);
    expect(stage.named).toEqual(["connected A", "disconnected A", "stopped"]);
    await expectStopped(stage);
  });

  test("while the socket is closing already", async () => {
    const stage = new Stage({ socket: { closing: "silent" } });
    await stage.connect("A");
    stage.socket.readyState = 2;
    const stopped = stage.client.stop();
    stage.socket.receiveClose(1006);
    await stopped;
    expect(stage.named).toEqual(["connected A", "disconnected A", "stopped"]);
    await expectStopped(stage);
  });

  test("messages that come while the socket closes are not told", async () => {
    const stage = new Stage({ socket: { closing: "silent" } });
    await stage.connect("A");
    const stopped = stage.client.stop();
    stage.socket.receiveFrame(fromServer("late", 1));
    await turn(50);
    await stopped;
    expect(stage.named).toEqual(["connected A", "disconnected A", "stopped"]);
  });
});

describe("in Recovering", () => {
  test("waiting", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    await stage.drop();
    await stage.client.stop();
    expect(stage.named).toEqual(["connected A", "recovering A", "disconnected A", "stopped"]);
    await expectStopped(stage);
  });

  test("opening", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    await stage.client.stop();
    expect(stage.socket.terminated).toBe(true);
    await expectStopped(stage);
  });

  test("proving: the service is told", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    stage.socket.receiveOpen();
    await stage.client.stop();
    expect(stage.socket.closeCalls).toEqual([{ code: 1000, reason: undefined }]);
    expect(stage.named).toEqual(["connected A", "recovering A", "disconnected A", "stopped"]);
    await expectStopped(stage);
  });
});

test("in Disconnected, waiting", async () => {
  const stage = new Stage();
  await stage.connect("A", "");
  await stage.drop();
  await stage.drop();
  expect(stage.client.state).toBe("Disconnected");
  await stage.client.stop();
  expect(stage.named).toEqual(["connected A", "disconnected A", "stopped"]);
  await expectStopped(stage);
});

test("in Connecting anew, after a connection was lost", async () => {
  const stage = new Stage();
  await stage.connect("A", "");
  await stage.drop();
  expect(stage.client.state).toBe("Connecting");
  await stage.client.stop();
  expect(stage.named).toEqual(["connected A", "disconnected A", "stopped"]);
  await expectStopped(stage);
});

test("twice and in Stopping: one end, both promises resolve", async () => {
  const stage = new Stage({ socket: { closing: "silent" } });
  await stage.connect("A");
  const first = follow(stage.client.stop());
  const second = follow(stage.client.stop());
  expect(stage.client.state).toBe("Stopping");
  await turn(10);
  const third = follow(stage.client.stop());
  await turn(40);
  expect([first.status, second.status, third.status]).toEqual(["resolved", "resolved", "resolved"]);
  expect(stage.named.slice(1)).toEqual(["disconnected A", "stopped"]);
  await expectStopped(stage);
});

test("while a wait before connecting runs, operations that wait reject", async () => {
  const stage = new Stage();
  await stage.connect("A");
  await stage.drop();
  const sent = follow(stage.client.sendToGroup("g", "x"));
  await stage.client.stop();
  expect(sent.error).toMatchObject({ code: "NotStarted" });
});

test("after the last retry the client stops by itself; stop() then resolves at once", async () => {
  const stage = new Stage({ autoReconnect: false });
  await stage.connect("A", "");
  await stage.drop();
  expect(stage.client.state).toBe("Stopped");
  await stage.client.stop();
  expect(stage.named).toEqual(["connected A", "disconnected A", "stopped"]);
});

test("await using stops the client", async () => {
  const stage = new Stage();
  {
    await using client = stage.client;
    await stage.connect("A");
    expect(client.state).toBe("Connected");
  }
  await expectStopped(stage);
});

describe("with drainInMs", () => {
  test("waits until everything is answered, takes nothing new meanwhile", async () => {
    const stage = new Stage();
    await stage.connect("A");
    const sent = follow(stage.client.sendToGroup("g", "x"));
    const stopped = follow(stage.client.stop({ drainInMs: 5_000 }));
    await turn(1_000);
    expect([stage.client.state, stopped.status]).toEqual(["Connected", "pending"]);
    await expect(stage.client.sendToGroup("g", "y")).rejects.toMatchObject({ code: "NotStarted" });
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect([sent.value?.ackId, stopped.status]).toEqual([1, "resolved"]);
    await expectStopped(stage);
  });

  test("waits no longer than told; what is still pending rejects", async () => {
    const stage = new Stage();
    await stage.connect("A");
    const sent = follow(stage.client.sendToGroup("g", "x"));
    const stopped = follow(stage.client.stop({ drainInMs: 5_000 }));
    await turn(4_999);
    expect([sent.status, stopped.status]).toEqual(["pending", "pending"]);
    await turn(1);
    expect([sent.error?.code, stopped.status]).toEqual(["NotStarted", "resolved"]);
    await expectStopped(stage);
  });

  test("goes on through a recovery", async () => {
    const stage = new Stage();
    await stage.connect("A");
    const sent = follow(stage.client.sendToGroup("g", "x"));
    const stopped = follow(stage.client.stop({ drainInMs: 60_000 }));
    await stage.drop();
    await stage.recover();
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect([sent.status, stopped.status]).toEqual(["resolved", "resolved"]);
  });

  test("nothing pending: stops at once", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.client.stop({ drainInMs: 60_000 });
    await expectStopped(stage);
  });

  test("a stop() without it cuts the draining short; both resolve once the client is stopped", async () => {
    const stage = new Stage({ socket: { closing: "silent" } });
    await stage.connect("A");
    void stage.client.sendToGroup("g", "x").catch(() => undefined);
    const draining = follow(stage.client.stop({ drainInMs: 60_000 }));
    await turn();
    const stopping = follow(stage.client.stop());
    await turn(10);
    expect([stage.client.state, draining.status, stopping.status]).toEqual([
      "Stopping",
      "pending",
      "pending",
    ]);
    await turn(40);
    expect([stage.client.state, draining.status, stopping.status]).toEqual([
      "Stopped",
      "resolved",
      "resolved",
    ]);
    await expectStopped(stage);
  });

  test("two drainings end together when everything is answered", async () => {
    const stage = new Stage();
    await stage.connect("A");
    void stage.client.sendToGroup("g", "x");
    const long = follow(stage.client.stop({ drainInMs: 60_000 }));
    const short = follow(stage.client.stop({ drainInMs: 5_000 }));
    await turn(1_000);
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect([long.status, short.status, stage.client.state]).toEqual(["resolved", "resolved", "Stopped"]);
    await expectStopped(stage);
  });

  test("a draining that a restart overtook doesn't stop the new run", async () => {
    const stage = new Stage();
    await stage.connect("A");
    void stage.client.sendToGroup("g", "x").catch(() => undefined);
    const draining = follow(stage.client.stop({ drainInMs: 60_000 }));
    stage.client.once("stopped", () => void stage.client.start());
    await stage.client.stop();
    await turn();
    await stage.accept("B");
    await turn(60_000);
    expect([draining.status, stage.client.state]).toEqual(["resolved", "Connected"]);
  });

  test("a number that can't be rejects", async () => {
    const { client } = new Stage({ credential: URL });
    await expect(client.stop({ drainInMs: -1 })).rejects.toThrow(RangeError);
  });
});
