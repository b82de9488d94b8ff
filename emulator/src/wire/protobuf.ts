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
} from "./fields.js";
import { encodeProtobuf } from "./protobufEncoding.js";

const { Reader } = protobuf;
type Reader = InstanceType<typeof Reader>;

/** The fields of a message by the names that the JSON subprotocols give them, and its payload. */
type Fields = Record<string, unknown> & { payload?: Payload };

/** Reads one field of a message by its tag; false for one that isn't known. */
type ReadField = (tag: number, reader: Reader, into: Fields) => boolean;

/** The tag of a string, bytes or a message. The wire type is a part of it: the same number of another type is unknown. */
const delimited = (field: number): number => (field << 3) | 2;
/** The tag of a number. */
const varint = (field: number): number => field << 3;

// Two names must not become one by the sign that stands for what can't be read.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Either protobuf subprotocol: the reliable one adds reconnection tokens and sequence ids. */
class ProtobufCodec implements Codec {
  readonly name: string;
  readonly reliable: boolean;

  constructor(name: string, reliable: boolean) {
    this.name = name;
    this.reliable = reliable;
  }

  decode(frame: Frame): Decoded {
    if (!frame.binary) return { kind: "invalid", reason: "a protobuf subprotocol has no text frames" };
    let type = 0;
    let known = false;
    let fields: Fields = {};
    try {
      const reader = Reader.create(frame.bytes);
      while (reader.pos < reader.len) {
        const tag = reader.uint32();
        const readField = upstream.get(tag);
        // Fields of newer versions may stand beside what is known; of several that are known the last one counts.
        if (readField !== undefined || !known) type = tag >>> 3;
        if (readField === undefined) reader.skipType(tag & 7);
        else {
          fields = readMessage(reader, readField);
          known = true;
        }
      }
    } catch (error) {
      return {
        kind: "invalid",
        reason: `the frame is not protobuf: ${error instanceof Error ? error.message : "unreadable"}`,
      };
    }
    try {
      return { kind: "message", message: toMessage(type, fields) };
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      return { kind: "invalid", reason: error.message };
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
    if (!readField(tag, reader, fields)) reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new RangeError("a field is longer than its message");
  return fields;
}

function readText(reader: Reader): string {
  return decoder.decode(reader.bytes());
}

/** As digits: exact whatever the size. */
function readId(reader: Reader): string {
  const { low, high } = reader.uint64();
  return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString();
}

function readEntry(reader: Reader, into: Fields): boolean {
  const { key = "", value = "" } = readMessage(reader, (tag, inner, entry) => {
    if (tag !== delimited(1) && tag !== delimited(2)) return false;
    entry[tag === delimited(1) ? "key" : "value"] = readText(inner);
    return true;
  });
  const metadata = (into["metadata"] ??= Object.create(null)) as Record<string, unknown>;
  metadata[String(key)] = value;
  return true;
}

function readPayload(reader: Reader, into: Fields): boolean {
  readMessage(reader, (tag, inner) => {
    if (tag === delimited(1)) into.payload = { dataType: "text", text: readText(inner) };
    else if (tag === delimited(2)) into.payload = { dataType: "binary", bytes: inner.bytes() };
    else if (tag === delimited(3)) into.payload = { dataType: "protobuf", bytes: inner.bytes() };
    else if (tag === delimited(4)) into.payload = { dataType: "json", json: readText(inner) };
    else return false;
    return true;
  });
  return true;
}

const readGroupOperation: ReadField = (tag, reader, into) => {
  if (tag === delimited(1)) into["group"] = readText(reader);
  else if (tag === varint(2)) into["ackId"] = readId(reader);
  else return false;
  return true;
};

/** Readers of the kinds of `UpstreamMessage` by their tags. */
const upstream = new Map<number, ReadField>([
  [
    delimited(1),
    (tag, reader, into) => {
      if (tag === delimited(3)) return readPayload(reader, into);
      if (tag === delimited(6)) return readEntry(reader, into);
      if (tag === varint(4)) into["noEcho"] = reader.bool();
      else if (tag === varint(5)) into["ttlSeconds"] = reader.uint32();
      else return readGroupOperation(tag, reader, into);
      return true;
    },
  ],
  [
    delimited(5),
    (tag, reader, into) => {
      if (tag === delimited(2)) return readPayload(reader, into);
      if (tag === delimited(4)) return readEntry(reader, into);
      if (tag === delimited(1)) into["event"] = readText(reader);
      else if (tag === varint(3)) into["ackId"] = readId(reader);
      else return false;
      return true;
    },
  ],
  [delimited(6), readGroupOperation],
  [delimited(7), readGroupOperation],
  [
    delimited(8),
    (tag, reader, into) => {
      if (tag !== varint(1)) return false;
      into["sequenceId"] = readId(reader);
      return true;
    },
  ],
  [delimited(9), () => false],
]);

function toMessage(type: number, fields: Fields): ClientMessage {
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
      throw new FieldError(`the message is unknown: field ${type}`);
  }
}

/** proto3 leaves out a number that is 0. */
function sequenceIdOrZero(fields: Fields): Uint64 {
  return fields["sequenceId"] === undefined ? 0 : sequenceIdOf(fields);
}

function payloadOf({ payload, metadata }: Fields): Payload {
  // A message may consist of metadata alone.
  if (payload === undefined && metadata !== undefined) return { dataType: "text", text: "" };
  if (payload === undefined) throw new FieldError("data is missing");
  if (payload.dataType !== "json") return payload;
  try {
    JSON.parse(payload.json);
  } catch {
    throw new FieldError("json_data must be JSON");
  }
  return payload;
}
