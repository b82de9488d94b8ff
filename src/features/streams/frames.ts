import type { JsonFrames } from "../../core/codec/jsonFrames.js";
import { id, optionalText, readBy, readError, text } from "../../core/codec/jsonReader.js";
import type { StreamAckMessage, StreamClosedMessage, StreamNackMessage } from "../../core/models/messages.js";

const streamAck = readBy<StreamAckMessage>("streamAck", { streamId: text, expectedSequenceId: id });
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
