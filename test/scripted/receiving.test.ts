import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
  type WebPubSubClientProtocol,
} from "web-pubsub-client";
import { ack, connected, fromGroup, fromServer, type Frame } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const acknowledged = (stage: Stage): unknown[] =>
  stage.socket.frames("sequenceAck").map((frame) => frame["sequenceId"]);

describe("sequence ids", () => {
  test("duplicates are dropped, new ones told in order, to every listener", async () => {
    const stage = new Stage();
    const second = vi.fn();
    stage.client.on("group-message", second);
    await stage.connect();
    for (const n of [1, 2, 2, 1, 3]) stage.socket.receiveFrame(fromGroup(`m${n}`, n));
    stage.socket.receiveFrame(fromServer("m2", 2));
    stage.socket.receiveFrame(fromServer("m4", 4));
    expect(stage.named.slice(1)).toEqual([
      'group-message "m1"',
      'group-message "m2"',
      'group-message "m3"',
      'server-message "m4"',
    ]);
    expect(second).toHaveBeenCalledTimes(3);
  });

  test("a gap is no loss", async () => {
    const stage = new Stage();
    await stage.connect();
    for (const n of [5, 900]) stage.socket.receiveFrame(fromGroup(`m${n}`, n));
    expect(stage.named.slice(1)).toEqual(['group-message "m5"', 'group-message "m900"']);
    expect([stage.client.state, stage.sockets.length]).toEqual(["Connected", 1]);
  });

  test("0 is a first id and is acknowledged", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveFrame(fromGroup("zero", 0));
    await turn(1_000);
    expect([stage.named.at(-1), acknowledged(stage)]).toEqual(['group-message "zero"', [0]]);
    stage.socket.receiveFrame(fromGroup("zero", 0));
    expect(stage.named).toHaveLength(2);
  });

  test("they count anew on a new connection, not after a recovery", async () => {
    const stage = new Stage();
    await stage.connect("A");
    stage.socket.receiveFrame(fromGroup("a", 3));
    await stage.drop();
    await stage.recover();
    stage.socket.receiveFrame(fromGroup("again", 2));
    await stage.drop(1008);
    await stage.accept("B");
    stage.socket.receiveFrame(fromGroup("b", 1));
    expect(stage.named.filter((entry) => entry.startsWith("group"))).toEqual([
      'group-message "a"',
      'group-message "b"',
    ]);
  });

  test("a codec that isn't reliable: they mean nothing", async () => {
    const stage = new Stage({ protocol: WebPubSubJsonProtocol() });
    await stage.connect("A", "");
    for (const n of [2, 1, 1]) stage.socket.receiveFrame(fromGroup(`m${n}`, n));
    await turn(5_000);
    expect(stage.named).toHaveLength(4);
    expect(acknowledged(stage)).toEqual([]);
  });
});

