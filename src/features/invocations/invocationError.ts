import { DetailedError } from "../../core/errors.js";
import type { InvokeResponseError } from "../../core/models/messages.js";

/**
 * Why an invocation failed.
 * - `Refused`: the service or the application's server said no; `errorDetail` holds the words.
 * - `InvalidResponse`: the answer says neither success nor failure.
 * - `Timeout`: no answer came in `timeoutInMs`.
 * - `Aborted`: by the caller's signal; `cause` is an `AbortError`.
 * - `ConnectionLost`: sent, unanswered, and the connection it was sent on is gone, or was recovered
 *   and no answer came after it. It may have been executed.
 * - `SendFailed`: the socket threw; `cause` says what. It may have been executed.
 * - `NotStarted`: the client is stopped or stopping.
 * - `TooManyPending`: `maxPendingOperations` invocations are waiting to be sent.
 * - `InvocationIdInUse`: an invocation with this explicit id is under way.
 * - `InvalidMessage`: the message can't be written; `cause` says why.
 */
export type InvocationErrorCode =
  | "Refused"
  | "InvalidResponse"
  | "Timeout"
  | "Aborted"
  | "ConnectionLost"
  | "SendFailed"
  | "NotStarted"
  | "TooManyPending"
  | "InvocationIdInUse"
  | "InvalidMessage";

/** Details of an `InvocationError`. */
export interface InvocationErrorOptions {
  invocationId: string;
  errorDetail?: InvokeResponseError;
  code?: InvocationErrorCode;
  cause?: unknown;
}

/** An invocation failed. It is never sent again by itself. */
export class InvocationError extends DetailedError {
  override readonly name: string = "InvocationError";
  declare invocationId: string;
  /** The service's words, where it refused. */
  declare errorDetail?: InvokeResponseError;
  /** What kind of failure it is. */
  declare code?: InvocationErrorCode;

  constructor(message: string, options: InvocationErrorOptions) {
    super(message, options);
  }
}
