/** The models of the client and of the service side by side, and messages at random. */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { expect } from "vitest";
import type { GroupDataMessage, WebPubSubMessage } from "web-pubsub-client";
import { WebPubSubProtobufProtocol } from "web-pubsub-client/protobuf";
import type { Payload, ServiceMessage } from "../../../emulator/src/service/messages.js";
import { protobufCodec } from "../../../emulator/src/wire/protobuf.js";

export const client = WebPubSubProtobufProtocol();

export const bytesOf = (data: ArrayBuffer | string): Uint8Array => new Uint8Array(data as ArrayBuffer);

/** A vector's message: JSON has no bytes, so they stand as `{ bytes }`. */
export function revive(given: object): WebPubSubMessage {
  const message = given as WebPubSubMessage & { data?: unknown };
  const { bytes } = (message.data ?? {}) as { bytes?: number[] };
  return bytes === undefined
    ? message
    : ({ ...message, data: new Uint8Array(bytes).buffer } as WebPubSubMessage);
}

/** What the service reads in a frame, bytes as a Buffer. */
export function understood(bytes: Uint8Array): object {
  const decoded = protobufCodec.decode({ binary: true, bytes });
  if (decoded.kind !== "message") throw new Error(JSON.stringify(decoded));
  const { message } = decoded;
  return "payload" in message && message.payload !== undefined
    ? { ...message, payload: normalise(message.payload) }
    : message;
}

/** A message of the client's model in that of the service. */
export function asTheServiceReads(sent: WebPubSubMessage): object {
  const { kind, dataType, data, ...rest } = sent as unknown as Record<string, unknown>;
  // The only target that there is.
  delete rest["target"];
  const payload = dataType === undefined ? undefined : toPayload({ dataType: dataType as string, data });
  if (sent.kind === "sendToGroup" && sent.stream !== undefined) {
    const { group, metadata, noEcho, stream } = sent;
    return { kind: "startStream", group, noEcho, metadata, ...stream };
  }
  if (sent.kind === "streamData" && payload === undefined)
    return { kind: "streamKeepAlive", streamId: sent.streamId };
  return {
    kind: kind === "sendEvent" ? "event" : kind,
    ...(kind === "sendToGroup" && { ttlSeconds: 0 }),
    ...rest,
    ...(payload !== undefined && { payload }),
  };
}

/** What the service says so that the client receives a message. */
export function asTheServiceSays(received: WebPubSubMessage): ServiceMessage {
  switch (received.kind) {
    case "ack":
      return { kind: "ack", ackId: received.ackId, error: received.error };
    case "groupData": {
      const { kind, group, metadata } = received;
      return {
        kind,
        group,
        fromUserId: "ann",
        payload: toPayload(received),
        metadata,
        ...position(received),
      };
    }
    case "invokeResponse": {
      const { kind, invocationId, dataType, data, error } = received;
      const payload = dataType === undefined ? undefined : toPayload({ dataType, data });
      return { kind, invocationId, payload, error };
    }
    case "streamAck":
      return received;
    case "streamNack":
      return { ...received, name: received.name as "TransientError", message: received.message ?? "" };
    case "streamClosed": {
      const { kind, streamId, error } = received;
      return { kind, streamId, error: error && { name: error.name, message: error.message ?? "" } };
    }
    case "groupStateSnapshot":
    case "groupStateUpdate": {
      const { kind, group, items } = received;
      const all = items.map(({ connectionId, userId, state, updatedAt }) => ({
        connectionId,
        userId,
        state,
        updatedAt,
      }));
      return { kind, group, items: all };
    }
    case "serverData":
      return { kind: "serverData", payload: toPayload(received), metadata: received.metadata };
    case "connected": {
      const { kind, connectionId, userId, reconnectionToken } = received;
      return {
        kind,
        connectionId,
        userId: userId || undefined,
        reconnectionToken: reconnectionToken || undefined,
      };
    }
    case "disconnected":
      return { kind: "disconnected", reason: received.message ?? "" };
    case "pong":
      return { kind: "pong" };
    default:
      throw new Error(`The service says no ${received.kind}.`);
  }
}

function position({ stream }: GroupDataMessage): object {
  if (stream === undefined) return {};
  const { streamId, streamSequenceId, endOfStream, error } = stream;
  return {
    stream: {
      streamId,
      streamSequenceId,
      ...(endOfStream === true && { end: { error: error && { ...error, name: error.name ?? "" } } }),
    },
  };
}

/**
 * A frame as hex, the fields of its message by their numbers as protoc writes them. Any order is right; the service
 * puts the sequence id behind the others.
 */
export function inOrder(bytes: Uint8Array): string {
  const frame = new BinaryReader(bytes);
  const [kind] = frame.tag();
  const body = frame.bytes();
  expect(frame.pos).toBe(frame.len);
  const reader = new BinaryReader(body);
  const parts: { readonly field: number; readonly bytes: Uint8Array }[] = [];
  while (reader.pos < reader.len) {
    const begin = reader.pos;
    const [field, wireType] = reader.tag();
    reader.skip(wireType, field);
    parts.push({ field, bytes: body.subarray(begin, reader.pos) });
  }
  parts.sort((one, other) => one.field - other.field);
  const ordered = Buffer.concat(parts.map((part) => part.bytes));
  const writer = new BinaryWriter().tag(kind, WireType.LengthDelimited).bytes(ordered);
  return Buffer.from(writer.finish()).toString("hex");
}

export function toPayload({ dataType, data }: { dataType: string; data: unknown }): Payload {
  if (dataType === "text") return { dataType, text: data as string };
  if (dataType === "json") return { dataType, json: JSON.stringify(data) };
  return { dataType: dataType as "binary", bytes: Buffer.from(data as ArrayBuffer) };
}

function normalise(payload: Payload): Payload {
  return "bytes" in payload ? { ...payload, bytes: Buffer.from(payload.bytes) } : payload;
}

export const ackId = fc.option(fc.maxSafeNat(), { nil: undefined });
export const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => text.trim() !== "");
export const eventName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,20}$/);
export const metadata = fc.option(
  fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/), fc.stringMatching(/^[ -~]{0,20}$/), {
    minKeys: 1,
    maxKeys: 3,
  }),
  { nil: undefined },
);
export const content = fc.oneof(
  fc.record({ dataType: fc.constant("text" as const), data: fc.string({ unit: "grapheme" }) }),
  fc.record({ dataType: fc.constant("json" as const), data: fc.jsonValue() as fc.Arbitrary<object> }),
  fc.record({
    dataType: fc.constantFrom("binary" as const, "protobuf" as const),
    data: fc.uint8Array().map((bytes) => bytes.slice().buffer),
  }),
);
