/** An operation in the outbox, and what its caller provides. */
import type { AbortSignalLike } from "@azure/abort-controller";
import type { SendMessageError } from "../errors.js";
import type { WebPubSubResult } from "../models/options.js";
import type { Frame } from "./frame.js";
import type { OperationMessage } from "../models/messages.js";
import type { SavedOperation } from "../models/savedSession.js";

/** What the caller of an operation provides. */
export interface NewOperation {
  /** What is sent; its ack id is the operation's. */
  readonly message: OperationMessage;
  /** The client has chosen the ack id. */
  readonly isNumbered: boolean;
  /** Encoded at the call. */
  readonly frame: Frame;
  /** What is known of it from the session before. */
  readonly restored?: SavedOperation | undefined;
  /** Operations of one lane are sent one at a time: each when the one before is settled. */
  readonly lane?: string;
  /** It sets a value: while it waits in its lane, a newer replaceable one replaces it. */
  readonly replaceable?: boolean;
  /** Made by the client itself: it is sent first, ends with its connection id and isn't counted. */
  readonly internal: boolean;
  /** Retries after the first attempt. Default: the client's. */
  readonly maxRetries?: number | undefined;
  readonly signal: AbortSignalLike | undefined;
  /** It has ended. @param unknown it failed, but was sent and may have been executed */
  readonly settle: (error: SendMessageError | undefined, unknown: boolean, result?: WebPubSubResult) => void;
}

/** The operations of one lane, in the order of sending; only the first may be sent. */
export interface Lane {
  readonly key: string;
  readonly operations: Operation[];
}

/** An operation from the call to its end; only the outbox changes it. */
export interface Operation extends Omit<NewOperation, "frame" | "lane" | "restored"> {
  /** Undefined for fire-and-forget. It stays the same from the first sending on. */
  ackId: number | undefined;
  frame: Frame;
  /** Rises with each call. */
  order: number;
  lane: Lane | undefined;
  /** A call by the application has replaced it: it isn't retried. */
  calledOff: boolean;
  /** Stops listening to the signal. */
  unlisten: (() => void) | undefined;
  /**
   * - `fresh`: never handed to a socket.
   * - `sent`: handed to a socket; its answer is awaited.
   * - `again`: waiting to be sent again.
   * - `delayed`: waiting for the time of its next retry.
   * - `replaced`: a newer one is sent instead, and settles it too.
   */
  place: "fresh" | "sent" | "again" | "delayed" | "replaced" | "settled";
  /** Its position in the order of the operations that may be written. */
  rank: number;
  /** The operation that this one replaces. */
  replaced: Operation | undefined;
  /** Its neighbours in the list of sent operations. */
  before: Operation | undefined;
  after: Operation | undefined;
  /** It was handed to a socket and not refused since, so it may have been executed. */
  handed: boolean;
  /** It was sent before without an answer. */
  unanswered: boolean;
  resentOnNewConnection: boolean;
  retries: number;
  /** The position of its last frame among all written frames. */
  position: number;
  /** When it is due again (absolute, in ms). */
  due: number;
}

/** It has ended, or another one replaces it. */
export function isOver({ place }: Operation): boolean {
  return place === "settled" || place === "replaced";
}
