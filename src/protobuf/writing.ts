/** Writes the fields of protobuf messages. */
import { WireType, type BinaryWriter } from "@bufbuild/protobuf/wire";
import { checkEmptied } from "../core/codec/emptied.js";
import type { WebPubSubDataType } from "../core/models/messages.js";
import { isBytes, toBytes } from "../core/util/bytes.js";

/** Begins a message in a field; `join` ends it. */
export function open(writer: BinaryWriter, field: number): void {
  writer.tag(field, WireType.LengthDelimited).fork();
}

/**
 * Writes a string, unless it is left out.
 * @throws TypeError for half a surrogate pair, which UTF-8 has no bytes for: two names would become one
 */
export function text(writer: BinaryWriter, field: number, value: string | undefined): void {
  if (value === undefined) return;
  if (/\p{Surrogate}/u.test(value)) throw new TypeError("Text holds half a surrogate pair.");
  writer.tag(field, WireType.LengthDelimited).string(value);
}

/** Writes an id, a uint64, unless it is left out. */
export function id(writer: BinaryWriter, field: number, value: number | undefined): void {
  if (value !== undefined) writer.tag(field, WireType.Varint).uint64(value);
}

/** Writes a map of strings. */
export function entries(writer: BinaryWriter, field: number, map: Record<string, string> = {}): void {
  for (const [key, value] of Object.entries(map)) {
    open(writer, field);
    text(writer, 1, key);
    text(writer, 2, value);
    writer.join();
  }
}

/**
 * Writes content, unless it is left out.
 * @throws TypeError for data that doesn't fit its type
 */
export function payload(
  writer: BinaryWriter,
  field: number,
  dataType: WebPubSubDataType | undefined,
  data: unknown,
): void {
  if (dataType === undefined) return;
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
