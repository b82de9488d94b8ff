import { AbortError } from "@azure/abort-controller";
import { DetailedError } from "../../core/errors.js";

/**
 * What kind of failure it is. From the service: `IdleTimeout`, `StreamNotFound`, `Forbidden`,
 * `BadRequest`, `InternalServerError`, `Cancelled`, `UserError` (the publisher's own; see
 * `userErrorCode`), or any other name that it uses. From the client:
 * - `AlreadyExists`: a stream with this id is open.
 * - `Completed`: the stream has ended, or is about to.
 * - `InvalidMessage`: the fragment can't be written; `cause` says why.
 * - `TooManyPending`: too much is waiting for the window.
 * - `Aborted`: by the caller's signal; `cause` is an `AbortError`.
 * - `Timeout`: the service didn't answer the start or the end in time.
 * - `SendFailed`: the socket refused the start.
 * - `ConnectionLost`: the connection that the stream belonged to is gone.
 * - `NotStarted`: the client is stopped or stopping.
 * - `ProtocolViolation`: the service asked for fragments that it can't ask for.
 * - `IdleTimeout`: nothing came for `idleTimeoutInMs`.
 * - `SequenceGap`, `DuplicateFragment`: fragments are missing, or came twice.
 * - `BufferFull`: more than `maxBufferedBytes` waited for the reader.
 * - `SubscriptionClosed`: by `close`.
 * - `Left`: its reader left it before the end, and another one came.
 * - `Taken`: another reader collects it.
 */
export type GroupStreamErrorCode =
  | "IdleTimeout"
  | "StreamNotFound"
  | "Forbidden"
  | "BadRequest"
  | "InternalServerError"
  | "Cancelled"
  | "UserError"
  | "AlreadyExists"
  | "Completed"
  | "InvalidMessage"
  | "TooManyPending"
  | "Aborted"
  | "Timeout"
  | "SendFailed"
  | "ConnectionLost"
  | "NotStarted"
  | "ProtocolViolation"
  | "SequenceGap"
  | "DuplicateFragment"
  | "BufferFull"
  | "SubscriptionClosed"
  | "Left"
  | "Taken"
  | (string & {});

/** Details of a `GroupStreamError`. */
export interface GroupStreamErrorOptions {
  userErrorCode?: string;
  cause?: unknown;
}

/** A stream failed, or something that was asked of it. */
export class GroupStreamError extends DetailedError {
  /** The same as `code`. */
  declare readonly name: string;
  declare readonly code: GroupStreamErrorCode;
  declare readonly streamId: string;
  /** What the publisher ended its stream with. */
  declare readonly userErrorCode?: string;

  constructor(
    code: GroupStreamErrorCode,
    streamId: string,
    message: string,
    options?: GroupStreamErrorOptions,
  ) {
    super(message, { ...options, name: code, code, streamId } as GroupStreamErrorOptions);
  }
}

/** An error as the service wrote it. */
export function fromWire(
  streamId: string,
  { name, message, userErrorCode }: { name?: unknown; message?: string; userErrorCode?: string },
): GroupStreamError {
  const code = typeof name === "string" && name !== "" ? name : "Error";
  return new GroupStreamError(code, streamId, message ?? `The stream ended with ${code}.`, { userErrorCode });
}

/** The error of a call that its caller's signal ended. */
export function aborted(streamId: string): GroupStreamError {
  const message = "Cancelled by abortSignal";
  return new GroupStreamError("Aborted", streamId, message, { cause: new AbortError(message) });
}
