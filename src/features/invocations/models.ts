/** The public types of invocations. */
import type { AbortSignalLike } from "@azure/abort-controller";
import type { MessageContent } from "../../core/session/operationMessage.js";
import type { JSONTypes, WebPubSubDataType } from "../../core/models/messages.js";

/** Options of `invokeEvent`. */
export interface InvokeEventOptions {
  /** Id that the answer refers to. Default: chosen by the client, unique in it. */
  invocationId?: string;
  /** Gives the invocation up at once and tells the service so. */
  abortSignal?: AbortSignalLike;
  /**
   * Time in ms from the call until the invocation is given up; the service is told so. Default: 0,
   * which waits as long as the connection lives.
   */
  timeoutInMs?: number;
}

/** What an invocation resolves to. */
export interface InvokeEventResult {
  /** The invocation that was answered. */
  invocationId: string;
  /** How the answer's payload is encoded; none when the answer has no payload. */
  dataType?: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`, else the JSON value. */
  data?: JSONTypes | ArrayBuffer;
}

/** What `invocations(client)` gives. */
export interface InvocationsApi {
  /**
   * Calls the application's server by an event and resolves with its answer. Waits while there is no
   * connection; once sent it is never sent again. Without `dataType` a string is sent as text, bytes
   * as binary, anything else as JSON.
   * @throws InvocationError when the server or the service refuses, when the answer doesn't come in
   * `timeoutInMs` or can't come any more
   */
  invoke(
    eventName: string,
    content: MessageContent,
    typeOrOptions?: WebPubSubDataType | InvokeEventOptions,
    options?: InvokeEventOptions,
  ): Promise<InvokeEventResult>;
}
