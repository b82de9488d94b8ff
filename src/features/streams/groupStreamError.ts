import { AbortError } from "@azure/abort-controller";
import { DetailedError, toError } from "../../core/errors.js";

/**
 * What kind of failure it is. From the service: `IdleTimeout`, `StreamNotFound`, `Forbidden`,
 * `BadRequest`, `InternalServerError`, `Cancelled`, `UserError` (set by the publisher; see
 * `userErrorCode`), or any other name that it uses. From the client:
 * - `AlreadyExists`: a stream with this id is open.
 * - `Completed`: the stream has ended or is ending.
 * - `InvalidMessage`: the fragment can't be written; `cause` says why.
 * - `TooManyPending`: too many fragments wait for a place in the window.
 * - `Aborted`: by the caller's signal; `cause` is an `AbortError`.
 * - `Timeout`: the service didn't answer the start or the end in time.
 * - `SendFailed`: the socket threw when the start was sent.
 * - `Refused`: the service declined a frame of the stream twice, by closing the connection with code 1007.
 * - `ConnectionLost`: the connection of the stream is gone.
 * - `NotStarted`: the client is stopped or stopping, or was suspended: streams end with their page.
 * - `ProtocolViolation`: the service acknowledged or requested an impossible fragment.
 * - `IdleTimeout`: nothing was received for `idleTimeoutInMs`.
 * - `SequenceGap`, `DuplicateFragment`: a fragment is missing, or came twice.
 * - `BufferFull`: more than `maxBufferedBytes` waited for the reader.
 * - `SubscriptionClosed`: `close` was called.
 * - `Left`: its reader left it before the end, so it can't be read any further.
 * - `Taken`: another reader takes the whole stream.
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
  | "Refused"
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
  /** The error code with which the publisher ended its stream. */
  userErrorCode?: string;
  /** The error that caused this one. */
  cause?: unknown;
}

/** A stream, or a call on it, has failed. */
export class GroupStreamError extends DetailedError {
  /** The same as `code`. */
  declare readonly name: string;
  /** What kind of failure it is. */
  declare readonly code: GroupStreamErrorCode;
  /** Id of the stream. */
  declare readonly streamId: string;
  /** The error code with which the publisher ended its stream. */
  declare readonly userErrorCode?: string;

  /** Made by the client; in your own code only for tests. */
  constructor(
    code: GroupStreamErrorCode,
    streamId: string,
    message: string,
    options?: GroupStreamErrorOptions,
  ) {
    super(message, { ...options, name: code, code, streamId } as GroupStreamErrorOptions);
  }
}

/** Makes an error from one that the service has sent. */
export function fromWire(
  streamId: string,
  { name, message, userErrorCode }: { name?: string; message?: string; userErrorCode?: string },
): GroupStreamError {
  const code = name || "Error";
  return new GroupStreamError(code, streamId, message ?? `The stream ended with ${code}.`, { userErrorCode });
}

/** The error of a call that its caller's signal has ended. */
export function aborted(streamId: string): GroupStreamError {
  const message = "Cancelled by abortSignal";
  return new GroupStreamError("Aborted", streamId, message, { cause: new AbortError(message) });
}

/** Makes something of what the application has given; what that throws becomes an `InvalidMessage`. */
export function checked<T>(streamId: string, make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    const cause = toError(thrown);
    throw new GroupStreamError("InvalidMessage", streamId, cause.message, { cause });
  }
}
