/** A page whose clicks are traced with OpenTelemetry's own SDK, into its memory. */
import {
  context,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type ContextManager,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { WebPubSubClient } from "web-pubsub-client";
import { contextOf, instrument } from "web-pubsub-client/opentelemetry";

/** A span as the test reads it. */
export interface PageSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | undefined;
}

export interface TracedWorld {
  start(url: string): Promise<void>;
  spans(): PageSpan[];
}

/** For what runs within one call, which is all that the page needs. */
class SynchronousContexts implements ContextManager {
  #active = ROOT_CONTEXT;

  active(): Context {
    return this.#active;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    given: Context,
    action: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    const before = this.#active;
    this.#active = given;
    try {
      return action.call(self as never, ...args);
    } finally {
      this.#active = before;
    }
  }

  bind<T>(_context: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
trace.setGlobalTracerProvider(tracerProvider);
context.setGlobalContextManager(new SynchronousContexts());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const tracer = trace.getTracer("page");

Object.assign(window, {
  start: async (url) => {
    const client = new WebPubSubClient(url);
    instrument(client, { propagate: true });
    client.on("server-message", ({ message }) => tracer.startSpan("answered", {}, contextOf(message)).end());
    document.querySelector("button")?.addEventListener("click", () => {
      const span = tracer.startSpan("click");
      context.with(trace.setSpan(context.active(), span), () => void client.sendEvent("order", "tea"));
      span.end();
    });
    await client.start();
  },
  spans: () =>
    exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId,
    })),
} satisfies TracedWorld);
