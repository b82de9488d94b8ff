import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { contextOf, instrument, type InstrumentOptions } from "web-pubsub-client/opentelemetry";
import { ack, fromGroup, pong } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn, type StageOptions } from "../helpers/stage.js";
import { described, Telemetry } from "../helpers/telemetry.js";

let telemetry: Telemetry;
beforeEach(() => {
  vi.useFakeTimers();
  telemetry = new Telemetry();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterEach(async () => {
  context.disable();
  propagation.disable();
  vi.useRealTimers();
  await telemetry.shutdown();
});

function observed(options: StageOptions = {}, more: InstrumentOptions = {}): Stage {
  const stage = new Stage(options);
  const { tracerProvider, meterProvider } = telemetry;
  instrument(stage.client, { tracerProvider, meterProvider, ...more });
  return stage;
}

/** Runs a call of the application within a span of its own. */
function within<T>(name: string, call: () => T): T {
  const span = telemetry.tracerProvider.getTracer("app").startSpan(name);
  const result = context.with(trace.setSpan(ROOT_CONTEXT, span), call);
  span.end();
  return result;
}

const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;
const exceptions = (span: ReadableSpan): unknown[] =>
  span.events
    .filter(({ name }) => name === "exception")
    .map(({ attributes }) => attributes?.["exception.type"]);

describe("connecting", () => {
  test("an attempt is a span, from the call to the answer, within the span of the call", async () => {
    const stage = observed();
    const startedAt = Date.now();
    within("page", () => void follow(stage.client.start()));
    await turn(120);
    await stage.accept("A");
    const span = telemetry.span("connect");
    expect(described(span)).toEqual({
      name: "connect",
      kind: SpanKind.CLIENT,
      startedAt,
      took: 120,
      attributes: {
        "messaging.system": "azure.webpubsub",
        "messaging.operation.name": "connect",
        "messaging.client.id": "A",
        "webpubsub.attempt": 1,
        "webpubsub.outcome": "succeeded",
      },
    });
    expect(span.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(parentOf(span)).toBe(idOf(telemetry.span("page")));
    expect(span.instrumentationScope).toMatchObject({
      name: "web-pubsub-client",
      schemaUrl: "https://opentelemetry.io/schemas/1.44.0",
    });
  });

  test("a failed one says why; all attempts of a start belong to its call, later ones to none", async () => {
    const stage = observed();
    within("page", () => void follow(stage.client.start({ keepTrying: true })));
    await turn();
    await stage.drop(1006, "no way");
    await vi.waitFor(() => expect(stage.sockets).toHaveLength(2), { interval: 100 });
    await stage.accept("A");
    const [failed, succeeded] = telemetry.named("connect");
    expect(failed?.attributes).toMatchObject({
      "webpubsub.outcome": "failed",
      "error.type": "Closed",
      "webpubsub.close_code": 1006,
    });
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR);
    expect(exceptions(failed as ReadableSpan)).toEqual(["Closed"]);
    const page = idOf(telemetry.span("page"));
    expect([failed, succeeded].map((span) => span && parentOf(span))).toEqual([page, page]);

    // 1008 ends the session, so a new connection is made, by a timer.
    await stage.drop(1008);
    await vi.waitFor(() => expect(stage.sockets).toHaveLength(3), { interval: 100 });
    await stage.accept("B");
    const third = telemetry.named("connect")[2];
    expect(third && parentOf(third)).toBeUndefined();

    await stage.client.stop();
    within("again", () => void follow(stage.client.start()));
    await turn();
    await stage.accept("C");
    const last = telemetry.named("connect")[3];
    expect(last && parentOf(last)).toBe(idOf(telemetry.span("again")));
  });

  test("one that is given up isn't an error", async () => {
    const stage = observed();
    const started = follow(stage.client.start());
    await turn(40);
    await stage.client.stop();
    expect(started.status).toBe("rejected");
    const span = telemetry.span("connect");
    expect(described(span)).toMatchObject({ took: 40, attributes: { "webpubsub.outcome": "abandoned" } });
    expect([span.status.code, span.events]).toEqual([SpanStatusCode.UNSET, []]);
  });

  test("what the client does by itself afterwards follows from it", async () => {
    const stage = observed();
    await stage.connect("A");
    const joined = follow(stage.client.joinGroup("room"));
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect(joined.status).toBe("resolved");
    await stage.drop(1008);
    await vi.waitFor(() => expect(stage.sockets).toHaveLength(2), { interval: 100 });
    const socket = await stage.accept("B");
    socket.receiveFrame(ack(socket.frames("joinGroup")[0]?.["ackId"]));
    await turn();
    const [mine, rejoin] = telemetry.named("joinGroup");
    expect([mine, rejoin].map((span) => span?.kind)).toEqual([SpanKind.INTERNAL, SpanKind.INTERNAL]);
    expect(mine && parentOf(mine)).toBeUndefined();
    expect(rejoin && parentOf(rejoin)).toBe(idOf(telemetry.named("connect")[1] as ReadableSpan));
  });
});

describe("recovering", () => {
  test("is a span, with its attempts in it, and tells how much was replayed", async () => {
    const stage = observed({ reconnectRetryOptions: { retryDelayInMs: 1_000 } });
    within("page", () => void follow(stage.client.start()));
    await turn();
    await stage.accept("A");
    const lostAt = Date.now();
    await stage.drop(1006);
    await stage.drop(1006);
    await vi.waitFor(() => expect(stage.sockets).toHaveLength(3), { interval: 10 });
    await turn(70);
    stage.socket.receiveOpen();
    // Until frames flow again.
    const took = Date.now() - lostAt;
    stage.socket.receiveFrame(fromGroup("missed", 1));
    stage.socket.receiveFrame(fromGroup("missed too", 2));
    await turn(30);
    stage.socket.receiveFrame(pong);
    await turn();
    const recovery = telemetry.span("recovery");
    expect(described(recovery)).toMatchObject({
      kind: SpanKind.INTERNAL,
      startedAt: lostAt,
      took,
      attributes: {
        "messaging.client.id": "A",
        "webpubsub.attempts": 2,
        "webpubsub.recovered": true,
        "webpubsub.replayed": 2,
        "webpubsub.cause": "Closed",
        "webpubsub.close_code": 1006,
      },
    });
    expect(recovery.status.code).toBe(SpanStatusCode.UNSET);
    expect(parentOf(recovery)).toBeUndefined();
    expect(recovery.links.map((link) => link.context.spanId)).toEqual([idOf(telemetry.span("connect"))]);
    const attempts = telemetry.named("recover");
    expect(attempts.map(parentOf)).toEqual([idOf(recovery), idOf(recovery)]);
    expect(
      attempts.map(({ attributes }) => [attributes["webpubsub.outcome"], attributes["webpubsub.attempt"]]),
    ).toEqual([
      ["failed", 1],
      ["succeeded", 2],
    ]);
  });

  test("one that the service refuses is an error", async () => {
    const stage = observed();
    await stage.connect("A");
    await stage.drop(1006);
    await stage.drop(1008, "gone");
    const recovery = telemetry.span("recovery");
    expect(recovery.attributes).toMatchObject({ "webpubsub.recovered": false, "error.type": "Closed" });
    expect(recovery.status.code).toBe(SpanStatusCode.ERROR);
    expect(exceptions(recovery)).toEqual(["Closed"]);
  });

  test("one that a stop ends is no error", async () => {
    const stage = observed();
    await stage.connect("A");
    await stage.drop(1006);
    await turn(25);
    await stage.client.stop();
    const recovery = telemetry.span("recovery");
    expect(described(recovery)).toMatchObject({ took: 25, attributes: { "webpubsub.recovered": false } });
    expect([recovery.status.code, recovery.events]).toEqual([SpanStatusCode.UNSET, []]);
  });
});

describe("operations", () => {
  test("a message that waits for the connection: from the call on, with the time when it was sent", async () => {
    const stage = observed();
    within("page", () => void follow(stage.client.start()));
    const calledAt = Date.now();
    const sent = within("click", () => follow(stage.client.sendToGroup("room", "hello")));
    await turn(50);
    await stage.accept("A");
    await turn(20);
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect(sent.status).toBe("resolved");
    const span = telemetry.span("sendToGroup");
    expect(described(span)).toEqual({
      name: "sendToGroup",
      kind: SpanKind.CLIENT,
      startedAt: calledAt,
      took: 70,
      attributes: {
        "messaging.system": "azure.webpubsub",
        "messaging.operation.name": "sendToGroup",
        "messaging.operation.type": "send",
        "messaging.destination.name": "room",
        "messaging.client.id": "A",
        "webpubsub.ack_id": 1,
        "webpubsub.times_sent": 1,
      },
    });
    expect(parentOf(span)).toBe(idOf(telemetry.span("click")));
    const [event] = span.events;
    expect([event?.name, span.events.length]).toEqual(["sent", 1]);
    expect(event?.time).toEqual([Math.floor((calledAt + 50) / 1_000), ((calledAt + 50) % 1_000) * 1e6]);
  });

  test("what the service refuses has its name for that, and the others the client's code", async () => {
    const stage = observed();
    await stage.connect("A");
    const refused = follow(stage.client.sendEvent("order", { tea: 1 }));
    stage.socket.receiveFrame(ack(1, "Forbidden"));
    await turn();
    const aborted = follow(stage.client.joinGroup("room", { abortSignal: AbortSignal.abort() }));
    const left = follow(stage.client.leaveGroup("room"));
    await stage.client.stop();
    expect([refused, aborted, left].map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
      "rejected",
    ]);
    const event = telemetry.span("sendEvent");
    expect(event.attributes).toMatchObject({
      "error.type": "Forbidden",
      "messaging.destination.name": "order",
    });
    expect(event.status).toEqual({ code: SpanStatusCode.ERROR, message: refused.error?.message });
    expect(exceptions(event)).toEqual(["Refused"]);
    expect(telemetry.span("leaveGroup").attributes["error.type"]).toBe(left.error?.code);
    // Refused at the call, so it was none.
    expect(telemetry.named("joinGroup")).toEqual([]);
  });

  test("an invocation is a call", async () => {
    const stage = observed({}, { propagate: true });
    await stage.connect("A");
    const answered = follow(stage.client.invokeEvent("order", "tea"));
    await turn(15);
    stage.socket.receiveFrame({ type: "invokeResponse", invocationId: "1", success: true });
    await turn();
    expect(answered.status).toBe("resolved");
    expect(described(telemetry.span("invoke"))).toMatchObject({
      kind: SpanKind.CLIENT,
      took: 15,
      attributes: {
        "messaging.operation.name": "invoke",
        "messaging.destination.name": "order",
        "messaging.message.conversation_id": "1",
      },
    });
  });

  test("what is sent again has one span, with each time", async () => {
    const stage = observed();
    await stage.connect("A");
    const sent = follow(stage.client.sendToGroup("room", "hello"));
    await turn(10);
    await stage.drop(1006);
    await stage.recover();
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect(sent.status).toBe("resolved");
    const span = telemetry.span("sendToGroup");
    expect(span.attributes["webpubsub.times_sent"]).toBe(2);
    expect(span.events.map(({ name }) => name)).toEqual(["sent", "sent"]);
  });
});

describe("propagate", () => {
  test("the context of the span travels with messages and events, and is had from what arrives", async () => {
    const stage = observed({}, { propagate: true });
    await stage.connect("A");
    within("click", () => {
      void follow(stage.client.sendToGroup("room", "one", { metadata: { mine: "1" } }));
      void follow(stage.client.sendEvent("order", "two"));
    });
    stage.socket.receiveFrame(ack(1));
    stage.socket.receiveFrame(ack(2));
    await turn();
    const [message, event] = ["sendToGroup", "sendEvent"].map((name) => telemetry.span(name));
    expect([message?.kind, event?.kind]).toEqual([SpanKind.PRODUCER, SpanKind.PRODUCER]);
    const [sent] = stage.socket.frames("sendToGroup");
    const traceparent = (span: ReadableSpan | undefined): string =>
      `00-${span?.spanContext().traceId}-${span?.spanContext().spanId}-01`;
    expect(sent?.["metadata"]).toEqual({ mine: "1", traceparent: traceparent(message) });
    expect(stage.socket.frames("event")[0]?.["metadata"]).toEqual({ traceparent: traceparent(event) });

    const found: unknown[] = [];
    stage.client.on("group-message", ({ message: received }) =>
      found.push(trace.getSpanContext(contextOf(received))),
    );
    stage.socket.receiveFrame({ ...fromGroup("one", 1), metadata: { traceparent: traceparent(message) } });
    stage.socket.receiveFrame(fromGroup("without", 2));
    const { traceId, spanId } = (message as ReadableSpan).spanContext();
    expect(found).toEqual([{ traceId, spanId, traceFlags: 1, isRemote: true }, undefined]);
  });

  test("a context of the caller's own stays", async () => {
    const stage = observed({}, { propagate: true });
    await stage.connect("A");
    const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-00`;
    void follow(stage.client.sendToGroup("room", "one", { metadata: { traceparent } }));
    expect(stage.socket.frames("sendToGroup")[0]?.["metadata"]).toEqual({ traceparent });
  });

  test("by default nothing is sent with messages", async () => {
    const stage = observed();
    await stage.connect("A");
    void follow(stage.client.sendToGroup("room", "one"));
    expect(stage.socket.frames("sendToGroup")[0]).not.toHaveProperty("metadata");
  });

  test("what can't be metadata is left out, the rest is sent", async () => {
    propagation.disable();
    propagation.setGlobalPropagator({
      inject(_, carrier, setter) {
        setter.set(carrier, "fine", "yes");
        setter.set(carrier, "not a token", "no");
        setter.set(carrier, "umlaut", "ä");
        setter.set(carrier, "long", "x".repeat(1_025));
        setter.set(carrier, "empty", "");
      },
      extract: (base) => base,
      fields: () => [],
    });
    const stage = observed({}, { propagate: true });
    await stage.connect("A");
    void follow(stage.client.sendToGroup("room", "one"));
    expect(stage.socket.frames("sendToGroup")[0]?.["metadata"]).toEqual({ fine: "yes" });
  });
});

test("no payload, no token and no URL is in a span or a metric", async () => {
  const stage = observed();
  await stage.connect("A", "reconnection secret");
  const payload = "the payload";
  void follow(stage.client.sendToGroup("room", payload, { metadata: { mine: payload } }));
  void follow(stage.client.sendEvent("order", { payload }));
  void follow(stage.client.invokeEvent("order", payload));
  stage.socket.receiveFrame(fromGroup(payload, 1));
  await stage.drop(1006);
  await stage.drop(1008);
  await stage.client.stop();
  expect(telemetry.spans.length).toBeGreaterThan(5);
  const all = JSON.stringify([
    telemetry.spans.map(({ name, attributes, events, links, status }) => [
      name,
      attributes,
      events,
      links,
      status,
    ]),
    await telemetry.metrics(),
  ]);
  for (const word of [payload, "secret", "access_token", "wss:"]) expect(all).not.toContain(word);
});

test("attributes are on every span", async () => {
  const attributes = { "server.address": "host.example", "messaging.system": "mine" };
  const stage = observed({}, { attributes });
  await stage.connect("A");
  void follow(stage.client.sendToGroup("room", "hello"));
  await stage.drop(1008);
  for (const span of telemetry.spans)
    expect(span.attributes).toMatchObject({
      "server.address": "host.example",
      "messaging.system": "azure.webpubsub",
    });
});

test("the function that it returns ends it: what is open ends, and nothing is told any more", async () => {
  const stage = new Stage();
  const end = instrument(stage.client, telemetry);
  await stage.connect("A");
  const sent = follow(stage.client.sendToGroup("room", "hello"));
  end();
  end();
  expect(telemetry.spans.map(({ name }) => name)).toEqual(["connect", "sendToGroup"]);
  expect(telemetry.span("sendToGroup").status.code).toBe(SpanStatusCode.UNSET);
  stage.socket.receiveFrame(ack(1));
  await turn();
  expect(sent.status).toBe("resolved");
  await stage.client.stop();
  expect(telemetry.spans).toHaveLength(2);
  const [points] = await telemetry.points("webpubsub.client.pending.count");
  expect(points?.value).toBe(0);
});

test("without a provider it takes the global ones, and does no harm where there is none", async () => {
  const stage = new Stage();
  instrument(stage.client, { propagate: true });
  await stage.connect("A");
  // Registered later.
  trace.setGlobalTracerProvider(telemetry.tracerProvider);
  const sent = follow(stage.client.sendToGroup("room", "hello"));
  stage.socket.receiveFrame(ack(1));
  await turn();
  trace.disable();
  expect(sent.status).toBe("resolved");
  expect(telemetry.spans.map(({ name }) => name)).toEqual(["sendToGroup"]);
});

test.each<[string, () => unknown, string]>([
  ["no client", () => instrument({} as never), "must be a CoreClient or a WebPubSubClient"],
  ["no options", () => instrument(new Stage().client, "no" as never), "options"],
  ["no tracer", () => instrument(new Stage().client, { tracerProvider: {} as never }), "tracerProvider"],
  ["no meter", () => instrument(new Stage().client, { meterProvider: {} as never }), "meterProvider"],
  ["propagate", () => instrument(new Stage().client, { propagate: "yes" as never }), "propagate"],
  ["attributes", () => instrument(new Stage().client, { attributes: "a" as never }), "attributes"],
  ["no message", () => contextOf(undefined as never), "contextOf"],
])("bad input is refused at once: %s", (_, call, word) => {
  expect(call).toThrow(TypeError);
  expect(call).toThrow(word);
});

test("null stands for what is left out", () => {
  const none = { tracerProvider: null, meterProvider: null, propagate: null, attributes: null } as never;
  for (const options of [none, null as never]) instrument(new Stage().client, options)();
});
