import { metrics, trace, type Attributes, type MeterProvider, type TracerProvider } from "@opentelemetry/api";
import type { CoreClient } from "../core/index.js";
import { observe, type Observer } from "../features/observe/index.js";
import { metadataOf } from "./contextOf.js";
import { Measurements } from "./measurements.js";
import type { InstrumentOptions } from "./models.js";
import { SCHEMA, SCOPE } from "./names.js";
import { Spans } from "./spans.js";

/**
 * Makes spans and metrics of what a client does: attempts to connect, recoveries, operations, invocations. They hold no
 * payloads and no tokens. Call it before `start`, and once for each client.
 * @returns a function that ends it
 * @throws TypeError for what isn't a client, and for invalid options
 */
export function instrument(client: CoreClient, options: InstrumentOptions = {}): () => void {
  // What isn't a client from JavaScript, before anything is made.
  if (typeof (client as Partial<CoreClient> | undefined)?.on !== "function")
    throw new TypeError("instrument: the first argument must be a CoreClient or a WebPubSubClient.");
  const { tracerProvider, meterProvider, propagate, attributes } = check(options ?? {});
  const tracer = tracerProvider.getTracer(SCOPE, undefined, SCHEMA);
  const meter = meterProvider.getMeter(SCOPE, undefined, SCHEMA);
  const spans = new Spans(client, tracer, attributes, propagate);
  const measured = new Measurements(meter, attributes);
  /** There has been no connection since the client was started. */
  let isStart = client.state === "Stopped" || client.state === "Connecting";

  const observer: Observer = {
    onAttemptStarted: (attempt) => spans.attemptStarted(attempt, isStart),
    onAttemptEnded: (attempt) => {
      spans.attemptEnded(attempt);
      measured.attemptEnded(attempt, isStart);
      if (attempt.outcome === "succeeded") isStart = false;
    },
    onState: ({ state }) => {
      if (state !== "Stopped") return;
      isStart = true;
      spans.stopped();
    },
    onRecoveryStarted: (recovery) => spans.recoveryStarted(recovery),
    onRecoveryEnded: (recovery) => {
      spans.recoveryEnded(recovery);
      measured.recoveryEnded(recovery);
    },
    onOperationQueued: (operation) => spans.operationQueued(operation),
    onOperationSent: (operation) => spans.operationSent(operation),
    onOperationSettled: (operation) => {
      spans.operationSettled(operation);
      measured.operationSettled(operation);
    },
    onRoundTrip: (durationInMs) => measured.roundTrip(durationInMs),
    onLoad: (load) => measured.load(load),
    ...(propagate && { addMetadata: (operation) => metadataOf(spans.contextOf(operation)) }),
  };
  const observation = observe(client, observer);
  measured.load(observation.load());
  const ends = [
    client.on("group-message", () => measured.consumed("group")),
    client.on("server-message", () => measured.consumed("server")),
    () => {
      observation.stop();
      spans.stop();
      measured.load({ pending: 0, unread: 0 });
    },
  ];
  return () => {
    for (const end of ends.splice(0)) end();
  };
}

/** What is left out, or null, is filled in. */
function check(options: InstrumentOptions): {
  readonly tracerProvider: TracerProvider;
  readonly meterProvider: MeterProvider;
  readonly propagate: boolean;
  readonly attributes: Attributes;
} {
  if (typeof options !== "object") throw new TypeError("instrument: options must be an object.");
  const { tracerProvider, meterProvider, propagate, attributes } = options;
  const checked = {
    tracerProvider: tracerProvider ?? trace.getTracerProvider(),
    meterProvider: meterProvider ?? metrics.getMeterProvider(),
    propagate: propagate ?? false,
    attributes: attributes ?? {},
  };
  if (typeof checked.tracerProvider.getTracer !== "function")
    throw new TypeError("instrument: tracerProvider must be a TracerProvider, with getTracer.");
  if (typeof checked.meterProvider.getMeter !== "function")
    throw new TypeError("instrument: meterProvider must be a MeterProvider, with getMeter.");
  if (typeof checked.propagate !== "boolean")
    throw new TypeError("instrument: propagate must be true or false.");
  if (typeof checked.attributes !== "object")
    throw new TypeError("instrument: attributes must be an object.");
  return checked;
}
