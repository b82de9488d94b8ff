/** Builds and checks the messages of operations. */
import type {
  BareGroupMessage,
  JSONTypes,
  MessageMetadata,
  SendEventMessage,
  SendToGroupMessage,
  WebPubSubDataType,
} from "../models/messages.js";
import { emptied } from "../codec/emptied.js";
import type { SendEventOptions, SendToGroupOptions } from "../models/options.js";
import { isBytes, toBytes } from "../util/bytes.js";
import { flag } from "../util/checkOptions.js";

/** What may be sent, JSON `null` and any view of bytes included. */
export type MessageContent = JSONTypes | ArrayBuffer | ArrayBufferView | null;

const TOKEN = /^[\w!#$%&'*+.^`|~-]{1,256}$/;
const ASCII = /^[\x20-\x7e]*$/;

/** A message whose only content is a group's name. */
export function groupMessage(kind: BareGroupMessage["kind"], group: string): BareGroupMessage {
  return { kind, group: checkName("group", group) };
}

export function sendToGroupMessage(
  group: string,
  content: MessageContent,
  dataType: WebPubSubDataType = inferDataType(content),
  { noEcho, metadata, ttlSeconds }: SendToGroupOptions = {},
): SendToGroupMessage {
  const message: SendToGroupMessage = {
    kind: "sendToGroup",
    group: checkName("group", group),
    dataType,
    data: toData(content, dataType),
    noEcho: flag("noEcho", noEcho, false),
  };
  if (metadata !== undefined && metadata !== null) message.metadata = checkMetadata(metadata);
  if (ttlSeconds !== undefined && ttlSeconds !== null) message.ttlSeconds = checkTtl(ttlSeconds);
  return message;
}

export function sendEventMessage(
  event: string,
  content: MessageContent,
  dataType: WebPubSubDataType = inferDataType(content),
  { metadata }: SendEventOptions = {},
): SendEventMessage {
  const message: SendEventMessage = {
    kind: "sendEvent",
    event: checkName("event", event),
    dataType,
    data: toData(content, dataType),
  };
  if (metadata !== undefined && metadata !== null) message.metadata = checkMetadata(metadata);
  return message;
}

/** Checks a name: 1 to 1,024 characters, not only blanks, as the service's REST reference says of group names. */
export function checkName(what: string, name: unknown): string {
  if (typeof name !== "string" || name === "" || name.length > 1024)
    throw new TypeError(`${what} must be a string of 1 to 1024 characters.`);
  if (name.trim() === "") throw new TypeError(`${what} must not consist of blanks only.`);
  return name;
}

/** Checks metadata: ASCII strings under HTTP token names, each value at most 1 KiB, 8 KiB in all. */
export function checkMetadata(metadata: MessageMetadata): MessageMetadata {
  if (typeof metadata !== "object" || Array.isArray(metadata) || emptied(metadata)) {
    throw new TypeError("metadata must be an object of strings.");
  }
  let size = 0;
  for (const [key, value] of Object.entries(metadata)) {
    if (!TOKEN.test(key)) {
      throw new TypeError(
        `metadata: the name ${JSON.stringify(key)} must be 1 to 256 HTTP token characters.`,
      );
    }
    if (typeof value !== "string" || value.length > 1024 || !ASCII.test(value)) {
      throw new TypeError(
        `metadata: the value of ${key} must be an ASCII string of at most 1024 characters.`,
      );
    }
    size += key.length + value.length;
  }
  if (size > 8192) throw new RangeError(`metadata holds ${size} bytes; at most 8192 are allowed.`);
  return metadata;
}

function checkTtl(ttlSeconds: number): number {
  if (Number.isInteger(ttlSeconds) && ttlSeconds >= 0 && ttlSeconds <= 300) return ttlSeconds;
  throw new RangeError("ttlSeconds must be an integer from 0 to 300.");
}

/** The data type of a content that is sent without one. */
export function inferDataType(content: unknown): WebPubSubDataType {
  if (typeof content === "string") return "text";
  return isBytes(content) ? "binary" : "json";
}

/**
 * The content as codecs expect it: a view of bytes becomes an ArrayBuffer of exactly its bytes.
 * @throws TypeError for a data type that isn't a string, such as an object of options in its place
 */
export function toData(content: MessageContent, dataType: WebPubSubDataType): JSONTypes | ArrayBuffer {
  if (typeof dataType !== "string")
    throw new TypeError('dataType must be "text", "json", "binary" or "protobuf"; options come after it.');
  if ((dataType === "binary" || dataType === "protobuf") && ArrayBuffer.isView(content)) {
    const bytes = toBytes(content);
    const whole = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
    return whole ? bytes.buffer : bytes.slice().buffer;
  }
  // The message model's type leaves out null, which JSON allows.
  return content as JSONTypes;
}
