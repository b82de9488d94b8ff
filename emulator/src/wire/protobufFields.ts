/** Reads what clients send on the protobuf subprotocols, by the numbers of the public schema. */
import protobuf from "protobufjs/minimal.js";
import type { Payload } from "../service/messages.js";

const { Reader } = protobuf;
export type Reader = InstanceType<typeof Reader>;

/**
 * The fields of a message by the names that the JSON subprotocols give them, and its payload. Without a prototype, so
 * that no name of metadata can mean more than itself.
 */
export type Fields = Record<string, unknown> & { payload?: Payload };

/** Reads one field of a message by its tag; false for one that isn't known. */
export type ReadField = (tag: number, reader: Reader, into: Fields) => boolean;

/** The tag of a string, bytes or a message. The wire type is a part of it: the same number of another type is unknown. */
const delimited = (field: number): number => (field << 3) | 2;
/** The tag of a number. */
const varint = (field: number): number => field << 3;

// Two names must not become one by the sign that stands for what can't be read.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the fields of a message that begins with its length. */
export function readMessage(reader: Reader, readField: ReadField): Fields {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError("a message is cut off");
  const fields = Object.create(null) as Fields;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!readField(tag, reader, fields)) reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new RangeError("a field is longer than its message");
  return fields;
}

/** By tag: what the field is called, and how its value is read. @param before what an earlier field has given */
type Shape = Readonly<Record<number, readonly [string, (reader: Reader, before: unknown) => unknown]>>;

/** Makes a function that reads the fields of a message. */
function fieldsOf(shape: Shape): ReadField {
  return (tag, reader, into) => {
    const known = shape[tag];
    if (known === undefined) return false;
    const [name, read] = known;
    into[name] = read(reader, into[name]);
    return true;
  };
}

function text(reader: Reader): string {
  return decoder.decode(reader.bytes());
}

/** As digits: exact whatever the size. */
function id(reader: Reader): string {
  const { low, high } = reader.uint64();
  return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString();
}

const pair = fieldsOf({ [delimited(1)]: ["key", text], [delimited(2)]: ["value", text] });

/** An entry of a map of strings. */
function entry(reader: Reader, before: unknown): unknown {
  const { key = "", value = "" } = readMessage(reader, pair);
  const entries = (before ?? Object.create(null)) as Record<string, unknown>;
  entries[String(key)] = value;
  return entries;
}

/** The last one of a type that is known counts. */
function payload(reader: Reader, before: unknown): unknown {
  let content = before;
  readMessage(reader, (tag, inner) => {
    if (tag === delimited(1)) content = { dataType: "text", text: text(inner) };
    else if (tag === delimited(2)) content = { dataType: "binary", bytes: inner.bytes() };
    else if (tag === delimited(3)) content = { dataType: "protobuf", bytes: inner.bytes() };
    else if (tag === delimited(4)) content = { dataType: "json", json: text(inner) };
    else return false;
    return true;
  });
  return content;
}

const message =
  (readField: ReadField) =>
  (reader: Reader): Fields =>
    readMessage(reader, readField);

const stream = fieldsOf({
  [delimited(1)]: ["streamId", text],
  [varint(2)]: ["idleTimeoutMs", (reader) => reader.uint32()],
});
const streamError = fieldsOf({ [delimited(1)]: ["message", text], [delimited(2)]: ["userErrorCode", text] });
const state = fieldsOf({ [delimited(1)]: ["entries", entry] });
const aboutGroup = { [delimited(1)]: ["group", text], [varint(2)]: ["ackId", id] } as const;

/** The kinds of `UpstreamMessage` by their tags. */
export const upstream: ReadonlyMap<number, ReadField> = new Map(
  Object.entries<Shape>({
    1: {
      ...aboutGroup,
      [delimited(3)]: ["payload", payload],
      [varint(4)]: ["noEcho", (reader) => reader.bool()],
      [varint(5)]: ["ttlSeconds", (reader) => reader.uint32()],
      [delimited(6)]: ["metadata", entry],
      [delimited(7)]: ["stream", message(stream)],
    },
    5: {
      [delimited(1)]: ["event", text],
      [delimited(2)]: ["payload", payload],
      [varint(3)]: ["ackId", id],
      [delimited(4)]: ["metadata", entry],
    },
    6: aboutGroup,
    7: aboutGroup,
    8: { [varint(1)]: ["sequenceId", id] },
    9: {},
    10: {
      [delimited(1)]: ["event", text],
      [delimited(2)]: ["invocationId", text],
      [delimited(3)]: ["payload", payload],
      [delimited(4)]: ["metadata", entry],
    },
    11: { [delimited(1)]: ["invocationId", text] },
    13: {
      [delimited(1)]: ["streamId", text],
      [varint(2)]: ["streamSequenceId", id],
      [delimited(3)]: ["payload", payload],
    },
    14: { [delimited(1)]: ["streamId", text], [delimited(2)]: ["error", message(streamError)] },
    15: {
      ...aboutGroup,
      // A state without entries is a state too.
      [delimited(3)]: ["state", (reader) => readMessage(reader, state)["entries"] ?? {}],
    },
    16: aboutGroup,
    17: aboutGroup,
  }).map(([field, shape]) => [delimited(Number(field)), fieldsOf(shape)]),
);
