import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubEventHandler } from "@azure/web-pubsub-express";
import { context, propagation, ROOT_CONTEXT, SpanKind, trace, type Span } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import express, { type RequestHandler } from "express";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { contextOf, instrument } from "web-pubsub-client/opentelemetry";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import type { WebPubSubClientProtocol } from "web-pubsub-client";
import { Telemetry } from "../helpers/telemetry.js";
import { hub, House, until, type Guest } from "./harness.js";

let telemetry: Telemetry;
beforeEach(() => {
  telemetry = new Telemetry();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterEach(async () => {
  context.disable();
  propagation.disable();
  await telemetry.shutdown();
});

const app = () => telemetry.tracerProvider.getTracer("app");
const idOf = (span: ReadableSpan | undefined): string | undefined => span?.spanContext().spanId;

/** The events of the service as spans, with the context of each; the answer takes that of its span back. */
const traced: RequestHandler = (request, response, next) => {
  if (request.headers["ce-type"] === undefined) return next();
  const carrier: Record<string, string> = {};
  const prefix = "x-webpubsub-metadata-";
  for (const [name, value] of Object.entries(request.headers))
    if (name.startsWith(prefix)) carrier[name.slice(prefix.length)] = String(value);
  const parent = propagation.extract(ROOT_CONTEXT, carrier);
  const span = app().startSpan("process", { kind: SpanKind.CONSUMER }, parent);
  const within = trace.setSpan(parent, span);
  const back: Record<string, string> = {};
  propagation.inject(within, back);
  for (const [name, value] of Object.entries(back)) response.setHeader(prefix + name, value);
  response.on("finish", () => span.end());
  context.with(within, next);
};

type Options = NonNullable<ConstructorParameters<typeof WebPubSubEventHandler>[1]>;
type Handle = (...args: Parameters<NonNullable<Options["handleUserEvent"]>>) => unknown;

/** A house whose events go to an application with the official middleware. */
async function open(handle: Handle, protocol?: WebPubSubClientProtocol): Promise<House> {
  const application = express();
  const handler = new WebPubSubEventHandler(hub, { handleUserEvent: (...args) => void handle(...args) });
  application.use(traced, handler.getMiddleware());
  const server = await new Promise<Server>((resolve) => {
    const listening = application.listen(0, "127.0.0.1", () => resolve(listening));
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/webpubsub/hubs/${hub}/`;
  return House.open({ hubs: { [hub]: { handlers: [{ url }] } } }, protocol);
}

function traceIt({ client }: Guest): void {
  const { tracerProvider, meterProvider } = telemetry;
  instrument(client, { tracerProvider, meterProvider, propagate: true });
}

/** What the application does in a span of its own. */
async function within(name: string, action: () => Promise<unknown>): Promise<Span> {
  const span = app().startSpan(name, {}, ROOT_CONTEXT);
  await context.with(trace.setSpan(ROOT_CONTEXT, span), action);
  span.end();
  return span;
}

test("one trace: from a click through the webhook into a handler, and back to it and to others", async () => {
  await using house = await open(async (request, response) => {
    const service = new WebPubSubServiceClient(house.emulator.connectionString, hub, {
      allowInsecureConnection: true,
    });
    await app().startActiveSpan("publish", async (span) => {
      const carrier: Record<string, string> = {};
      propagation.inject(context.active(), carrier);
      const customHeaders = Object.fromEntries(
        Object.entries(carrier).map(([name, value]) => [`x-webpubsub-metadata-${name}`, value]),
      );
      await service.group("room").sendToAll({ ordered: request.data }, { requestOptions: { customHeaders } });
      span.end();
    });
    response.success("done", "text");
  });
  const ann = await house.welcome("ann");
  const ben = await house.welcome("ben", ["room"]);
  for (const guest of [ann, ben]) traceIt(guest);
  ann.client.on("server-message", ({ message }) =>
    app().startSpan("answered", { kind: SpanKind.CONSUMER }, contextOf(message)).end(),
  );
  ben.client.on("group-message", ({ message }) =>
    app().startSpan("heard", { kind: SpanKind.CONSUMER }, contextOf(message)).end(),
  );

  const click = await within("click", () => ann.client.sendEvent("order", "tea"));
  await until(() => telemetry.named("heard").length === 1 && telemetry.named("answered").length === 1);
  await until(() => telemetry.named("process").length === 1);

  const { traceId } = click.spanContext();
  const names = ["click", "sendEvent", "process", "publish", "heard", "answered"];
  const spans = Object.fromEntries(names.map((name) => [name, telemetry.span(name)]));
  expect(names.map((name) => spans[name]?.spanContext().traceId)).toEqual(names.map(() => traceId));
  const parents = {
    sendEvent: "click",
    process: "sendEvent",
    publish: "process",
    heard: "publish",
    answered: "process",
  };
  for (const [name, parent] of Object.entries(parents))
    expect([name, spans[name]?.parentSpanContext?.spanId]).toEqual([name, idOf(spans[parent])]);
  expect(spans["sendEvent"]?.kind).toBe(SpanKind.PRODUCER);
  expect(ben.heard).toEqual([{ ordered: "tea" }]);
  expect(house.warnings).toEqual([]);
});

test("messages between clients carry the sender's context, over a recovery too", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"]);
  const ben = await house.welcome("ben", ["room"]);
  for (const guest of [ann, ben]) traceIt(guest);
  const contexts: (string | undefined)[] = [];
  ben.client.on("group-message", ({ message }) =>
    contexts.push(trace.getSpanContext(contextOf(message))?.spanId),
  );
  await within("one", () => ann.client.sendToGroup("room", "one", { noEcho: true }));
  expect(house.faults.cutTransports()).toBe(2);
  await within("two", () => ann.client.sendToGroup("room", "two", { noEcho: true }));
  await until(() => contexts.length === 2);
  expect(contexts).toEqual(telemetry.named("sendToGroup").map(idOf));
  await until(() => telemetry.named("recovery").length === 2);
  expect(telemetry.named("recover").length).toBeGreaterThanOrEqual(2);
});

test.each([
  ["protobuf", WebPubSubProtobufReliableProtocol(), true],
  ["JSON, which has no metadata for it", undefined, false],
] as const)("an invocation's context reaches its handler on %s", async (_, protocol, arrives) => {
  await using house = await open(
    (request, response) => response.success(String(request.data), "text"),
    protocol,
  );
  const ann = await house.welcome("ann");
  traceIt(ann);
  await within("click", () => ann.client.invokeEvent("order", "tea"));
  await until(() => telemetry.named("process").length === 1);
  const [invoke, handled] = [telemetry.span("invoke"), telemetry.span("process")];
  expect(invoke.parentSpanContext?.spanId).toBe(idOf(telemetry.span("click")));
  expect(handled.parentSpanContext?.spanId).toBe(arrives ? idOf(invoke) : undefined);
});
