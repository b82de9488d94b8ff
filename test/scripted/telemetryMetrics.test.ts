import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { instrument, type InstrumentOptions } from "web-pubsub-client/opentelemetry";
import { ack, fromGroup, fromServer, pong } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn, type StageOptions } from "../helpers/stage.js";
import { Telemetry } from "../helpers/telemetry.js";

let telemetry: Telemetry;
beforeEach(() => {
  vi.useFakeTimers();
  telemetry = new Telemetry();
});
afterEach(async () => {
  vi.useRealTimers();
  await telemetry.shutdown();
});

function observed(options: StageOptions = {}, more: InstrumentOptions = {}): Stage {
  const stage = new Stage(options);
  const { tracerProvider, meterProvider } = telemetry;
  instrument(stage.client, { tracerProvider, meterProvider, ...more });
  return stage;
}

const system = { "messaging.system": "azure.webpubsub" };
const send = (name: string): object => ({
  ...system,
  "messaging.operation.name": name,
  "messaging.operation.type": "send",
});

test("how long operations take, and how many messages are sent, by kind and error", async () => {
  const stage = observed();
  await stage.connect("A");
  const all = [
    stage.client.sendToGroup("room", "one"),
    stage.client.sendToGroup("room", "two"),
    stage.client.sendEvent("order", "tea"),
    stage.client.joinGroup("room"),
    stage.client.invokeEvent("order", "tea"),
  ].map((promise) => follow<unknown>(promise));
  await turn(250);
  stage.socket.receiveFrame(ack(1));
  stage.socket.receiveFrame(ack(2, "Forbidden"));
  stage.socket.receiveFrame(ack(3));
  stage.socket.receiveFrame(ack(4));
  stage.socket.receiveFrame({ type: "invokeResponse", invocationId: "1", success: true });
  await turn();
  expect(all.map(({ status }) => status)).toEqual([
    "resolved",
    "rejected",
    "resolved",
    "resolved",
    "resolved",
  ]);
  const once = { count: 1, sum: 0.25 };
  const forbidden = { ...send("sendToGroup"), "error.type": "Forbidden" };
  expect(await telemetry.points("messaging.client.operation.duration")).toEqual([
    { attributes: send("sendToGroup"), value: once },
    { attributes: forbidden, value: once },
    { attributes: send("sendEvent"), value: once },
    { attributes: { ...system, "messaging.operation.name": "joinGroup" }, value: once },
    { attributes: send("invoke"), value: once },
  ]);
  expect(await telemetry.points("messaging.client.sent.messages")).toEqual([
    { attributes: send("sendToGroup"), value: 1 },
    { attributes: forbidden, value: 1 },
    { attributes: send("sendEvent"), value: 1 },
    { attributes: send("invoke"), value: 1 },
  ]);
});

test("what was never sent isn't counted as sent", async () => {
  const stage = observed();
  await stage.begin();
  const sent = follow(stage.client.sendToGroup("room", "one"));
  await turn(10);
  await stage.client.stop();
  expect(sent.status).toBe("rejected");
  const [duration] = await telemetry.points("messaging.client.operation.duration");
  expect(duration?.attributes["error.type"]).toBe(sent.error?.code);
  expect(await telemetry.points("messaging.client.sent.messages")).toEqual([]);
});

test("messages are counted when the application gets them, so a doubled one counts once", async () => {
  const stage = observed();
  await stage.connect("A");
  for (const frame of [fromGroup("a", 1), fromGroup("b", 2), fromGroup("b", 2), fromServer("c", 3)])
    stage.socket.receiveFrame(frame);
  const receive = { ...system, "messaging.operation.name": "receive" };
  expect(await telemetry.points("messaging.client.consumed.messages")).toEqual([
    { attributes: { ...receive, "webpubsub.from": "group" }, value: 2 },
    { attributes: { ...receive, "webpubsub.from": "server" }, value: 1 },
  ]);
});

test("attempts, reconnects, recoveries and what is replayed", async () => {
  const stage = observed();
  await stage.begin();
  await turn(100);
  await stage.accept("A");
  await stage.drop(1006);
  await turn(50);
  stage.socket.receiveOpen();
  stage.socket.receiveFrame(fromGroup("missed", 1));
  stage.socket.receiveFrame(pong);
  await stage.drop(1006);
  await turn(20);
  await stage.drop(1008);
  await vi.waitFor(() => expect(stage.sockets).toHaveLength(4), { interval: 10 });
  await turn(100);
  await stage.accept("B");

  const attempt = (kind: string, outcome: string, error?: string): object => ({
    ...system,
    "messaging.operation.name": kind,
    "webpubsub.outcome": outcome,
    ...(error !== undefined && { "error.type": error }),
  });
  expect(await telemetry.points("webpubsub.client.attempt.duration")).toEqual([
    {
      attributes: attempt("connect", "succeeded"),
      value: { count: 2, sum: expect.closeTo(0.2, 1) as number },
    },
    { attributes: attempt("recover", "succeeded"), value: { count: 1, sum: 0.05 } },
    { attributes: attempt("recover", "failed", "Closed"), value: { count: 1, sum: 0.02 } },
  ]);
  expect(await telemetry.points("webpubsub.client.reconnects")).toEqual([{ attributes: system, value: 1 }]);
  expect(await telemetry.points("webpubsub.client.recovery.duration")).toEqual([
    { attributes: { ...system, "webpubsub.recovered": true }, value: { count: 1, sum: 0.05 } },
    { attributes: { ...system, "webpubsub.recovered": false }, value: { count: 1, sum: 0.02 } },
  ]);
  expect(await telemetry.points("webpubsub.client.replayed.messages")).toEqual([
    { attributes: system, value: 1 },
  ]);
});

