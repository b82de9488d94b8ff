import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startEmulator } from "web-pubsub-emulator";
import { launchChromium } from "./chromium.js";
import type { PageSpan, TracedWorld } from "./tracedPage.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const PREFIX = "x-webpubsub-metadata-";

/** A server as long as the test runs. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test("one trace: from a click in a page through the service's webhook into a handler's span, and back", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const propagator = new W3CTraceContextPropagator();
  const handler = await serve((request, response) => {
    if (request.method === "OPTIONS") {
      response.setHeader("webhook-allowed-origin", "*");
      return void response.end();
    }
    const carrier = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), String(value)]] : [],
      ),
    );
    const parent = propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
    const span = provider.getTracer("server").startSpan("process", { kind: SpanKind.CONSUMER }, parent);
    const back: Record<string, string> = {};
    propagator.inject(trace.setSpan(parent, span), back, defaultTextMapSetter);
    for (const [name, value] of Object.entries(back)) response.setHeader(PREFIX + name, value);
    span.end();
    response.setHeader("content-type", "text/plain");
    response.end("done");
  });
  const emulator = await startEmulator({ hubs: { chat: { handlers: [{ url: handler }] } } });
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("tracedPage.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    // Without the paths that lead to the sources.
    tsconfigRaw: {},
    platform: "browser",
  });
  const url = await serve(({ url: path }, response) => {
    const isScript = path === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(
      isScript
        ? outputFiles[0]?.text
        : `<!doctype html><link rel="icon" href="data:,"><body><button>Order</button><script src="/page.js"></script>`,
    );
  });
  const page = await browser.newPage();
  onTestFinished(async () => {
    await page.close();
    await emulator.close();
  });
  await page.goto(url);
  const accessUrl = await emulator.clientAccessUrl("chat", { userId: "ann" });
  await page.evaluate((given) => (window as unknown as TracedWorld).start(given), accessUrl);
  await page.getByRole("button").click();
  const spans = (): Promise<PageSpan[]> => page.evaluate(() => (window as unknown as TracedWorld).spans());
  const named = async (name: string): Promise<PageSpan | undefined> =>
    (await spans()).find((span) => span.name === name);
  await expect.poll(() => named("answered")).toBeDefined();
  await expect.poll(() => named("sendEvent")).toBeDefined();

  const [click, send, answered] = [await named("click"), await named("sendEvent"), await named("answered")];
  const [process] = exporter.getFinishedSpans();
  expect(send?.parent).toBe(click?.spanId);
  expect(process?.parentSpanContext?.spanId).toBe(send?.spanId);
  expect(answered?.parent).toBe(process?.spanContext().spanId);
  for (const each of [send, answered]) expect(each?.traceId).toBe(click?.traceId);
  expect(process?.spanContext().traceId).toBe(click?.traceId);
  // Connecting has a trace of its own.
  expect((await spans()).map(({ name }) => name)).toContain("connect");
});
