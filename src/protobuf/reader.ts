import { BinaryReader } from "@bufbuild/protobuf/wire";
import type {
  AckMessageError,
  JSONTypes,
  MessageMetadata,
  WebPubSubDataType,
  WebPubSubMessage,
} from "../core/models/messages.js";
import { isBytes, toBytes } from "../core/util/bytes.js";

interface Payload {
  dataType: WebPubSubDataType;
  data: JSONTypes | ArrayBuffer;
}

/** Reads one `DownstreamMessage`. Returns null for an unknown message; throws if the format is broken. */
export function readProtobuf(input: string | ArrayBuffer | Uint8Array): WebPubSubMessage | null {
  if (!isBytes(input)) throw new TypeError("Invalid input for protobuf protocol. Expected bytes.");
  let message: WebPubSubMessage | null = null;
  fields(new BinaryReader(toBytes(input)), (field, reader) => {
    if (field === 1) message = readAck(nested(reader));
    else if (field === 2) message = readData(nested(reader));
    else if (field === 3) message = readSystem(nested(reader));
    else if (field === 4) message = nested(reader) && { kind: "pong" };
    else return false;
    return true;
  });
  return message;
}

/** Reads the sequence id of a data message, whose other fields may be unknown. */
export function readSequenceId(input: string | ArrayBuffer | Uint8Array): number | undefined {
  let sequenceId: number | undefined;
  fields(new BinaryReader(new Uint8Array(input as ArrayBuffer)), (field, reader) => {
    if (field !== 2) return false;
    fields(nested(reader), (inner, body) => {
      if (inner !== 4) return false;
      sequenceId = id(body, "sequenceId");
      return true;
    });
    return true;
  });
  return sequenceId;
}

/** Calls `read` for each field. It returns false for an unknown field, which is skipped. */
function fields(reader: BinaryReader, read: (field: number, reader: BinaryReader) => boolean): void {
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(field, reader)) reader.skip(wireType, field);
  }
}

function nested(reader: BinaryReader): BinaryReader {
  return new BinaryReader(reader.bytes());
}

function readAck(body: BinaryReader): WebPubSubMessage {
  let ackId = 0;
  let success = false;
  let error: AckMessageError | undefined;
  fields(body, (field, reader) => {
    if (field === 1) ackId = id(reader, "ackId");
    else if (field === 2) success = reader.bool();
    else if (field === 3) error = readError(nested(reader));
    else return false;
    return true;
  });
  return { kind: "ack", ackId, success, error };
}

function readError(body: BinaryReader): AckMessageError {
  const error = { name: "", message: "" };
  fields(body, (field, reader) => {
    if (field === 1) error.name = reader.string();
    else if (field === 2) error.message = reader.string();
    else return false;
    return true;
  });
  return error;
}

function readData(body: BinaryReader): WebPubSubMessage | null {
  let from = "";
  let group = "";
  let payload: Payload | undefined;
  let sequenceId: number | undefined;
  let metadata: MessageMetadata | undefined;
  fields(body, (field, reader) => {
    if (field === 1) from = reader.string();
    else if (field === 2) group = reader.string();
    else if (field === 3) payload = readPayload(nested(reader));
    else if (field === 4) sequenceId = id(reader, "sequenceId");
    else if (field === 5) readEntry(nested(reader), (metadata ??= {}));
    else return false;
    return true;
  });
  if (payload === undefined) return null;
  const { dataType, data } = payload;
  if (from === "group") {
    // The protobuf subprotocols don't carry the sender.
    return {
      kind: "groupData",
      dataType,
      data,
      sequenceId,
      group,
      fromUserId: "",
      stream: undefined,
      metadata,
    };
  }
  return from === "server" ? { kind: "serverData", dataType, data, sequenceId, metadata } : null;
}

/** The payload; undefined for a type that this version doesn't know. */
function readPayload(body: BinaryReader): Payload | undefined {
  let payload: Payload | undefined;
  fields(body, (field, reader) => {
    if (field === 1) payload = { dataType: "text", data: reader.string() };
    else if (field === 2) payload = { dataType: "binary", data: reader.bytes().slice().buffer };
    else if (field === 3) payload = { dataType: "protobuf", data: reader.bytes().slice().buffer };
    else if (field === 4) payload = { dataType: "json", data: JSON.parse(reader.string()) as JSONTypes };
    else return false;
    return true;
  });
  return payload;
}

function readEntry(body: BinaryReader, into: MessageMetadata): void {
  let key = "";
  let value = "";
  fields(body, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  // A plain assignment to this name would change the prototype.
  if (key !== "__proto__") into[key] = value;
}

function readSystem(body: BinaryReader): WebPubSubMessage | null {
  let message: WebPubSubMessage | null = null;
  fields(body, (field, reader) => {
    if (field === 1) message = readConnected(nested(reader));
    else if (field === 2) message = readDisconnected(nested(reader));
    else return false;
    return true;
  });
  return message;
}

function readConnected(body: BinaryReader): WebPubSubMessage {
  const connected = { kind: "connected" as const, connectionId: "", userId: "", reconnectionToken: "" };
  fields(body, (field, reader) => {
    if (field === 1) connected.connectionId = reader.string();
    else if (field === 2) connected.userId = reader.string();
    else if (field === 3) connected.reconnectionToken = reader.string();
    else return false;
    return true;
  });
  return connected;
}

function readDisconnected(body: BinaryReader): WebPubSubMessage {
  let message = "";
  fields(body, (field, reader) => {
    if (field !== 2) return false;
    message = reader.string();
    return true;
  });
  return { kind: "disconnected", message };
}

/** Reads an id, a uint64. The message model has numbers, which are exact up to 2^53 - 1; larger ids throw. */
function id(reader: BinaryReader, field: string): number {
  const value = Number(reader.uint64());
  if (!Number.isSafeInteger(value)) throw new RangeError(`${field} must be an integer from 0 to 2^53 - 1.`);
  return value;
}
