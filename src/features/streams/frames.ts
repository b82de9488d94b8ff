import type { Fields, JsonFrames } from "../../core/codec/jsonFrames.js";
import { id, optionalText, readBy, readError, text } from "../../core/codec/jsonReader.js";
import type { StreamAckMessage, StreamClosedMessage, StreamNackMessage } from "../../core/models/messages.js";

/** Frequent, so its fields are read by their literal names. */
const streamAck = (frame: Fields): StreamAckMessage => ({
  kind: "streamAck",
  streamId: text(frame.streamId, "streamId"),
  expectedSequenceId: id(frame.expectedSequenceId, "expectedSequenceId"),
});
const streamNack = readBy<StreamNackMessage>("streamNack", {
  streamId: text,
  name: text,
  message: optionalText,
  expectedSequenceId: id,
});
const streamClosed = readBy<StreamClosedMessage>("streamClosed", { streamId: text, error: readError });

const json: JsonFrames = {
  write: ["streamData", "streamEnd"],
  read: { streamAck, streamNack, streamClosed },
};

/** The frames of streams, by format. Fragments come as group messages, which the core reads. */
export const streamFrames = { json };
