/** Entry point: spans and metrics of a client by OpenTelemetry, and traces that go through the service. */
export { contextOf } from "./contextOf.js";
export { instrument } from "./instrument.js";
export type { InstrumentOptions } from "./models.js";
