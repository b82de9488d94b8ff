/** The interface by which operations are submitted. */
import type { AbortSignalLike } from "@azure/abort-controller";
import type { SendMessageError } from "../errors.js";
import type { WebPubSubResult } from "../models/options.js";
import type { OperationMessage } from "../models/messages.js";

/** The options of a submitted operation. */
export interface SubmitOptions {
  /** The ack id to use. Default: chosen by the client. */
  readonly ackId?: number;
  /** Send without an ack id, and resolve once it is written. Default: false. */
  readonly fireAndForget?: boolean;
  /** Rejects the operation at once. Default: none. */
  readonly abortSignal?: AbortSignalLike;
}

/** Called when an operation has ended. @param unknown it failed, but may have been executed */
export type OnSettled = (error: SendMessageError | undefined, unknown: boolean) => void;

/** How an operation is sent. */
export interface Course {
  /** What the options are those of. Default: the kind of the message. */
  readonly call?: string;
  /**
   * Operations with the same lane and the same group are sent one at a time, in the order of the calls: each when
   * the one before is settled. Default: no lane.
   */
  readonly lane?: string;
  /** It sets a value: while it waits, a newer one in its lane replaces it, and both settle with its result. */
  readonly replaceable?: boolean;
  /** Retries after the first attempt; on a recovered connection it is sent again in any case. Default: the client's. */
  readonly maxRetries?: number;
  /** Called synchronously, before the promise settles. */
  readonly onSettled?: OnSettled;
}

/** How an internal operation is sent. */
export interface InternalCourse extends Course {
  /** Called synchronously when the operation has ended. */
  readonly onSettled: OnSettled;
}

/** Submits operations to the outbox. */
export interface Operations {
  /** Why operations aren't accepted: the client is stopping. Undefined while they are. */
  readonly refusal: string | undefined;
  /** Submits an operation of the application. Rejects with what `build` throws. */
  submit(build: () => OperationMessage, options?: SubmitOptions, course?: Course): Promise<WebPubSubResult>;
  /**
   * Submits an internal operation: it is sent first and ends with its connection id. A call by the application
   * in its lane ends its retries. It is written with the next `flush`.
   */
  submitInternal(build: () => OperationMessage, course: InternalCourse): void;
  /** Writes the waiting operations. */
  flush(): void;
}
