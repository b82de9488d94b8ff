import { maxStreamIdleTimeoutInMs } from "../service/limits.js";
import type { Invoke, StartStream, StreamData, StreamEnd, StreamKeepAlive } from "../service/messages.js";
import { isId } from "../service/names.js";
import {
  FieldError,
  type Json,
  eventOf,
  groupOf,
  metadataOf,
  noEchoOf,
  payloadOf,
  uint64,
} from "./fields.js";

/** A `sendToGroup` that opens a stream instead of sending something. */
export function startStreamOf(json: Json): StartStream {
  for (const name of ["ackId", "dataType", "data"]) {
    if (isThere(json[name])) throw new FieldError(`the start of a stream takes no ${name}`);
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

/** Only the id: a sign of life. */
export function streamDataOf(json: Json): StreamData | StreamKeepAlive {
  const streamId = streamIdOf(json);
  const { streamSequenceId, dataType, data } = json;
  if (!isThere(streamSequenceId) && !isThere(dataType) && data === undefined) {
    return { kind: "streamKeepAlive", streamId };
  }
  const id = uint64(streamSequenceId);
  if (id === undefined || id === 0)
    throw new FieldError("streamSequenceId must be a positive 64-bit integer");
  return { kind: "streamData", streamId, streamSequenceId: id, payload: payloadOf(json) };
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

export function invokeOf(json: Json): Invoke {
  const invocationId = invocationIdOf(json);
  if (json["target"] !== "event") throw new FieldError("target must be event");
  // An invocation may ask without content.
  const payload = isThere(json["dataType"]) || json["data"] !== undefined ? payloadOf(json) : undefined;
  return { kind: "invoke", invocationId, event: eventOf(json), payload };
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

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
