import type { AbortSignalLike } from "@azure/abort-controller";
import type { SendMessageError } from "../errors.js";
import type { WebPubSubResult } from "../models/options.js";

/** What the caller of an operation brings. */
export interface NewOperation {
  /** None for fire-and-forget. The same for the operation's whole life. */
  readonly ackId: number | undefined;
  /** Written once, at the call. */
  readonly frame: string | ArrayBuffer;
  /** Operations of one lane go out one at a time: the next one when the one before is settled. */
  readonly lane?: string;
  /** It sets a value: while it waits in its lane, a newer one that does so takes its place. */
  readonly replaceable?: boolean;
  /** The client's own: it goes first, ends with the connection id it was made for and isn't counted. */
  readonly internal: boolean;
  /** Tried again for as long as its connection id lives: nobody would hear that it failed. */
  readonly retryForever?: boolean;
  readonly signal: AbortSignalLike | undefined;
  readonly resolve: (result: WebPubSubResult) => void;
  /** @param unknown it was sent, and may have been executed */
  readonly reject: (error: SendMessageError, unknown: boolean) => void;
}

/** The operations of one lane, in the order in which they go out: only the first may be sent. */
export interface Lane {
  readonly key: string;
  readonly operations: Operation[];
}

/** One operation from the call to its end; the outbox alone changes it. */
export interface Operation extends Omit<NewOperation, "lane" | "retryForever"> {
  /** Rises with each call. */
  readonly order: number;
  lane: Lane | undefined;
  retryForever: boolean;
  /** A call of the application has taken its place: it isn't tried again. */
  calledOff: boolean;
  /** Ends the watch over the signal. */
  unlisten: (() => void) | undefined;
  /**
   * - `fresh`: never handed to a socket.
   * - `sent`: handed to one, its answer is due.
   * - `again`: waiting to be handed over once more.
   * - `delayed`: waiting for the time of its next try.
   * - `replaced`: a newer one is sent in its place, and settles it.
   */
  place: "fresh" | "sent" | "again" | "delayed" | "replaced" | "settled";
  /** Its place among those that may be written. */
  rank: number;
  /** The one that this one was sent in place of. */
  replaced: Operation | undefined;
  /** Its neighbours among those that were sent. */
  before: Operation | undefined;
  after: Operation | undefined;
  /** It was handed to a socket, and the service hasn't refused it since: it may have been executed. */
  handed: boolean;
  /** An earlier sending was not heard of. */
  unanswered: boolean;
  resentOnNewConnection: boolean;
  retries: number;
  /** Where its last frame stood among all that were written. */
  position: number;
  /** When it is to be tried again (absolute, in ms). */
  due: number;
}

/** It has ended, or another one stands for it. */
export function isOver({ place }: Operation): boolean {
  return place === "settled" || place === "replaced";
}

/** The failure of an operation that the client made itself; not if its connection or another call merely took it along. */
export function isFinal(error: SendMessageError | undefined): error is SendMessageError {
  const { code } = error ?? {};
  return error !== undefined && code !== "ConnectionLost" && code !== "NotStarted" && code !== "Aborted";
}
