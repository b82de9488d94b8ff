import type {
  AckMessageError,
  JSONTypes,
  MessageMetadata,
  StreamDataError,
  StreamInfo,
  WebPubSubDataType,
  WebPubSubMessage,
} from "../models/messages.js";
import { decodeBase64 } from "../environment/platform.js";
import type { Fields, KnownFrames, Shape } from "./jsonFrames.js";

/**
 * Reads one frame of the JSON subprotocols. Returns null for a frame that this version doesn't know, and
 * throws if the frame breaks the protocol. Only a SyntaxError may quote the payload.
 */
export function readJson(input: string, { read }: KnownFrames): WebPubSubMessage | null {
  if (typeof input !== "string")
    throw new TypeError("Invalid input for JSON hub protocol. Expected a string.");
  if (input === "") throw new Error("No input");
  const frame = JSON.parse(input) as Fields | null;
  if (!isObject(frame)) throw new Error("A frame must be a JSON object.");
  switch (frame.type) {
    case "message":
      return readData(frame);
    case "ack":
      return {
        kind: "ack",
        ackId: id(frame.ackId, "ackId"),
        success: frame.success === true,
        error: readError(frame.error) as AckMessageError | undefined,
      };
    case "pong":
      return { kind: "pong" };
    case "system":
      if (frame.event === "connected")
        return {
          kind: "connected",
          connectionId: text(frame.connectionId, "connectionId"),
          // Not every connection has them, though the message model's types say so.
          userId: optionalText(frame.userId) as string,
          reconnectionToken: optionalText(frame.reconnectionToken) as string,
        };
      if (frame.event !== "disconnected") return null;
      return { kind: "disconnected", message: optionalText(frame.message) ?? "" };
    default:
      return read.get(frame.type)?.(frame) ?? null;
  }
}

/** Reads the sequence id of any frame of the JSON subprotocols. Throws for what isn't one. */
export function readJsonSequenceId(input: unknown): number | undefined {
  return optionalId((JSON.parse(input as string) as Fields).sequenceId, "sequenceId");
}

/** Makes a reader that reads a frame field by field; for the frames of features, which are rare. */
export function readBy<Message extends WebPubSubMessage>(
  kind: Message["kind"],
  shape: Shape<Message>,
): (frame: Fields) => WebPubSubMessage {
  return (frame) => {
    const message: Fields = { kind };
    for (const [field, readField] of Object.entries<Shape<{ field: unknown }>["field"]>(shape)) {
      message[field] = readField(frame[field], field, frame);
    }
    return message as unknown as WebPubSubMessage;
  };
}

function readData(frame: Fields): WebPubSubMessage | null {
  const stream = readStream(frame.stream);
  // The end of a stream may carry no payload; it is read as empty text, not as JSON null.
  const isEmptyEnd = stream?.endOfStream === true && frame.data === undefined;
  const dataType = isEmptyEnd ? "text" : ((frame.dataType ?? "json") as WebPubSubDataType);
  const data = readContent(dataType, frame.data, stream !== undefined);
  if (data === undefined) return null;
  const sequenceId = optionalId(frame.sequenceId, "sequenceId");
  const metadata = isObject(frame.metadata) ? (frame.metadata as MessageMetadata) : undefined;
  switch (frame.from) {
    case "group":
      return {
        kind: "groupData",
        dataType,
        data,
        sequenceId,
        group: text(frame.group, "group"),
        fromUserId: optionalText(frame.fromUserId) as string,
        stream,
        metadata,
      };
    case "server":
      return { kind: "serverData", dataType, data, sequenceId, metadata };
    default:
      return null;
  }
}

/** The payload's value; undefined for a type that this version doesn't know. */
export function readContent(
  dataType: WebPubSubDataType | undefined,
  data: unknown,
  mayBeEmpty: boolean,
): JSONTypes | ArrayBuffer | undefined {
  switch (dataType) {
    case "json":
      // A message without data is JSON null, which the message model's type leaves out.
      return (data ?? null) as JSONTypes;
    case "text":
    case "binary":
    case "protobuf": {
      // The last fragment of a stream and an invocation's answer may carry no payload.
      const content = data === undefined && mayBeEmpty ? "" : data;
      if (typeof content !== "string")
        throw new TypeError(
          `Message must be ${dataType === "text" ? "a string" : "base64"} when dataType is ${dataType}`,
        );
      return dataType === "text" ? content : decodeBase64(content);
    }
    default:
      return undefined;
  }
}

function readStream(given: unknown): StreamInfo | undefined {
  if (!isObject(given)) return undefined;
  const { streamId, streamSequenceId, endOfStream, error } = given;
  if (typeof streamId !== "string" || typeof streamSequenceId !== "number") return undefined;
  return {
    streamId,
    streamSequenceId,
    endOfStream: endOfStream as boolean | undefined,
    error: readError(error),
  };
}

/** Reads an error of the service; fields that aren't strings are left out. */
export function readError(error: unknown): StreamDataError | undefined {
  if (!isObject(error)) return undefined;
  const words: Fields = {};
  for (const field of ["name", "message", "userErrorCode"]) {
    if (typeof error[field] === "string") words[field] = error[field];
  }
  return words as unknown as StreamDataError;
}

function isObject(given: unknown): given is Fields {
  return typeof given === "object" && given !== null;
}

export function optionalText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function text(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${field} must be a string.`);
}

/** Reads an id, a uint64 on the wire: a number, or a string of its decimal digits, as some peers write 64 bits. */
export function id(value: unknown, field: string): number {
  const read = optionalId(value, field);
  if (read === undefined) throw new TypeError(`${field} is missing.`);
  return read;
}

/** Reads an id or its absence. Throws above 2^53 - 1, where a number can't be told from its neighbours. */
export function optionalId(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const read = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof read === "number" && Number.isSafeInteger(read) && read >= 0) return read;
  throw new TypeError(`${field} must be an integer from 0 to 2^53 - 1.`);
}
