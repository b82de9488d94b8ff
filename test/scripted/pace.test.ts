import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebPubSubJsonProtocol } from "web-pubsub-client";
import { ack, pong } from "../helpers/frames.js";
import { Stage, turn } from "../helpers/stage.js";
import { openStream, sentOf, streamAck } from "./streams/wire.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const kinds = (stage: Stage): string[] => stage.socket.sent.map(({ type }) => type as string);
const count = (stage: Stage, kind: string): number => kinds(stage).filter((each) => each === kind).length;

function burst(stage: Stage, size: number): void {
  for (let i = 0; i < size; i++) void stage.client.sendToGroup("room", i, { fireAndForget: true });
}

test("a burst stops after 180 unread frames, asks by pings, and goes on with their answers", async () => {
  const stage = new Stage();
  await stage.connect();
  burst(stage, 400);
  expect(count(stage, "sendToGroup")).toBe(180);
  expect(count(stage, "ping")).toBe(2);
  expect(kinds(stage).indexOf("ping")).toBe(90);
  stage.socket.receiveFrame(pong);
  expect(count(stage, "sendToGroup")).toBe(270);
  stage.socket.receiveFrame(pong);
  stage.socket.receiveFrame(pong);
  stage.socket.receiveFrame(pong);
  expect(count(stage, "sendToGroup")).toBe(400);
  expect(stage.socket.sent.filter(({ type }) => type === "sendToGroup").map(({ data }) => data)).toEqual(
    Array.from({ length: 400 }, (_, i) => i),
  );
});

test("acks tell as well that frames were read", async () => {
  const stage = new Stage();
  await stage.connect();
  const sends = Array.from({ length: 200 }, (_, i) => stage.client.sendToGroup("room", i));
  expect(count(stage, "sendToGroup")).toBe(180);
  // An ack speaks for everything written before it.
  stage.socket.receiveFrame(ack(100));
  expect(count(stage, "sendToGroup")).toBe(200);
  for (let id = 1; id <= 200; id++) if (id !== 100) stage.socket.receiveFrame(ack(id));
  await Promise.all(sends);
});

test("sequence acks aren't held up", async () => {
  const stage = new Stage();
  await stage.connect();
  burst(stage, 300);
  stage.socket.receiveFrame({ type: "message", from: "server", dataType: "text", data: "x", sequenceId: 99 });
  expect(stage.socket.sent.at(-1)).toEqual({ type: "sequenceAck", sequenceId: 99 });
});

test("a service that answers no ping isn't paced by after 5 s", async () => {
  const stage = new Stage();
  await stage.connect();
  burst(stage, 400);
  await turn(4_999);
  expect(count(stage, "sendToGroup")).toBe(180);
  await turn(1);
  expect(count(stage, "sendToGroup")).toBe(400);
});

test("large frames count by their size", async () => {
  const stage = new Stage();
  await stage.connect();
  const text = "x".repeat(500_000);
  for (let i = 0; i < 8; i++) void stage.client.sendToGroup("room", text, { fireAndForget: true });
  expect(count(stage, "sendToGroup")).toBe(5);
});

test("without a window there is no pacing", async () => {
  const stage = new Stage({ protocol: WebPubSubJsonProtocol() });
  await stage.connect();
  burst(stage, 400);
  expect(count(stage, "sendToGroup")).toBe(400);
  expect(count(stage, "ping")).toBe(0);
});

/** Opens a stream and writes more than any window holds. */
async function pour(stage: Stage, streamId: string): Promise<void> {
  const writer = await openStream(stage, { streamId });
  for (let i = 0; i < 1_000; i++) void writer.write(i).catch(() => undefined);
}

test("fragments of streams count, of all streams together", async () => {
  const stage = new Stage();
  await stage.connect();
  for (const id of ["a", "b", "c"]) await pour(stage, id);
  // Starts count, and don't wait.
  expect(count(stage, "streamData")).toBe(180 - 2);
  stage.socket.receiveFrame(pong);
  expect(count(stage, "streamData")).toBe(270 - 3);
  burst(stage, 10);
  expect(count(stage, "sendToGroup")).toBe(3);
});

test("streams take turns: one that is always acknowledged keeps no other waiting", async () => {
  const stage = new Stage();
  await stage.connect();
  for (const id of ["a", "b", "c"]) await pour(stage, id);
  for (let round = 0; round < 10; round++) {
    for (const id of ["a", "b"]) stage.socket.receiveFrame(streamAck(sentOf(stage.socket, id).length, id));
    stage.socket.receiveFrame(pong);
  }
  for (const id of ["a", "b", "c"]) {
    const sent = sentOf(stage.socket, id).slice(1).map(Number);
    expect(sent.length).toBeGreaterThanOrEqual(128);
    expect(sent).toEqual(sent.map((_, index) => index + 1));
  }
});

test("a stream without room asks nothing by its oldest fragment", async () => {
  const stage = new Stage({ keepAliveIntervalInMs: 0 });
  await stage.connect();
  await pour(stage, "a");
  burst(stage, 400);
  await pour(stage, "b");
  expect(sentOf(stage.socket, "b")).toEqual(["start"]);
  await turn(4_000);
  expect(sentOf(stage.socket, "b")).toEqual(["start"]);
  // Nobody answers the pings: from here on nothing is paced.
  await turn(2_000);
  expect(sentOf(stage.socket, "b").length).toBeGreaterThan(128);
});

test("the answers to keep-alive's own pings are none to the burst's", async () => {
  const stage = new Stage({ keepAliveIntervalInMs: 1_000, keepAliveTimeoutInMs: 60_000 });
  await stage.connect();
  // Its ping is under way when the burst begins, and three more go out while it waits.
  await turn(1_000);
  expect(count(stage, "ping")).toBe(1);
  burst(stage, 1_000);
  expect(count(stage, "sendToGroup")).toBe(180);
  await turn(3_000);
  stage.socket.receiveFrame(pong);
  expect(count(stage, "sendToGroup")).toBe(180);
  // Each frame sent is at most 180 ahead of the last ping that was answered.
  let answered = 1;
  while (count(stage, "sendToGroup") < 1_000) {
    stage.socket.receiveFrame(pong);
    answered++;
    const before = kinds(stage);
    const pings = before.flatMap((kind, index) => (kind === "ping" ? [index] : []));
    const read = before.slice(0, pings[answered - 1]).filter((kind) => kind === "sendToGroup").length;
    expect(count(stage, "sendToGroup") - read).toBeLessThanOrEqual(180);
  }
});

test("nor is the answer to the ping that proves a recovery", async () => {
  const stage = new Stage();
  await stage.connect("A");
  await stage.drop();
  burst(stage, 400);
  stage.socket.receiveOpen();
  stage.socket.receiveFrame({ type: "system", event: "connected", connectionId: "A", userId: "ann" });
  expect(count(stage, "sendToGroup")).toBe(180);
  stage.socket.receiveFrame(pong);
  expect(count(stage, "sendToGroup")).toBe(180);
  stage.socket.receiveFrame(pong);
  expect(count(stage, "sendToGroup")).toBe(270);
});

test("nor does one that never came, for the recovery failed, shift those of the next connection", async () => {
  const stage = new Stage();
  await stage.connect("A");
  await stage.drop();
  stage.socket.receiveOpen();
  expect(kinds(stage)).toEqual(["ping"]);
  await stage.drop(1008);
  await stage.accept("B");
  burst(stage, 400);
  expect(count(stage, "sendToGroup")).toBe(180);
  stage.socket.receiveFrame(pong);
  expect(count(stage, "sendToGroup")).toBe(270);
});
