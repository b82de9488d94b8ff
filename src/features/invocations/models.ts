/** The public types of invocations. */
import type { AbortSignalLike } from "@azure/abort-controller";
import type { MessageContent } from "../../core/session/operationMessage.js";
import type { JSONTypes, WebPubSubDataType } from "../../core/models/messages.js";

/** Options of `invokeEvent`. */
export interface InvokeEventOptions {
  /** Id that the answer refers to. Default: chosen by the client and unique in it. */
  invocationId?: string;
  /** Rejects the invocation at once and cancels it at the service. */
  abortSignal?: AbortSignalLike;
  /**
   * Time in ms from the call until the invocation rejects and is cancelled at the service. Default: 0, which
   * waits as long as the connection lives.
   */
  timeoutInMs?: number;
}

/** What an invocation resolves to. */
export interface InvokeEventResult {
  /** Id of the invocation that was answered. */
  invocationId: string;
  /** How the answer's payload is encoded; undefined if the answer has no payload. */
  dataType?: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`, else the JSON value. */
  data?: JSONTypes | ArrayBuffer;
}

/** What `invocations(client)` returns. */
export interface InvocationsApi {
  /**
   * Calls the application's server by an event and resolves with its answer. Waits while there is no
   * connection; a call that was sent is never sent again. Without `dataType` a string is sent as text,
   * bytes as binary, anything else as JSON.
   * @throws InvocationError when the server or the service refuses, or when the answer doesn't come within
   * `timeoutInMs` or can't come any more
   */
  invoke(
    eventName: string,
    content: MessageContent,
    typeOrOptions?: WebPubSubDataType | InvokeEventOptions,
    options?: InvokeEventOptions,
  ): Promise<InvokeEventResult>;
}
