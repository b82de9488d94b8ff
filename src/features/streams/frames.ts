import type { FeatureFrames } from "../../core/codec/jsonFrames.js";
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

/** The frames of streams. Fragments come as group messages, which the core reads. */
export const streamFrames: FeatureFrames = {
  write: ["streamData", "streamEnd"],
  readJson: { streamAck, streamNack, streamClosed },
};
