import { WireType, type BinaryReader, type BinaryWriter } from "@bufbuild/protobuf/wire";
import type {
  AckMessage,
  ConnectedMessage,
  DisconnectedMessage,
  JoinGroupMessage,
  LeaveGroupMessage,
  MessageMetadata,
  StreamInfo,
  WebPubSubMessage,
} from "../core/models/messages.js";
import type { ProtobufFrames } from "./frames.js";
import * as read from "./reading.js";
import { entries, id, open, payload, text } from "./writing.js";

function writeGroup(writer: BinaryWriter, { group, ackId }: JoinGroupMessage | LeaveGroupMessage): void {
  text(writer, 1, group);
  id(writer, 2, ackId);
}

const readAck = /* @__PURE__ */ read.readBy<AckMessage>(() => ({ kind: "ack", ackId: 0, success: false }), {
  1: ["ackId", read.id],
  2: ["success", read.flag],
  3: ["error", read.error],
});
const readConnected = read.readBy<ConnectedMessage>(
  () => ({ kind: "connected", connectionId: "", userId: "", reconnectionToken: "" }),
  { 1: ["connectionId", read.text], 2: ["userId", read.text], 3: ["reconnectionToken", read.text] },
);
const readDisconnected = read.readBy<DisconnectedMessage>(() => ({ kind: "disconnected", message: "" }), {
  2: ["message", read.text],
});
const readStreamError = read.readBy<NonNullable<StreamInfo["error"]>>(() => ({ name: "" }), {
  1: ["name", read.text],
  2: ["message", read.text],
  3: ["userErrorCode", read.text],
});
const readStream = read.readBy<StreamInfo>(() => ({ streamId: "", streamSequenceId: 0 }), {
  1: ["streamId", read.text],
  2: ["streamSequenceId", read.id],
  3: ["endOfStream", read.flag],
  4: ["error", (reader: BinaryReader) => readStreamError(read.nested(reader))],
});

function readData(body: BinaryReader): WebPubSubMessage | null {
  let from = "";
  let group = "";
  let content: read.Payload | undefined;
  let sequenceId: number | undefined;
  let metadata: MessageMetadata | undefined;
  let stream: StreamInfo | undefined;
  read.fields(body, (field, reader) => {
    if (field === 1) from = reader.string();
    else if (field === 2) group = reader.string();
    else if (field === 3) content = read.payload(reader);
    else if (field === 4) sequenceId = read.id(reader, 0, "sequenceId");
    else if (field === 5) metadata = read.entry(reader, metadata);
    else if (field === 6) stream = readStream(read.nested(reader));
    else return false;
    return true;
  });
  // The end of a stream may carry no payload; it is read as empty text, as in JSON.
  if (content === undefined && stream?.endOfStream === true) content = { dataType: "text", data: "" };
  if (content === undefined) return null;
  const { dataType, data } = content;
  if (from === "group") {
    // The protobuf subprotocols don't carry the sender.
    return { kind: "groupData", dataType, data, sequenceId, group, fromUserId: "", stream, metadata };
  }
  return from === "server" ? { kind: "serverData", dataType, data, sequenceId, metadata } : null;
}

function readSystem(body: BinaryReader): WebPubSubMessage | null {
  let message: WebPubSubMessage | null = null;
  read.fields(body, (field, reader) => {
    if (field === 1) message = readConnected(read.nested(reader));
    else if (field === 2) message = readDisconnected(read.nested(reader));
    else return false;
    return true;
  });
  return message;
}

/** Operations, messages and what concerns the connection. Fragments of streams come as messages of their group. */
export const coreFrames: ProtobufFrames = {
  write: {
    sendToGroup: [
      1,
      (writer, { group, ackId, dataType, data, noEcho, ttlSeconds, metadata, stream }) => {
        text(writer, 1, group);
        id(writer, 2, ackId);
        payload(writer, 3, dataType, data);
        if (noEcho) writer.tag(4, WireType.Varint).bool(true);
        if (ttlSeconds !== undefined) writer.tag(5, WireType.Varint).uint32(ttlSeconds);
        entries(writer, 6, metadata);
        if (stream === undefined) return;
        open(writer, 7);
        text(writer, 1, stream.streamId);
        const { idleTimeoutInMs } = stream;
        if (idleTimeoutInMs !== undefined) writer.tag(2, WireType.Varint).uint32(idleTimeoutInMs);
        writer.join();
      },
    ],
    sendEvent: [
      5,
      (writer, { event, dataType, data, ackId, metadata }) => {
        text(writer, 1, event);
        payload(writer, 2, dataType, data);
        id(writer, 3, ackId);
        entries(writer, 4, metadata);
      },
    ],
    joinGroup: [6, writeGroup],
    leaveGroup: [7, writeGroup],
    sequenceAck: [8, (writer, { sequenceId }) => id(writer, 1, sequenceId)],
    ping: [9, () => undefined],
  },
  read: { 1: readAck, 2: readData, 3: readSystem, 4: () => ({ kind: "pong" }) },
};
