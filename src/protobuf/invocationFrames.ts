import type { InvokeResponseMessage } from "../core/models/messages.js";
import type { ProtobufFrames } from "./frames.js";
import * as read from "./reading.js";
import { entries, payload, text } from "./writing.js";

type Response = InvokeResponseMessage & { content?: read.Payload | undefined };

const readResponse = /* @__PURE__ */ read.readBy<Response>(
  () => ({ kind: "invokeResponse", invocationId: "", success: false }),
  {
    1: ["invocationId", read.text],
    2: ["success", read.flag],
    3: ["content", read.payload],
    4: ["error", read.error],
  },
);

/** The frames of invocations. */
export const invocationFrames: ProtobufFrames = {
  write: {
    invoke: [
      10,
      (writer, { event, invocationId, dataType, data, metadata }) => {
        text(writer, 1, event);
        text(writer, 2, invocationId);
        if (data !== undefined) payload(writer, 3, dataType, data);
        entries(writer, 4, metadata);
      },
    ],
    cancelInvocation: [11, (writer, { invocationId }) => text(writer, 1, invocationId)],
  },
  read: {
    5: (body) => {
      const { content, ...response } = readResponse(body);
      return { ...response, dataType: content?.dataType, data: content?.data };
    },
  },
};
