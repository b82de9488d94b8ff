import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ack, fromGroup } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const data = (stage: Stage): unknown[] => stage.socket.frames("sendToGroup").map((frame) => frame["data"]);
const ids = (stage: Stage): unknown[] => stage.socket.frames("sendToGroup").map((frame) => frame["ackId"]);

describe("order", () => {
  test("what waits goes out in the order of the calls", async () => {
    const stage = new Stage();
    await stage.begin();
    for (const n of [1, 2, 3]) follow(stage.client.sendToGroup("g", n));
    await stage.accept();
    follow(stage.client.sendToGroup("g", 4));
    expect(data(stage)).toEqual([1, 2, 3, 4]);
  });

  test("after a recovery the unanswered ones go first, in their order, with their ids", async () => {
    const stage = new Stage();
    await stage.connect();
    for (const n of [1, 2, 3]) follow(stage.client.sendToGroup("g", n));
    stage.socket.receiveFrame(ack(2));
    await stage.drop();
    for (const n of [4, 5]) follow(stage.client.sendToGroup("g", n));
    await stage.recover();
    expect([data(stage), ids(stage)]).toEqual([
      [1, 3, 4, 5],
      [1, 3, 4, 5],
    ]);
  });

  test("fire-and-forget keeps its place among the others and isn't sent again", async () => {
    const stage = new Stage();
    await stage.begin();
    follow(stage.client.sendToGroup("g", 1));
    const thrown = follow(stage.client.sendToGroup("g", 2, { fireAndForget: true }));
    follow(stage.client.sendToGroup("g", 3));
    await turn();
    expect(thrown.status).toBe("pending");
    await stage.accept();
    expect(data(stage)).toEqual([1, 2, 3]);
    expect(stage.socket.frames("sendToGroup")[1]).not.toHaveProperty("ackId");
    expect(thrown.value).toEqual({ isDuplicated: false });
    await stage.drop();
    await stage.recover();
    expect(data(stage)).toEqual([1, 3]);
  });

  test("what was refused for a transient reason goes again after those already sent", async () => {
    const stage = new Stage();
    await stage.connect();
    for (const n of [1, 2]) follow(stage.client.sendToGroup("g", n));
    stage.socket.receiveFrame(ack(1, "InternalServerError"));
    await turn(1_000);
    expect(data(stage)).toEqual([1, 2, 1]);
  });

  test("a call inside a listener of the recovery doesn't overtake what waited", async () => {
    const stage = new Stage();
    await stage.connect();
    follow(stage.client.sendToGroup("g", 1));
    await stage.drop();
    follow(stage.client.sendToGroup("g", 2));
    stage.client.on("recovered", () => follow(stage.client.sendToGroup("g", 3)));
    await stage.recover();
    expect(data(stage)).toEqual([1, 2, 3]);
  });
});

describe("ack ids", () => {
  test("explicit: refused while the same one is pending", async () => {
    const stage = new Stage();
    await stage.connect();
    const first = follow(stage.client.sendToGroup("g", 1, { ackId: 9 }));
    await expect(stage.client.joinGroup("h", { ackId: 9 })).rejects.toMatchObject({
      code: "AckIdInUse",
      ackId: 9,
    });
    stage.socket.receiveFrame(ack(9));
    await turn();
    expect(first.status).toBe("resolved");
    expect(stage.socket.frames()).toHaveLength(1);
    follow(stage.client.sendToGroup("g", 2, { ackId: 9 }));
    expect(ids(stage)).toEqual([9, 9]);
  });

  test("explicit: refused while an automatic one of the same value is pending, and the other way round", async () => {
    const stage = new Stage();
    await stage.connect();
    follow(stage.client.sendToGroup("g", 1));
    await expect(stage.client.sendToGroup("g", 2, { ackId: 1 })).rejects.toMatchObject({
      code: "AckIdInUse",
    });
    follow(stage.client.sendToGroup("g", 3, { ackId: 2 }));
    follow(stage.client.sendToGroup("g", 4));
    expect(ids(stage)).toEqual([1, 2, 3]);
  });

  test("automatic ones skip every explicit one", async () => {
    const stage = new Stage();
    await stage.connect();
    follow(stage.client.sendToGroup("g", 1, { ackId: 5 }));
    follow(stage.client.sendToGroup("g", 2, { ackId: 3 }));
    for (const n of [3, 4]) follow(stage.client.sendToGroup("g", n));
    expect(ids(stage)).toEqual([5, 3, 6, 7]);
    expect(new Set(ids(stage)).size).toBe(4);
  });

  test("the largest possible one doesn't use up the automatic ones", async () => {
    const stage = new Stage();
    await stage.connect();
    follow(stage.client.sendToGroup("g", 1, { ackId: Number.MAX_SAFE_INTEGER }));
    follow(stage.client.sendToGroup("g", 2));
    expect(ids(stage)).toEqual([Number.MAX_SAFE_INTEGER, 1]);
  });

  test.each([-1, 1.5, Number.NaN, Infinity, 2 ** 53])("%d can't be one", async (ackId) => {
    const stage = new Stage();
    await stage.connect();
    await expect(stage.client.sendToGroup("g", 1, { ackId })).rejects.toMatchObject({
      code: "InvalidMessage",
    });
    expect(stage.socket.frames()).toEqual([]);
  });

  test("0 can", async () => {
    const stage = new Stage();
    await stage.connect();
    const sent = follow(stage.client.sendToGroup("g", 1, { ackId: 0 }));
    stage.socket.receiveFrame(ack(0));
    await turn();
    expect(sent.value).toEqual({ ackId: 0, isDuplicated: false });
  });

  test("an ack for nothing that is pending is ignored", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveFrame(ack(77));
    stage.socket.receiveFrame(ack(78, "Forbidden"));
    expect(stage.client.state).toBe("Connected");
  });
});