describe("sequence acks", () => {
  test("one a second at most in quiet times, with the largest id, only when something came", async () => {
    const stage = new Stage();
    await stage.connect();
    for (const n of [1, 2, 3]) stage.socket.receiveFrame(fromGroup("x", n));
    await turn(999);
    expect(acknowledged(stage)).toEqual([]);
    await turn(1);
    expect(acknowledged(stage)).toEqual([3]);
    await turn(10_000);
    expect(acknowledged(stage)).toEqual([3]);
    stage.socket.receiveFrame(fromGroup("x", 4));
    await turn(1_000);
    expect(acknowledged(stage)).toEqual([3, 4]);
  });

  test("a frame that isn't understood counts as received, and is acknowledged", async () => {
    const { type: _, ...untyped } = fromGroup("x", 9);
    for (const frame of [
      { type: "news", sequenceId: 9 },
      { ...fromGroup("x", 9), from: "moon" },
      { ...fromGroup("x", 9), dataType: "xml" },
      { ...fromGroup("!", 9), dataType: "binary" },
      { ...fromGroup("x", 9), group: 5 },
      untyped,
    ]) {
      const stage = new Stage();
      await stage.connect();
      stage.socket.receiveFrame(frame);
      await turn(1_000);
      expect([frame, acknowledged(stage)]).toEqual([frame, [9]]);
      // It takes part in finding duplicates.
      stage.socket.receiveFrame(fromGroup("late", 9));
      stage.socket.receiveFrame(fromGroup("new", 10));
      expect(stage.named.slice(1)).toEqual(['group-message "new"']);
    }
  });

  test("a burst of frames that aren't understood is acknowledged long before 1,000 of them", async () => {
    const stage = new Stage();
    await stage.connect();
    for (let n = 1; n <= 1_000; n++) stage.socket.receiveFrame({ type: "news", sequenceId: n });
    expect(acknowledged(stage)).toEqual(Array.from({ length: 15 }, (_, i) => 64 * (i + 1)));
  });

  test("a frame without an id, or that is no JSON, isn't acknowledged and does no harm", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveFrame({ type: "news" });
    stage.socket.receiveFrame({ type: "news", sequenceId: "soon" });
    stage.socket.receiveFrame("{ broken");
    stage.socket.receiveFrame("null");
    await turn(2_000);
    expect([acknowledged(stage), stage.client.state]).toEqual([[], "Connected"]);
  });

  test("a codec of one's own that skips or throws: the id is read by its `readSequenceId`", async () => {
    const reliable = WebPubSubJsonReliableProtocol();
    const parsers = [
      () => null,
      () => [],
      () => undefined as unknown as null,
      () => [null] as unknown as null,
      () => 5 as unknown as null,
      () => {
        throw new Error("no");
      },
    ];
    for (const skip of parsers) {
      const parse: WebPubSubClientProtocol["parseMessages"] = (input) =>
        (input as string).includes("skip me") ? skip() : reliable.parseMessages(input);
      for (const [readSequenceId, acks] of [
        [reliable.readSequenceId, [7]],
        [() => 5, [5]],
        // Default: the id is read from JSON.
        [undefined, [7]],
        [
          () => {
            throw new Error("no id");
          },
          [],
        ],
      ] as const) {
        const stage = new Stage({ protocol: { ...reliable, parseMessages: parse, readSequenceId } });
        await stage.connect();
        stage.socket.receiveFrame(fromGroup("skip me", 7));
        await turn(1_000);
        expect(acknowledged(stage)).toEqual(acks);
      }
    }
  });

  test("a duplicate is acknowledged again: the service has not heard it", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveFrame(fromGroup("x", 1));
    await turn(1_000);
    stage.socket.receiveFrame(fromGroup("x", 1));
    await turn(1_000);
    expect(acknowledged(stage)).toEqual([1, 1]);
  });

  test("a jump is acknowledged at once", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveFrame(fromGroup("x", 1));
    stage.socket.receiveFrame(fromGroup("x", 302));
    expect(acknowledged(stage)).toEqual([302]);
  });

  test("W6: a burst of consecutive messages is acknowledged while it lasts", async () => {
    const stage = new Stage();
    await stage.connect();
    let unacknowledged = 0;
    for (let n = 1; n <= 5_000; n++) {
      stage.socket.receiveFrame(fromGroup("x", n));
      unacknowledged = Math.max(unacknowledged, n - Number(acknowledged(stage).at(-1) ?? 0));
    }
    expect(unacknowledged, "a quarter of the service's 1,000").toBeLessThanOrEqual(250);
    expect(acknowledged(stage).length, "not one for each").toBeLessThan(200);
  });

  test("large messages are acknowledged before 4 MB wait", async () => {
    const stage = new Stage();
    await stage.connect();
    const data = "x".repeat(900_000);
    for (let n = 1; n <= 20; n++) {
      stage.socket.receiveFrame(fromGroup(data, n));
      const waiting = n - Number(acknowledged(stage).at(-1) ?? 0);
      expect(waiting * data.length).toBeLessThanOrEqual(4 << 20);
    }
  });

  test("an ack that died with its socket is repeated after the recovery", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveFrame(fromGroup("x", 7));
    await stage.drop();
    await stage.recover();
    expect(acknowledged(stage)).toEqual([7]);
  });

  test("before the application's operations, and none when nothing came", async () => {
    const stage = new Stage();
    await stage.connect();
    await stage.drop();
    await stage.recover();
    expect(stage.socket.frames()).toEqual([]);
    stage.socket.receiveFrame(fromGroup("x", 7));
    follow(stage.client.sendToGroup("g", "y"));
    await stage.drop();
    await stage.recover();
    expect(stage.socket.frames().map(({ type }) => type)).toEqual(["sequenceAck", "sendToGroup"]);
  });

  test("a socket that throws costs nothing: the next ack covers it", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveFrame(fromGroup("x", 1));
    stage.socket.sendError = new Error("not now");
    await turn(1_000);
    stage.socket.sendError = undefined;
    stage.socket.receiveFrame(fromGroup("x", 2));
    await turn(1_000);
    expect(acknowledged(stage)).toEqual([2]);
  });

  test("stop during the second: no ack, no timer", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveFrame(fromGroup("x", 1));
    await stage.client.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("W24: no frame can throw", () => {
  const frames: (string | Frame | ArrayBuffer)[] = [
    "",
    "{",
    "null",
    "[]",
    "7",
    '"text"',
    "{}",
    new ArrayBuffer(3),
    { type: 7 },
    { type: "unknown" },
    { type: "system" },
    { type: "system", event: "upgraded" },
    { type: "system", event: "connected" },
    { type: "system", event: "connected", connectionId: 7 },
    { type: "system", event: "disconnected" },
    { type: "message" },
    { type: "message", from: "mars", dataType: "text", data: "x" },
    { type: "message", from: "group", group: "g", dataType: "text", data: 7 },
    { type: "message", from: "group", group: "g", dataType: "text" },
    { type: "message", from: "group", group: 7, dataType: "text", data: "x" },
    { type: "message", from: "group", group: "g", dataType: "smell", data: "x" },
    { type: "message", from: "group", group: "g", dataType: "binary", data: "!!!" },
    { type: "message", from: "group", group: "g", dataType: "binary", data: { bytes: 3 } },
    { type: "message", from: "server", dataType: "text", data: "x", sequenceId: "later" },
    { type: "message", from: "server", dataType: "text", data: "x", sequenceId: -1 },
    { type: "message", from: "server", dataType: "text", data: null, sequenceId: {} },
    { type: "ack" },
    { type: "ack", ackId: "one", success: true },
    { type: "ack", ackId: 1, success: "yes", error: 7 },
    { type: "ack", ackId: 99, success: false, error: null },
    { type: "invokeResponse" },
    { type: "cancelInvocation", invocationId: null },
    { type: "streamAck", streamId: 7 },
    { type: "streamNack", streamId: "s" },
    { type: "streamClosed" },
    { type: "groupStateSnapshot", group: "g" },
    { type: "groupStateUpdate", group: "g", items: [null, 7, {}] },
    { type: "pong", extra: null },
  ];

  test("before the connected message, after it, and while a recovery is proved", async () => {
    const stage = new Stage();
    const started = await stage.begin();
    stage.socket.receiveOpen();
    for (const frame of frames) stage.socket.receiveFrame(frame);
    expect([stage.client.state, started.status]).toEqual(["Connecting", "pending"]);
    stage.socket.receiveFrame(connected("A"));
    for (const frame of frames) stage.socket.receiveFrame(frame);
    expect(stage.client.state).toBe("Connected");
    for (const frame of frames) {
      // Sooner, and the next attempt would be put off.
      await turn(1_000);
      await stage.drop();
      stage.socket.receiveOpen();
      stage.socket.receiveFrame(frame);
      stage.socket.receiveFrame({ type: "pong" });
      await turn();
      expect([frame, stage.client.state, stage.client.connectionId]).toEqual([frame, "Connected", "A"]);
    }
    stage.socket.receiveFrame(fromGroup("still here", 1));
    expect(stage.named.at(-1)).toBe('group-message "still here"');
    expect(stage.named.filter((entry) => entry.startsWith("connected"))).toEqual(["connected A"]);
  });

  test("acks of the wrong type leave the operation waiting for the right one", async () => {
    const stage = new Stage();
    await stage.connect();
    const sent = follow(stage.client.sendToGroup("g", "x"));
    for (const ackId of ["one", null, {}, -1])
      stage.socket.receiveFrame({ type: "ack", ackId, success: true });
    await turn();
    expect(sent.status).toBe("pending");
    stage.socket.receiveFrame(ack("1"));
    await turn();
    expect(sent.status, "64-bit ids may come as text").toBe("resolved");
  });
});
