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

/** Called with the end of an operation. */
export type Settled = (succeeded: boolean, error?: SendMessageError, late?: boolean) => void;
export type OwnSettled = (error?: SendMessageError, late?: boolean) => void;

/** The way to the outbox. */
export interface Operations {
  /** Why nothing is accepted; undefined while it is. */
  readonly refusal: string | undefined;
  /** An operation of the application's. `onSettled` is called first, and at once. */
  submit(
    build: () => OperationMessage,
    options?: SubmitOptions,
    onSettled?: Settled,
  ): Promise<WebPubSubResult>;
  /**
   * One of the client's own: it goes first and ends with its connection id.
   * @param persists also when retries are used up
   */
  submitOwn(build: () => OperationMessage, onSettled: OwnSettled, persists?: boolean): void;
  /** Writes what waits. */
  flush(): void;
}
