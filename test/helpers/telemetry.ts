import { hrTimeToMilliseconds } from "@opentelemetry/core";
import type { Attributes, HrTime, SpanKind } from "@opentelemetry/api";
import {
  DataPointType,
  MeterProvider,
  MetricReader,
  type Histogram,
  type MetricData,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";

/** A reader that is read when the test says so. */
class ManualReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

export interface Point {
  readonly attributes: Attributes;
  /** Of a histogram: how many values, and their sum. */
  readonly value: number | { readonly count: number; readonly sum: number | undefined };
}

/** The SDK of OpenTelemetry, and what it was given. */
export class Telemetry {
  readonly #exporter = new InMemorySpanExporter();
  readonly #reader = new ManualReader();
  readonly tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.#exporter)],
  });
  readonly meterProvider = new MeterProvider({ readers: [this.#reader] });

  /** Those that have ended, in that order. */
  get spans(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  named(name: string): ReadableSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** The only one of a name that has ended. */
  span(name: string): ReadableSpan {
    const spans = this.named(name);
    if (spans.length !== 1 || spans[0] === undefined)
      throw new Error(
        `There are ${spans.length} spans ${name}: ${this.spans.map((span) => span.name).join()}`,
      );
    return spans[0];
  }

  /** All metrics that have points. */
  async metrics(): Promise<MetricData[]> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw errors[0];
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  }

  /** The points of a metric; empty if there are none. */
  async points(name: string): Promise<Point[]> {
    const metric = (await this.metrics()).find(({ descriptor }) => descriptor.name === name);
    return (metric?.dataPoints ?? []).map(({ attributes, value }) => {
      if (metric?.dataPointType !== DataPointType.HISTOGRAM) return { attributes, value: value as number };
      const { count, sum } = value as Histogram;
      return { attributes, value: { count, sum } };
    });
  }

  async shutdown(): Promise<void> {
    await this.tracerProvider.shutdown();
    await this.meterProvider.shutdown();
  }
}

export const ms = (time: HrTime): number => hrTimeToMilliseconds(time);

/** What a test of a span looks at. */
export function described(span: ReadableSpan): {
  name: string;
  kind: SpanKind;
  startedAt: number;
  took: number;
  attributes: Attributes;
} {
  const { name, kind, startTime, endTime, attributes } = span;
  return { name, kind, startedAt: ms(startTime), took: ms(endTime) - ms(startTime), attributes };
}
