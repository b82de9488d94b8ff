import type { Payload } from "./messages.js";

/** Roughly the bytes of a payload: text counts by its characters. */
export function payloadSize(payload: Payload): number {
  switch (payload.dataType) {
    case "text":
      return payload.text.length;
    case "json":
      return payload.json.length;
    case "binary":
    case "protobuf":
      return payload.bytes.length;
  }
}