test("a new start is no reconnect", async () => {
  const stage = observed();
  await stage.connect("A");
  await stage.client.stop();
  await stage.connect("B");
  expect(await telemetry.points("webpubsub.client.reconnects")).toEqual([]);
});

test("round trips", async () => {
  const stage = observed({ keepAliveIntervalInMs: 1_000 });
  await stage.connect("A");
  const before = stage.socket.frames("ping").length;
  await vi.waitFor(() => expect(stage.socket.frames("ping").length).toBeGreaterThan(before), {
    interval: 10,
  });
  await turn(40);
  stage.socket.receiveFrame(pong);
  const [point] = await telemetry.points("webpubsub.client.round_trip.duration");
  expect(point?.attributes).toEqual(system);
  expect(point?.value).toMatchObject({ count: 1 });
  const { sum = 0 } = point?.value as { sum?: number };
  expect(sum).toBeGreaterThanOrEqual(0.04);
  expect(sum).toBeLessThanOrEqual(0.05);
});

test("what waits adds up over the clients of a process, and is gone when it is settled or no longer observed", async () => {
  const pending = async (): Promise<unknown> =>
    (await telemetry.points("webpubsub.client.pending.count")).map(({ value }) => value);
  const [one, other] = [observed(), observed()];
  await one.connect("A");
  await other.connect("B");
  const waiting = [one, one, other].map(({ client }) => follow(client.sendToGroup("room", "hello")));
  expect(await pending()).toEqual([3]);
  const [unread] = await telemetry.points("webpubsub.client.unread.count");
  expect(unread?.value).toBeGreaterThan(0);
  one.socket.receiveFrame(ack(1));
  await turn();
  expect(await pending()).toEqual([2]);
  await one.client.stop();
  await other.client.stop();
  expect(waiting.map(({ status }) => status)).toEqual(["resolved", "rejected", "rejected"]);
  expect(await pending()).toEqual([0]);
  const [left] = await telemetry.points("webpubsub.client.unread.count");
  expect(left?.value).toBe(0);
});

test("one that is observed from the middle on begins with what waits, and attributes tell clients apart", async () => {
  const stage = new Stage();
  await stage.connect("A");
  void follow(stage.client.sendToGroup("room", "hello"));
  const end = instrument(stage.client, { ...telemetry, attributes: { tenant: "blue" } });
  const attributes = { ...system, tenant: "blue" };
  expect(await telemetry.points("webpubsub.client.pending.count")).toEqual([{ attributes, value: 1 }]);
  await stage.drop(1008);
  await vi.waitFor(() => expect(stage.sockets).toHaveLength(2), { interval: 10 });
  await stage.accept("B");
  // It was connected when the observation began.
  expect(await telemetry.points("webpubsub.client.reconnects")).toEqual([{ attributes, value: 1 }]);
  end();
  expect(await telemetry.points("webpubsub.client.pending.count")).toEqual([{ attributes, value: 0 }]);
});

test("names, units and buckets", async () => {
  const stage = observed({ keepAliveIntervalInMs: 1_000 });
  await stage.connect("A");
  const sent = follow(stage.client.sendToGroup("room", "hello"));
  stage.socket.receiveFrame(ack(1));
  await turn();
  expect(sent.status).toBe("resolved");
  const metrics = await telemetry.metrics();
  expect(
    Object.fromEntries(
      metrics.map(({ descriptor: { name, unit, description } }) => [name, [unit, description !== ""]]),
    ),
  ).toMatchObject({
    "messaging.client.operation.duration": ["s", true],
    "messaging.client.sent.messages": ["{message}", true],
    "webpubsub.client.attempt.duration": ["s", true],
    "webpubsub.client.pending.count": ["{operation}", true],
  });
  const duration = metrics.find(
    ({ descriptor }) => descriptor.name === "messaging.client.operation.duration",
  );
  expect(duration?.dataPoints[0]?.value).toMatchObject({
    buckets: { boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
  });
});
