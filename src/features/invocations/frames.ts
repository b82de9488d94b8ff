import type { Fields, JsonFrames } from "../../core/codec/jsonFrames.js";
import { readBy, readContent, readError, text } from "../../core/codec/jsonReader.js";
import type {
  AckMessageError,
  CancelInvocationMessage,
  InvokeResponseMessage,
  WebPubSubDataType,
} from "../../core/models/messages.js";

const invokeResponse = readBy<InvokeResponseMessage>("invokeResponse", {
  invocationId: text,
  success: (value) => value as boolean | undefined,
  dataType: (_value, _field, frame) => answerType(frame),
  data: (value, _field, frame) => readContent(answerType(frame), value, true),
  error: readError as (value: unknown) => AckMessageError | undefined,
});
const cancelInvocation = readBy<CancelInvocationMessage>("cancelInvocation", { invocationId: text });

/** The data type of an invocation's answer; undefined if it has no payload. */
function answerType({ dataType, data }: Fields): WebPubSubDataType | undefined {
  return (dataType ?? (data === undefined ? undefined : "json")) as WebPubSubDataType | undefined;
}

const json: JsonFrames = {
  write: ["invoke", "invokeResponse", "cancelInvocation"],
  read: { invokeResponse, cancelInvocation },
};

/** The frames of invocations, by format. */
export const invocationFrames = { json };
