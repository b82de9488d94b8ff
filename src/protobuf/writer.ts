import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { checkEmptied } from "../core/codec/emptied.js";
import type { MessageMetadata, WebPubSubDataType, WebPubSubMessage } from "../core/models/messages.js";
import { isBytes, toBytes } from "../core/util/bytes.js";

/** Writes one message as an `UpstreamMessage`. Throws TypeError for a payload that doesn't fit its type. */
export function writeProtobuf(message: WebPubSubMessage): ArrayBuffer {
  const writer = new BinaryWriter();
  switch (message.kind) {
    case "sendToGroup":
      open(writer, 1);
      text(writer, 1, message.group);
      id(writer, 2, message.ackId);
      if (message.dataType !== undefined) payload(writer, 3, message.dataType, message.data);
      if (message.noEcho) writer.tag(4, WireType.Varint).bool(true);
      if (message.ttlSeconds !== undefined) writer.tag(5, WireType.Varint).uint32(message.ttlSeconds);
      metadata(writer, 6, message.metadata);
      if (message.stream !== undefined) {
        open(writer, 7);
        text(writer, 1, message.stream.streamId);
        const idle = message.stream.idleTimeoutInMs;
        if (idle !== undefined) writer.tag(2, WireType.Varint).uint32(idle);
        writer.join();
      }
      break;
    case "sendEvent":
      open(writer, 5);
      text(writer, 1, message.event);
      payload(writer, 2, message.dataType, message.data);
      id(writer, 3, message.ackId);
      metadata(writer, 4, message.metadata);
      break;
    case "joinGroup":
    case "leaveGroup":
      open(writer, message.kind === "joinGroup" ? 6 : 7);
      text(writer, 1, message.group);
      id(writer, 2, message.ackId);
      break;
    case "sequenceAck":
      open(writer, 8);
      id(writer, 1, message.sequenceId);
      break;
    case "ping":
      open(writer, 9);
      break;
    default:
      throw new TypeError(
        `The protobuf subprotocols can't carry a message of kind ${message.kind}; use JSON.`,
      );
  }
  return writer.join().finish().buffer;
}

/** Begins a message in a field; `join` ends it. */
function open(writer: BinaryWriter, field: number): void {
  writer.tag(field, WireType.LengthDelimited).fork();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function id(writer: BinaryWriter, field: number, value: number | undefined): void {
  if (value !== undefined) writer.tag(field, WireType.Varint).uint64(value);
}

function metadata(writer: BinaryWriter, field: number, entries: MessageMetadata = {}): void {
  for (const [key, value] of Object.entries(entries)) {
    open(writer, field);
    text(writer, 1, key);
    text(writer, 2, value);
    writer.join();
  }
}

function payload(writer: BinaryWriter, field: number, dataType: WebPubSubDataType, data: unknown): void {
  open(writer, field);
  switch (dataType) {
    case "text":
      if (typeof data !== "string") throw new TypeError("Message must be a string.");
      text(writer, 1, data);
      break;
    case "json": {
      const json = JSON.stringify(data) as string | undefined;
      if (json === undefined) throw new TypeError("Message must be a JSON value.");
      checkEmptied(json, { data });
      text(writer, 4, json);
      break;
    }
    case "binary":
    case "protobuf":
      if (!isBytes(data)) throw new TypeError("Message must be a ArrayBuffer or a view of one.");
      writer.tag(dataType === "binary" ? 2 : 3, WireType.LengthDelimited).bytes(toBytes(data));
      break;
    default:
      throw new TypeError(`Unsupported data type: ${String(dataType)}`);
  }
  writer.join();
}
