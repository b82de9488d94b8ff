import { DetailedError } from "../../core/errors.js";
import type { InvokeResponseError } from "../../core/models/messages.js";

/**
 * Why an invocation failed.
 * - `Refused`: the service or the application's server has refused; `errorDetail` holds its error.
 * - `InvalidResponse`: the answer says neither success nor failure.
 * - `Timeout`: no answer within `timeoutInMs`.
 * - `Aborted`: by the caller's signal; `cause` is an `AbortError`.
 * - `ConnectionLost`: it was sent and not answered, and its connection is gone, or was recovered without an
 *   answer after that. It may have been executed.
 * - `SendFailed`: the socket threw; `cause` says what. It may have been executed.
 * - `NotStarted`: the client is stopped or stopping, or was suspended: invocations end with their page, and one that
 *   was sent may have been executed.
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
  /** Id of the invocation that failed. */
  invocationId: string;
  /** The service's error, if it refused. */
  errorDetail?: InvokeResponseError;
  /** What kind of failure it is. */
  code?: InvocationErrorCode;
  /** The error that caused this one. */
  cause?: unknown;
}

/** An invocation failed. The client doesn't send it again. */
export class InvocationError extends DetailedError {
  /** `InvocationError`. */
  override readonly name: string = "InvocationError";
  /** Id of the invocation that failed. */
  declare invocationId: string;
  /** The service's error, if it refused. */
  declare errorDetail?: InvokeResponseError;
  /** What kind of failure it is. */
  declare code?: InvocationErrorCode;

  /** Made by the client; in your own code only for tests. */
  constructor(message: string, options: InvocationErrorOptions) {
    super(message, options);
  }
}
