/** The public types of invocations. */
export type { InvocationErrorCode, InvocationErrorOptions } from "./invocationError.js";
export type { InvocationsApi, InvokeEventOptions, InvokeEventResult } from "./models.js";