describe("maxPendingOperations", () => {
  test("past it operations are refused at once; sent ones don't count", async () => {
    const stage = new Stage({ maxPendingOperations: 2 });
    await stage.connect();
    for (const n of [1, 2, 3]) follow(stage.client.sendToGroup("g", n));
    await stage.drop();
    follow(stage.client.sendToGroup("g", 4));
    const thrown = follow(stage.client.sendToGroup("g", 5, { fireAndForget: true }));
    await expect(stage.client.sendToGroup("g", 6)).rejects.toMatchObject({ code: "TooManyPending" });
    await expect(stage.client.sendToGroup("g", 6, { fireAndForget: true })).rejects.toMatchObject({
      code: "TooManyPending",
    });
    await stage.recover();
    expect(data(stage)).toEqual([1, 2, 3, 4, 5]);
    await turn();
    expect(thrown.status).toBe("resolved");
  });

  test("an abort makes room", async () => {
    const stage = new Stage({ maxPendingOperations: 1 });
    await stage.connect();
    await stage.drop();
    const abort = new AbortController();
    follow(stage.client.sendToGroup("g", 1, { abortSignal: abort.signal }));
    abort.abort();
    follow(stage.client.sendToGroup("g", 2));
    await stage.recover();
    expect(data(stage)).toEqual([2]);
  });

  test("10,000 by default, and they all go out in order", async () => {
    const stage = new Stage();
    await stage.connect();
    await stage.drop();
    for (let n = 0; n < 10_000; n++) follow(stage.client.sendToGroup("g", n));
    await expect(stage.client.sendToGroup("g", "too many")).rejects.toMatchObject({ code: "TooManyPending" });
    const { socket } = stage;
    socket.onSent = ({ ackId }) => ackId !== undefined && socket.receiveFrame(ack(ackId));
    await stage.recover();
    expect(data(stage)).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
  });
});

