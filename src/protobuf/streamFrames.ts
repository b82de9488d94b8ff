import type { StreamAckMessage, StreamClosedMessage, StreamNackMessage } from "../core/models/messages.js";
import type { ProtobufFrames } from "./frames.js";
import * as read from "./reading.js";
import { id, open, payload, text } from "./writing.js";

/** The frames of streams. Fragments come as messages of their group, and a stream is started by one. */
export const streamFrames: ProtobufFrames = {
  write: {
    streamData: [
      13,
      (writer, { streamId, streamSequenceId, dataType, data }) => {
        text(writer, 1, streamId);
        id(writer, 2, streamSequenceId);
        if (data !== undefined) payload(writer, 3, dataType, data);
      },
    ],
    streamEnd: [
      14,
      (writer, { streamId, error }) => {
        text(writer, 1, streamId);
        if (error === undefined) return;
        open(writer, 2);
        text(writer, 1, error.message);
        text(writer, 2, error.userErrorCode);
        writer.join();
      },
    ],
  },
  read: {
    6: /* @__PURE__ */ read.readBy<StreamAckMessage>(
      () => ({ kind: "streamAck", streamId: "", expectedSequenceId: 0 }),
      {
        1: ["streamId", read.text],
        2: ["expectedSequenceId", read.id],
      },
    ),
    7: /* @__PURE__ */ read.readBy<StreamNackMessage>(
      () => ({ kind: "streamNack", streamId: "", name: "", expectedSequenceId: 0 }),
      {
        1: ["streamId", read.text],
        2: ["name", read.text],
        3: ["message", read.text],
        4: ["expectedSequenceId", read.id],
      },
    ),
    8: /* @__PURE__ */ read.readBy<StreamClosedMessage>(() => ({ kind: "streamClosed", streamId: "" }), {
      1: ["streamId", read.text],
      2: ["error", read.error],
    }),
  },
};
