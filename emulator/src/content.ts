import { checkOneOf } from "./check.js";
import type { Metadata, Payload } from "./service/messages.js";
import { metadataProblem } from "./service/names.js";

/** What a program sends: a string as text, bytes as binary, any other JSON value as JSON. */
export type Content = string | number | boolean | object | null;

/** `protobuf`: bytes of a `google.protobuf.Any`. */
export type ContentType = (typeof CONTENT_TYPES)[number];

export const CONTENT_TYPES = ["text", "json", "binary", "protobuf"] as const;

/** A program's value as the service's payload. @param dataType left out: what fits the value. */
export function payloadOf(data: Content, dataType?: ContentType): Payload {
  const bytes = bytesOf(data);
  const fitting = bytes !== undefined ? "binary" : typeof data === "string" ? "text" : "json";
  const type = checkOneOf<ContentType>("dataType", dataType ?? fitting, CONTENT_TYPES);
  switch (type) {
    case "text":
      if (typeof data !== "string") throw new TypeError("data must be a string where dataType is text.");
      return { dataType: "text", text: data };
    case "binary":
    case "protobuf":
      if (bytes === undefined) throw new TypeError(`data must be bytes where dataType is ${type}.`);
      return { dataType: type, bytes };
    case "json": {
      // Functions, symbols and undefined have no JSON; the type of `stringify` doesn't say so.
      const json = JSON.stringify(data) as string | undefined;
      if (json === undefined) throw new TypeError("data is no JSON value.");
      return { dataType: "json", json };
    }
  }
}

/** The same metadata, if it is valid. */
export function checkedMetadata(metadata: unknown): Metadata {
  const isObject = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata);
  if (!isObject || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw new TypeError("metadata must be an object of strings.");
  }
  const problem = metadataProblem(metadata as Metadata);
  if (problem !== undefined) throw new RangeError(`metadata is not valid: ${problem}.`);
  return metadata as Metadata;
}

function isArrayBuffer(data: Content): data is ArrayBuffer {
  return Object.prototype.toString.call(data) === "[object ArrayBuffer]";
}

/** A copy: messages are kept for replays, the caller's bytes may change. */
function bytesOf(data: Content): Uint8Array | undefined {
  // Also one of another realm, such as a test environment's.
  if (isArrayBuffer(data)) return new Uint8Array(data.slice(0));
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  return undefined;
}
