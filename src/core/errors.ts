/** The errors of operations and of the connection, with their codes. */
import { AbortError } from "@azure/abort-controller";
import type { AckMessageError } from "./models/messages.js";

/**
 * Why an operation failed.
 * - `Refused`: the service has refused; `errorDetail` holds its error.
 * - `AckTimeout`: no answer within `ackTimeoutInMs`, and no retry was left.
 * - `SendFailed`: the socket has refused the frame, and no retry was left.
 * - `ConnectionLost`: it was sent and not answered, and its connection is gone.
 * - `TooManyPending`: `maxPendingOperations` are waiting.
 * - `NotStarted`: the client is stopping, or was stopped and not started in time (`messageRetryOptions`).
 * - `Suspended`: the client was suspended; its session, with the operation, can be resumed.
 * - `Aborted`: by the caller's signal; `cause` is an `AbortError`.
 * - `AckIdInUse`: an operation with this explicit ack id is pending.
 * - `InvalidMessage`: the message can't be written; `cause` says why.
 */
export type SendMessageErrorCode =
  | "Refused"
  | "AckTimeout"
  | "SendFailed"
  | "ConnectionLost"
  | "TooManyPending"
  | "NotStarted"
  | "Suspended"
  | "Aborted"
  | "AckIdInUse"
  | "InvalidMessage";

/** Details of a `SendMessageError`. */
export interface SendMessageErrorOptions {
  /** The ack id, if the operation had one. */
  ackId?: number;
  /** The service's error, if it refused. */
  errorDetail?: AckMessageError;
  /** What kind of failure it is. */
  code?: SendMessageErrorCode;
  /** The error that caused this one. */
  cause?: unknown;
}

/** An error with its details as properties; it has `cause` only if there is one. */
export abstract class DetailedError extends Error {
  constructor(message: string, { cause, ...details }: { readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, details);
  }
}

/** An operation (join, leave, send) failed. */
export class SendMessageError extends DetailedError {
  /** `SendMessageError`. */
  override name: string = "SendMessageError";
  /** The ack id, if the operation had one. */
  declare ackId?: number;
  /** The service's error, if it refused. */
  declare errorDetail?: AckMessageError;
  /** What kind of failure it is. */
  declare code?: SendMessageErrorCode;

  /** Made by the client; in your own code only for tests. */
  constructor(message: string, options?: SendMessageErrorOptions) {
    super(message, options);
  }
}

/**
 * Why there is no connection.
 * - `AlreadyStarted`: `start` was called while the client wasn't stopped.
 * - `Closed`: the socket closed or failed; see `closeCode` and `reason`.
 * - `Timeout`: the attempt took longer than `connectTimeoutInMs`.
 * - `Credential`: the client access URL could not be obtained; `cause` says why.
 * - `Stopped`: `stop` was called.
 * - `Suspended`: `suspend` was called.
 * - `NoAnswer`: the service didn't answer a ping in time.
 */
export type ConnectionErrorCode =
  "AlreadyStarted" | "Closed" | "Timeout" | "Credential" | "Stopped" | "Suspended" | "NoAnswer";

/** Details of a `ConnectionError`. */
export interface ConnectionErrorOptions {
  /** WebSocket close code, if a socket closed. */
  closeCode?: number;
  /** The reason that came with the close code. */
  reason?: string;
  /** The error that caused this one. */
  cause?: unknown;
}

/** The connection failed or was lost. */
export class ConnectionError extends DetailedError {
  /** `ConnectionError`. */
  override readonly name: string = "ConnectionError";
  /** What kind of failure it is. */
  declare readonly code: ConnectionErrorCode;
  /** WebSocket close code (RFC 6455, section 7.4), if a socket closed. */
  declare readonly closeCode?: number;
  /** The reason that came with the close code. */
  declare readonly reason?: string;

  /** Made by the client; in your own code only for tests. */
  constructor(code: ConnectionErrorCode, message: string, options?: ConnectionErrorOptions) {
    super(message, { ...options, code } as ConnectionErrorOptions);
  }
}

/** The error of an operation that its caller's signal has ended. */
export function abortedOperation(ackId?: number): SendMessageError {
  const message = "Cancelled by abortSignal";
  return new SendMessageError(message, { ackId, code: "Aborted", cause: new AbortError(message) });
}

/** Returns what was thrown as an Error. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  try {
    return new Error(String(thrown));
  } catch {
    return new Error("Something was thrown that has no words.");
  }
}
