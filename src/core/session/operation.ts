import type { AbortSignalLike } from "@azure/abort-controller";
import type { SendMessageError } from "../errors.js";
import type { WebPubSubResult } from "../models/options.js";

/** What the caller of an operation brings. */
export interface NewOperation {
  /** None for fire-and-forget. The same for the operation's whole life. */
  readonly ackId: number | undefined;
  /** Written once, at the call. */
  readonly frame: string | ArrayBuffer;
  /**
   * A join or leave of the client's own: it goes first, ends with the connection id it was made for
   * and isn't counted.
   */
  readonly isRejoin: boolean;
  /** Tried again for as long as its connection id lives: nobody would hear that it failed. */
  readonly persists?: boolean;
  readonly signal: AbortSignalLike | undefined;
  /** `late`: it may have been executed after operations that were called later. */
  readonly resolve: (result: WebPubSubResult, late: boolean) => void;
  readonly reject: (error: SendMessageError) => void;
}

/** One operation from the call to its end; the outbox alone changes it. */
export interface Operation extends NewOperation {
  /** Rises with each call. */
  readonly order: number;
  /** Ends the watch over the signal. */
  unlisten: (() => void) | undefined;
  /**
   * - `fresh`: never handed to a socket.
   * - `sent`: handed to one, its answer is due.
   * - `again`: waiting to be handed over once more.
   * - `delayed`: waiting for the time of its next try.
   */
  place: "fresh" | "sent" | "again" | "delayed" | "settled";
  /** Its neighbours among those that were sent. */
  before: Operation | undefined;
  after: Operation | undefined;
  /** An earlier sending was not heard of: it may have been executed. */
  unanswered: boolean;
  resentOnNewConnection: boolean;
  retries: number;
  /** It was tried again, perhaps after operations that were called later. */
  late: boolean;
  /** Where its last frame stood among all that were written. */
  position: number;
  /** When it is to be tried again (absolute, in ms). */
  due: number;
}

/** The failure of an operation that the client made itself; not if merely its connection took it along. */
export function isFinal(error: SendMessageError | undefined): error is SendMessageError {
  return error !== undefined && error.code !== "ConnectionLost" && error.code !== "NotStarted";
}
