import type { AbortSignalLike } from "@azure/abort-controller";
import type { SendMessageError } from "../errors.js";
import type { WebPubSubResult } from "../models/options.js";
import type { OperationMessage } from "./operationMessage.js";

/** What the caller of an operation may ask for. */
export interface SubmitOptions {
  readonly ackId?: number;
  readonly fireAndForget?: boolean;
  readonly abortSignal?: AbortSignalLike;
}

/** Called with the end of an operation. @param unknown it failed, but may have been executed */
export type OnSettled = (error: SendMessageError | undefined, unknown: boolean) => void;

/** How an operation goes out. */
export interface Course {
  /**
   * Operations with the same lane about the same group go out one at a time, in the order of the calls: the next
   * one when the one before is settled. Default: none.
   */
  readonly lane?: string;
  /** It sets a value: while it waits, a newer one of its lane takes its place, and both settle with its result. */
  readonly replaceable?: boolean;
  /** Called first, and at once. */
  readonly onSettled?: OnSettled;
}

/** How one of the client's own goes out. */
export interface InternalCourse extends Course {
  readonly onSettled: OnSettled;
  /** Also when retries are used up, for as long as its connection id lives. */
  readonly retryForever?: boolean;
}

/** The way to the outbox. */
export interface Operations {
  /** Why nothing is accepted; undefined while it is. */
  readonly refusal: string | undefined;
  /** An operation of the application's. What `build` throws rejects. */
  submit(build: () => OperationMessage, options?: SubmitOptions, course?: Course): Promise<WebPubSubResult>;
  /**
   * One of the client's own, which nobody waits for: it goes first and ends with its connection id. A call of
   * the application in its lane ends its retries. It is written with the next `flush`.
   */
  submitInternal(build: () => OperationMessage, course: InternalCourse): void;
  /** Writes what waits. */
  flush(): void;
}
