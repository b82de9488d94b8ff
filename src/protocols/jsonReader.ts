import type {
  AckMessageError,
  GroupStateItem,
  InvokeResponseError,
  JSONTypes,
  MessageMetadata,
  StreamDataError,
  StreamInfo,
  WebPubSubDataType,
  WebPubSubMessage,
} from "../models/messages.js";
import { decodeBase64 } from "../util/base64.js";

/** A parsed JSON object: nothing about its fields is known yet. */
type Fields = Record<string, unknown>;

/**
 * Reads one frame of the JSON subprotocols. What this version doesn't know gives null, what breaks
 * the protocol throws; no error quotes the payload.
 */
export function readJson(input: string): WebPubSubMessage | null {
  if (typeof input !== "string")
    throw new TypeError("Invalid input for JSON hub protocol. Expected a string.");
  if (input === "") throw new Error("No input");
  const frame = JSON.parse(input) as Fields | null;
  if (typeof frame !== "object" || frame === null) throw new Error("A frame must be a JSON object.");
  switch (frame.type) {
    case "message":
      return readData(frame);
    case "ack":
      return {
        kind: "ack",
        ackId: id(frame, "ackId"),
        success: frame.success === true,
        error: readError(frame.error) as AckMessageError | undefined,
      };
    case "pong":
      return { kind: "pong" };
    case "system":
      return readSystem(frame);
    case "invokeResponse":
      return {
        kind: "invokeResponse",
        invocationId: text(frame, "invocationId"),
        success: frame.success as boolean | undefined,
        ...readPayload(frame),
        error: readError(frame.error) as InvokeResponseError | undefined,
      };
    case "cancelInvocation":
      return { kind: "cancelInvocation", invocationId: text(frame, "invocationId") };
    case "streamAck":
      return {
        kind: "streamAck",
        streamId: text(frame, "streamId"),
        expectedSequenceId: id(frame, "expectedSequenceId"),
      };
    case "streamNack":
      return {
        kind: "streamNack",
        streamId: text(frame, "streamId"),
        name: text(frame, "name"),
        message: optionalText(frame, "message"),
        expectedSequenceId: id(frame, "expectedSequenceId"),
      };
    case "streamClosed":
      return {
        kind: "streamClosed",
        streamId: text(frame, "streamId"),
        error: readError(frame.error),
      };
    case "groupStateSnapshot":
    case "groupStateUpdate":
      if (!Array.isArray(frame.items)) throw new TypeError(`${frame.type} must carry items.`);
      return {
        kind: frame.type,
        group: text(frame, "group"),
        items: frame.items as GroupStateItem[],
        sequenceId: optionalId(frame, "sequenceId"),
      };
    default:
      return null;
  }
}

function readSystem(frame: Fields): WebPubSubMessage | null {
  switch (frame.event) {
    case "connected":
      return {
        kind: "connected",
        connectionId: text(frame, "connectionId"),
        // Not every connection has them, which the message model's types don't spell out.
        userId: optionalText(frame, "userId") as string,
        reconnectionToken: optionalText(frame, "reconnectionToken") as string,
      };
    case "disconnected":
      return { kind: "disconnected", message: optionalText(frame, "message") ?? "" };
    default:
      return null;
  }
}

function readData(frame: Fields): WebPubSubMessage | null {
  const stream = readStream(frame.stream);
  // The end of a stream may carry no payload: that is an empty text, not JSON null.
  const isEmptyEnd = stream?.endOfStream === true && frame.data === undefined;
  const dataType = isEmptyEnd ? "text" : ((frame.dataType ?? "json") as WebPubSubDataType);
  const data = readContent(dataType, frame.data, stream !== undefined);
  if (data === undefined) return null;
  switch (frame.from) {
    case "group":
      return {
        kind: "groupData",
        dataType,
        data,
        sequenceId: optionalId(frame, "sequenceId"),
        group: text(frame, "group"),
        fromUserId: optionalText(frame, "fromUserId") as string,
        stream,
        metadata: readMetadata(frame.metadata),
      };
    case "server":
      return {
        kind: "serverData",
        dataType,
        data,
        sequenceId: optionalId(frame, "sequenceId"),
        metadata: readMetadata(frame.metadata),
      };
    default:
      return null;
  }
}

/** The payload's value; undefined for a type that this version doesn't know. */
function readContent(
  dataType: WebPubSubDataType,
  data: unknown,
  mayBeEmpty: boolean,
): JSONTypes | ArrayBuffer | undefined {
  switch (dataType) {
    case "json":
      // A message without data is JSON null, which the message model's type doesn't spell out.
      return (data ?? null) as JSONTypes;
    case "text":
      // The last fragment of a stream and an invocation's answer may carry no payload.
      if (data === undefined && mayBeEmpty) return "";
      if (typeof data !== "string") throw new TypeError("Message must be a string when dataType is text");
      return data;
    case "binary":
    case "protobuf":
      if (data === undefined && mayBeEmpty) return new ArrayBuffer(0);
      if (typeof data !== "string")
        throw new TypeError(`Message must be base64 when dataType is ${dataType}`);
      return decodeBase64(data);
    default:
      return undefined;
  }
}

/** Payload of an invocation's answer, which may have none. */
function readPayload(frame: Fields): { dataType?: WebPubSubDataType; data?: JSONTypes | ArrayBuffer } {
  if (frame.dataType === undefined && frame.data === undefined) return {};
  const dataType = (frame.dataType ?? "json") as WebPubSubDataType;
  return { dataType, data: readContent(dataType, frame.data, true) };
}

function readStream(given: unknown): StreamInfo | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const { streamId, streamSequenceId, endOfStream, error } = given as Fields;
  if (typeof streamId !== "string" || typeof streamSequenceId !== "number") return undefined;
  return {
    streamId,
    streamSequenceId,
    endOfStream: endOfStream as boolean | undefined,
    error: readError(error),
  };
}

/** An error in the service's words: what isn't a string is none of them. */
function readError(given: unknown): StreamDataError | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const words = ["name", "message", "userErrorCode"].flatMap((field) => {
    const value = optionalText(given as Fields, field);
    return value === undefined ? [] : [[field, value]];
  });
  return Object.fromEntries(words) as StreamDataError;
}

function readMetadata(given: unknown): MessageMetadata | undefined {
  return typeof given === "object" && given !== null ? (given as MessageMetadata) : undefined;
}

function optionalText(frame: Fields, field: string): string | undefined {
  const value = frame[field];
  return typeof value === "string" ? value : undefined;
}

function text(frame: Fields, field: string): string {
  const value = optionalText(frame, field);
  if (value === undefined) throw new TypeError(`${field} must be a string.`);
  return value;
}

/** An id is a uint64 on the wire: a number, or its decimal digits where a peer writes 64 bits so. */
function id(frame: Fields, field: string): number {
  const value = optionalId(frame, field);
  if (value === undefined) throw new TypeError(`${field} is missing.`);
  return value;
}

/** Above 2^53 - 1 numbers run together: such an id can't be told from its neighbours. */
function optionalId(frame: Fields, field: string): number | undefined {
  const value = frame[field];
  if (value === undefined || value === null) return undefined;
  const read = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof read === "number" && Number.isSafeInteger(read) && read >= 0) return read;
  throw new TypeError(`${field} must be an integer from 0 to 2^53 - 1.`);
}