describe("a new connection", () => {
  test("unanswered operations go again with their ids, and the result says so", async () => {
    const stage = new Stage();
    await stage.connect("A", "");
    const sent = follow(stage.client.sendToGroup("g", 1));
    await stage.drop();
    const waiting = follow(stage.client.sendToGroup("g", 2));
    await stage.accept("B");
    expect([data(stage), ids(stage)]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    stage.socket.receiveFrame(ack(1));
    stage.socket.receiveFrame(ack(2));
    await turn();
    expect(sent.value).toEqual({ ackId: 1, isDuplicated: false, resentOnNewConnection: true });
    expect(waiting.value).toEqual({ ackId: 2, isDuplicated: false });
  });

  test("resendOnNewConnection false: they reject, what was never sent goes out", async () => {
    const stage = new Stage({ resendOnNewConnection: false });
    await stage.connect("A", "");
    const sent = follow(stage.client.sendToGroup("g", 1));
    await stage.drop(1011, "overload");
    follow(stage.client.sendToGroup("g", 2));
    expect(sent.error).toMatchObject({
      name: "SendMessageError",
      code: "ConnectionLost",
      ackId: 1,
      cause: { name: "ConnectionError", closeCode: 1011, reason: "overload" },
    });
    await stage.accept("B");
    expect(data(stage)).toEqual([2]);
  });

  test("each one costs a retry", async () => {
    const stage = new Stage({ messageRetryOptions: { maxRetries: 1 } });
    await stage.connect("A", "");
    const sent = follow(stage.client.sendToGroup("g", 1));
    await stage.drop();
    await stage.accept("B", "");
    expect(data(stage)).toEqual([1]);
    await stage.drop();
    await turn();
    expect(sent.error).toMatchObject({ code: "ConnectionLost" });
  });

  test("what was refused meanwhile may go again: it was not executed", async () => {
    const stage = new Stage({ resendOnNewConnection: false });
    await stage.connect("A", "");
    const sent = follow(stage.client.sendToGroup("g", 1));
    stage.socket.receiveFrame(ack(1, "InternalServerError"));
    await stage.drop();
    await stage.accept("B");
    await turn(1_000);
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect(sent.value).toEqual({ ackId: 1, isDuplicated: false });
  });

  test("sent, then a socket that throws: it may have been executed by the first sending", async () => {
    const stage = new Stage({ resendOnNewConnection: false });
    await stage.connect("A");
    const sent = follow(stage.client.sendToGroup("g", 1));
    await stage.drop();
    stage.socket.sendError = new Error("not now");
    stage.socket.readyState = 1;
    stage.socket.receiveFrame({ type: "pong" });
    await stage.drop(1008);
    expect(sent.error).toMatchObject({ code: "ConnectionLost" });
    await stage.accept("B");
    await turn(5_000);
    expect(data(stage)).toEqual([]);
  });

  test("the same with resendOnNewConnection: the result says so", async () => {
    const stage = new Stage();
    await stage.connect("A");
    const sent = follow(stage.client.sendToGroup("g", 1));
    await stage.drop();
    stage.socket.sendError = new Error("not now");
    stage.socket.readyState = 1;
    stage.socket.receiveFrame({ type: "pong" });
    await stage.drop(1008);
    await stage.accept("B");
    await turn(5_000);
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect(sent.value).toEqual({ ackId: 1, isDuplicated: false, resentOnNewConnection: true });
  });

  test("never sent, only thrown by the socket: no mark", async () => {
    const stage = new Stage({ resendOnNewConnection: false });
    await stage.connect("A", "");
    stage.socket.sendError = new Error("not now");
    const sent = follow(stage.client.sendToGroup("g", 1));
    await stage.drop();
    await stage.accept("B");
    await turn(1_000);
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect(sent.value).toEqual({ ackId: 1, isDuplicated: false });
  });
});

describe("calls from inside the socket's own calls", () => {
  test("a socket that answers within send settles the operation", async () => {
    const stage = new Stage();
    const socket = await stage.connect();
    socket.onSent = (frame) => {
      if (frame["ackId"] !== undefined) socket.receiveFrame(ack(frame["ackId"]));
      socket.onSent = undefined;
    };
    const sent = follow(stage.client.sendToGroup("g", 1));
    await turn();
    expect(sent.value).toEqual({ ackId: 1, isDuplicated: false });
  });

  test("sends inside a message's listener within send keep the order", async () => {
    const stage = new Stage();
    await stage.begin();
    const { socket } = stage;
    stage.client.once("group-message", () => follow(stage.client.sendToGroup("g", 4)));
    for (const n of [1, 2, 3]) follow(stage.client.sendToGroup("g", n));
    socket.onSent = (frame) => {
      if (frame["data"] === 1) socket.receiveFrame(fromGroup("now", 1));
    };
    await stage.accept();
    expect(data(stage)).toEqual([1, 2, 3, 4]);
  });

  test("a send that stops the client and then throws sends nothing later", async () => {
    const stage = new Stage();
    const socket = await stage.connect();
    socket.send = () => {
      void stage.client.stop();
      throw new Error("gone");
    };
    const sent = follow(stage.client.sendToGroup("g", 1));
    await turn();
    expect(sent.error).toMatchObject({ code: "NotStarted" });
    await stage.connect("B");
    await turn(60_000);
    expect(data(stage)).toEqual([]);
  });
});
