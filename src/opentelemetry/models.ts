import type { Attributes, MeterProvider, TracerProvider } from "@opentelemetry/api";

/** Options of `instrument`; all may be left out. */
export interface InstrumentOptions {
  /** Makes the tracer. Default: the global one, also if it is registered later. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Makes the meter. Default: the global one; register it before. */
  readonly meterProvider?: MeterProvider | undefined;
  /**
   * The context of each span travels with its message or event, in the metadata, as the globally registered propagator
   * writes it. Whoever receives the message can read it. Default: false.
   */
  readonly propagate?: boolean | undefined;
  /** On every span and metric, for example `server.address`, or what tells this client from others. Default: none. */
  readonly attributes?: Attributes | undefined;
}
