/** Reads the fields of protobuf messages. */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { JSONTypes, WebPubSubDataType } from "../core/models/messages.js";

/** The content of a message. */
export interface Payload {
  dataType: WebPubSubDataType;
  data: JSONTypes | ArrayBuffer;
}

/** Calls `read` for each field. It returns false for an unknown field, which is skipped. */
export function fields(reader: BinaryReader, read: (field: number, reader: BinaryReader) => boolean): void {
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(field, reader)) reader.skip(wireType, field);
  }
}

/** Reads the value of a field. @param before what an earlier field of the same number has given */
type ReadValue<Value> = (reader: BinaryReader, before: Value, property: string) => Value;

/** By field number: the property, and how it is read. */
type Shape<Message> = Readonly<
  Record<number, { [Key in keyof Message]-?: readonly [Key, ReadValue<Message[Key]>] }[keyof Message]>
>;

/**
 * Makes a reader of a message that is read field by field; for messages that are rare.
 * @param initial makes the message as it is when all fields are left out
 */
export function readBy<Message extends object>(
  initial: () => Message,
  shape: Shape<Message>,
): (body: BinaryReader) => Message {
  return (body) => {
    const message = initial();
    fields(body, (field, reader) => {
      const known = shape[field];
      if (known === undefined) return false;
      const [key, read] = known;
      message[key] = read(reader, message[key], String(key));
      return true;
    });
    return message;
  };
}

/** A message in a field. */
export function nested(reader: BinaryReader): BinaryReader {
  return new BinaryReader(reader.bytes());
}

export const text = (reader: BinaryReader): string => reader.string();
export const flag = (reader: BinaryReader): boolean => reader.bool();

/** Reads an id, a uint64. The message model has numbers, which are exact up to 2^53 - 1; larger ids throw. */
export function id(reader: BinaryReader, _before: unknown, property: string): number {
  const value = Number(reader.uint64());
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${property} must be an integer from 0 to 2^53 - 1.`);
  return value;
}

const readNamed = readBy(() => ({ name: "", message: "" }), { 1: ["name", text], 2: ["message", text] });

/** An error with its name and message. */
export const error = (reader: BinaryReader): { name: string; message: string } => readNamed(nested(reader));

const readPair = readBy(() => ({ key: "", value: "" }), { 1: ["key", text], 2: ["value", text] });

/** An entry of a map. */
export function entry(reader: BinaryReader, before: Record<string, string> = {}): Record<string, string> {
  const { key, value } = readPair(nested(reader));
  // A plain assignment to this name would change the prototype.
  if (key !== "__proto__") before[key] = value;
  return before;
}

/** Content; undefined for a type that this version doesn't know. */
export function payload(reader: BinaryReader): Payload | undefined {
  let content: Payload | undefined;
  fields(nested(reader), (field, body) => {
    if (field === 1) content = { dataType: "text", data: body.string() };
    else if (field === 2) content = { dataType: "binary", data: body.bytes().slice().buffer };
    else if (field === 3) content = { dataType: "protobuf", data: body.bytes().slice().buffer };
    else if (field === 4) content = { dataType: "json", data: JSON.parse(body.string()) as JSONTypes };
    else return false;
    return true;
  });
  return content;
}
