import type { Fields, FeatureFrames } from "../../core/codec/jsonFrames.js";
import { readBy, readContent, readError, text } from "../../core/codec/jsonReader.js";
import type {
  AckMessageError,
  CancelInvocationMessage,
  InvokeResponseMessage,
  WebPubSubDataType,
} from "../../core/models/messages.js";

function invokeResponse({ invocationId, success, dataType, data, error }: Fields): InvokeResponseMessage {
  // Without either it has no payload.
  const type = (dataType ?? (data === undefined ? undefined : "json")) as WebPubSubDataType | undefined;
  return {
    kind: "invokeResponse",
    invocationId: text(invocationId, "invocationId"),
    success: success as boolean | undefined,
    dataType: type,
    data: readContent(type, data, true),
    error: readError(error) as AckMessageError | undefined,
  };
}

const cancelInvocation = readBy<CancelInvocationMessage>("cancelInvocation", { invocationId: text });

/** The frames of invocations. */
export const invocationFrames: FeatureFrames = {
  write: ["invoke", "invokeResponse", "cancelInvocation"],
  readJson: { invokeResponse, cancelInvocation },
};
