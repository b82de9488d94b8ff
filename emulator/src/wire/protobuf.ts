import protobuf from "protobufjs/minimal.js";
import type { Codec, Decoded, Encoded, Frame } from "../service/codec.js";
import type { ClientMessage, Payload, ServiceMessage, Uint64 } from "../service/messages.js";
import {
  ackIdOf,
  eventOf,
  FieldError,
  groupOf,
  metadataOf,
  noEchoOf,
  sequenceIdOf,
  ttlOf,
  uint64,
} from "./fields.js";
import { encodeProtobuf } from "./protobufEncoding.js";

const { Reader } = protobuf;
type Reader = InstanceType<typeof Reader>;

/** The fields of a message by the names that the JSON subprotocols give them, and its payload. */
type Fields = Record<string, unknown> & { payload?: Payload };

/** Reads one field of a message by its number; false for a number that isn't known. */
type ReadField = (field: number, reader: Reader, into: Fields) => boolean;

/** Either protobuf subprotocol: the reliable one adds reconnection tokens and sequence ids. */
class ProtobufCodec implements Codec {
  readonly name: string;
  readonly reliable: boolean;

  constructor(name: string, reliable: boolean) {
    this.name = name;
    this.reliable = reliable;
  }

  decode(frame: Frame): Decoded {
    if (!frame.binary) return { kind: "malformed", reason: "a protobuf subprotocol has no text frames" };
    let type = 0;
    let fields: Fields = {};
    try {
      const reader = Reader.create(frame.bytes);
      while (reader.pos < reader.len) {
        const tag = reader.uint32();
        type = tag >>> 3;
        const readField = upstream.get(type);
        if (readField === undefined || (tag & 7) !== 2) reader.skipType(tag & 7);
        else fields = readMessage(reader, readField);
      }
    } catch (error) {
      return {
        kind: "malformed",
        reason: `it is not protobuf: ${error instanceof Error ? error.message : "unreadable"}`,
      };
    }
    try {
      const message = toMessage(type, fields);
      return message === undefined
        ? { kind: "unknown", type: `field ${type}` }
        : { kind: "message", message };
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      return { kind: "invalid", ackId: uint64(fields["ackId"]), reason: error.message };
    }
  }

  encode(message: ServiceMessage): Encoded | undefined {
    return encodeProtobuf(message);
  }
}

export const protobufCodec: Codec = new ProtobufCodec("protobuf.webpubsub.azure.v1", false);
export const reliableProtobufCodec: Codec = new ProtobufCodec("protobuf.reliable.webpubsub.azure.v1", true);

function readMessage(reader: Reader, readField: ReadField): Fields {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError("a message is cut off");
  // Without a prototype, so that no name of metadata can mean more than itself.
  const fields = Object.create(null) as Fields;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!readField(tag >>> 3, reader, fields)) reader.skipType(tag & 7);
  }
  return fields;
}

/** As digits: exact whatever the size. */
function readId(reader: Reader): string {
  const { low, high } = reader.uint64();
  return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString();
}

function readEntry(reader: Reader, into: Fields): boolean {
  const { key = "", value = "" } = readMessage(reader, (field, inner, entry) => {
    if (field !== 1 && field !== 2) return false;
    entry[field === 1 ? "key" : "value"] = inner.string();
    return true;
  });
  const metadata = (into["metadata"] ??= Object.create(null)) as Record<string, unknown>;
  metadata[String(key)] = value;
  return true;
}

function readPayload(reader: Reader, into: Fields): boolean {
  readMessage(reader, (field, inner) => {
    if (field === 1) into.payload = { dataType: "text", text: inner.string() };
    else if (field === 2) into.payload = { dataType: "binary", bytes: inner.bytes() };
    else if (field === 3) into.payload = { dataType: "protobuf", bytes: inner.bytes() };
    else if (field === 4) into.payload = { dataType: "json", json: inner.string() };
    else return false;
    return true;
  });
  return true;
}

const readGroupOperation: ReadField = (field, reader, into) => {
  if (field === 1) into["group"] = reader.string();
  else if (field === 2) into["ackId"] = readId(reader);
  else return false;
  return true;
};

/** Readers of the kinds of `UpstreamMessage` by their field numbers. */
const upstream = new Map<number, ReadField>([
  [
    1,
    (field, reader, into) => {
      if (field === 3) return readPayload(reader, into);
      if (field === 6) return readEntry(reader, into);
      if (field === 4) into["noEcho"] = reader.bool();
      else if (field === 5) into["ttlSeconds"] = reader.uint32();
      else return readGroupOperation(field, reader, into);
      return true;
    },
  ],
  [
    5,
    (field, reader, into) => {
      if (field === 2) return readPayload(reader, into);
      if (field === 4) return readEntry(reader, into);
      if (field === 1) into["event"] = reader.string();
      else if (field === 3) into["ackId"] = readId(reader);
      else return false;
      return true;
    },
  ],
  [6, readGroupOperation],
  [7, readGroupOperation],
  [
    8,
    (field, reader, into) => {
      if (field !== 1) return false;
      into["sequenceId"] = readId(reader);
      return true;
    },
  ],
  [9, () => false],
]);

/** Undefined: a kind for newer versions. */
function toMessage(type: number, fields: Fields): ClientMessage | undefined {
  switch (type) {
    case 1:
      return {
        kind: "sendToGroup",
        group: groupOf(fields),
        ackId: ackIdOf(fields),
        noEcho: noEchoOf(fields),
        payload: payloadOf(fields),
        metadata: metadataOf(fields),
        ttlSeconds: ttlOf(fields),
      };
    case 5:
      return {
        kind: "event",
        event: eventOf(fields),
        ackId: ackIdOf(fields),
        payload: payloadOf(fields),
        metadata: metadataOf(fields),
      };
    case 6:
    case 7:
      return {
        kind: type === 6 ? "joinGroup" : "leaveGroup",
        group: groupOf(fields),
        ackId: ackIdOf(fields),
      };
    case 8:
      return { kind: "sequenceAck", sequenceId: sequenceIdOrZero(fields) };
    case 9:
      return { kind: "ping" };
    default:
      return undefined;
  }
}

/** proto3 leaves out a number that is 0. */
function sequenceIdOrZero(fields: Fields): Uint64 {
  return fields["sequenceId"] === undefined ? 0 : sequenceIdOf(fields);
}

function payloadOf({ payload }: Fields): Payload {
  if (payload === undefined) throw new FieldError("data is missing");
  if (payload.dataType !== "json") return payload;
  try {
    JSON.parse(payload.json);
  } catch {
    throw new FieldError("json_data must be JSON");
  }
  return payload;
}
