import { maxStreamIdleTimeoutInMs } from "../service/limits.js";
import type {
  Invoke,
  Metadata,
  Payload,
  StartStream,
  StreamData,
  StreamEnd,
  StreamKeepAlive,
} from "../service/messages.js";
import { isId } from "../service/names.js";
import { FieldError, type Json, eventOf, groupOf, metadataOf, noEchoOf, uint64 } from "./fields.js";

/**
 * A `sendToGroup` that opens a stream instead of sending something.
 * @param payload the message's content, if it has any
 */
export function startStreamOf(json: Json, payload: Payload | undefined): StartStream {
  for (const [name, value] of [
    ["ackId", json["ackId"]],
    ["dataType", json["dataType"]],
    ["data", json["data"] ?? payload],
  ] as const) {
    if (isThere(value)) throw new FieldError(`the start of a stream takes no ${name}`);
  }
  return {
    kind: "startStream",
    group: groupOf(json),
    noEcho: noEchoOf(json),
    streamId: startedStreamIdOf(json["stream"]),
    idleTimeoutInMs: idleTimeoutOf(json["stream"] as Json),
    metadata: metadataOf(json),
  };
}

/** Only the id: a sign of life. @param payload the fragment, if there is one */
export function streamDataOf(json: Json, payload: Payload | undefined): StreamData | StreamKeepAlive {
  const streamId = streamIdOf(json);
  const { streamSequenceId } = json;
  if (!isThere(streamSequenceId) && payload === undefined) return { kind: "streamKeepAlive", streamId };
  const id = uint64(streamSequenceId);
  if (id === undefined || id === 0)
    throw new FieldError("streamSequenceId must be a positive 64-bit integer");
  if (payload === undefined) throw new FieldError("data is missing");
  return { kind: "streamData", streamId, streamSequenceId: id, payload };
}

export function streamEndOf(json: Json): StreamEnd {
  const streamId = streamIdOf(json);
  const { error } = json;
  if (!isThere(error)) return { kind: "streamEnd", streamId, error: undefined };
  if (typeof error !== "object") throw new FieldError("error must be an object");
  const { message, userErrorCode } = error as Json;
  return {
    kind: "streamEnd",
    streamId,
    error: { ...text("message", message), ...text("userErrorCode", userErrorCode) },
  };
}

/**
 * @param payload the content, which an invocation may do without
 * @param metadata only protobuf has a field for it
 */
export function invokeOf(json: Json, payload: Payload | undefined, metadata?: Metadata): Invoke {
  const invocationId = invocationIdOf(json);
  return { kind: "invoke", invocationId, event: eventOf(json), payload, metadata };
}

export function invocationIdOf(json: Json): string {
  const { invocationId } = json;
  if (!isId(invocationId)) throw new FieldError("invocationId must be a string of 1 to 1,024 characters");
  return invocationId;
}

function streamIdOf(json: Json): string {
  const { streamId } = json;
  if (!isId(streamId)) throw new FieldError("streamId must be a string of 1 to 1,024 characters");
  return streamId;
}

function startedStreamIdOf(stream: unknown): string {
  if (!isObject(stream)) throw new FieldError("stream must be an object");
  return streamIdOf(stream);
}

function idleTimeoutOf({ idleTimeoutMs }: Json): number | undefined {
  if (!isThere(idleTimeoutMs)) return undefined;
  if (
    !Number.isInteger(idleTimeoutMs) ||
    Number(idleTimeoutMs) < 1 ||
    Number(idleTimeoutMs) > maxStreamIdleTimeoutInMs
  )
    throw new FieldError("idleTimeoutMs must be an integer from 1 to 4,294,967,295");
  return Number(idleTimeoutMs);
}

function text<Name extends string>(name: Name, value: unknown): { readonly [name in Name]?: string } {
  if (!isThere(value)) return {};
  if (typeof value !== "string") throw new FieldError(`${name} must be a string`);
  return { [name]: value } as { readonly [name in Name]: string };
}

export function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
