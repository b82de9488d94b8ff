import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WebPubSubMessage } from "web-pubsub-client";
import { WebPubSubProtobufProtocol } from "web-pubsub-client/protobuf";
import type { Payload, ServiceMessage } from "../../../emulator/src/service/messages.js";
import { protobufCodec } from "../../../emulator/src/wire/protobuf.js";
import vectors from "./vectors.json" with { type: "json" };

const client = WebPubSubProtobufProtocol();
const bytesOf = (data: ArrayBuffer | string): Uint8Array => new Uint8Array(data as ArrayBuffer);

/** A vector's message: JSON has no bytes, so they stand as `{ bytes }`. */
function revive(given: object): WebPubSubMessage {
  const message = given as WebPubSubMessage & { data?: unknown };
  const { bytes } = (message.data ?? {}) as { bytes?: number[] };
  return bytes === undefined
    ? message
    : ({ ...message, data: new Uint8Array(bytes).buffer } as WebPubSubMessage);
}

describe("vectors of protoc", () => {
  test.each(vectors.upstream)("upstream: $message.kind $hex", ({ message, hex }) => {
    const sent = revive(message);
    expect(Buffer.from(bytesOf(client.writeMessage(sent))).toString("hex")).toBe(hex);
    expect(understood(Buffer.from(hex, "hex"))).toEqual(asTheServiceReads(sent));
  });

  test.each(vectors.downstream)("downstream: $message.kind $hex", ({ message, hex }) => {
    const received = revive(message);
    expect(client.parseMessages(Buffer.from(hex, "hex"))).toEqual(received);
    const frame = protobufCodec
      .encode(asTheServiceSays(received))
      ?.frame("sequenceId" in received ? received.sequenceId : undefined);
    expect(frame?.binary).toBe(true);
    expect(inOrder(frame?.bytes ?? new Uint8Array())).toBe(hex);
  });
});

/** What the service reads in a frame, bytes as a Buffer. */
function understood(bytes: Uint8Array): object {
  const decoded = protobufCodec.decode({ binary: true, bytes });
  if (decoded.kind !== "message") throw new Error(JSON.stringify(decoded));
  const { message } = decoded;
  return "payload" in message && message.payload !== undefined
    ? { ...message, payload: normalise(message.payload) }
    : message;
}

/** A message of the client's model in that of the service. */
function asTheServiceReads(sent: WebPubSubMessage): object {
  const { kind, dataType, data, ...rest } = sent as unknown as Record<string, unknown>;
  return {
    kind: kind === "sendEvent" ? "event" : kind,
    ...(kind === "sendToGroup" && { ttlSeconds: 0 }),
    ...rest,
    ...(dataType !== undefined && { payload: toPayload({ dataType: dataType as string, data }) }),
  };
}

/** What the service says so that the client receives a message. */
function asTheServiceSays(received: WebPubSubMessage): ServiceMessage {
  switch (received.kind) {
    case "ack":
      return { kind: "ack", ackId: received.ackId, error: received.error };
    case "groupData": {
      const { kind, group, metadata } = received;
      return { kind, group, fromUserId: "ann", payload: toPayload(received), metadata };
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

/**
 * A frame as hex, the fields of its message by their numbers as protoc writes them. Any order is right; the service
 * puts the sequence id behind the others.
 */
function inOrder(bytes: Uint8Array): string {
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

const ackId = fc.option(fc.maxSafeNat(), { nil: undefined });
const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => text.trim() !== "");
const eventName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,20}$/);
const metadata = fc.option(
  fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/), fc.stringMatching(/^[ -~]{0,20}$/), {
    minKeys: 1,
    maxKeys: 3,
  }),
  { nil: undefined },
);
const content = fc.oneof(
  fc.record({ dataType: fc.constant("text" as const), data: fc.string({ unit: "grapheme" }) }),
  fc.record({ dataType: fc.constant("json" as const), data: fc.jsonValue() as fc.Arbitrary<object> }),
  fc.record({
    dataType: fc.constantFrom("binary" as const, "protobuf" as const),
    data: fc.uint8Array().map((bytes) => bytes.slice().buffer),
  }),
);

function toPayload({ dataType, data }: { dataType: string; data: unknown }): Payload {
  if (dataType === "text") return { dataType, text: data as string };
  if (dataType === "json") return { dataType, json: JSON.stringify(data) };
  return { dataType: dataType as "binary", bytes: Buffer.from(data as ArrayBuffer) };
}

test("the service reads what the client writes", () => {
  const message = fc.oneof(
    fc.record({ kind: fc.constantFrom("joinGroup" as const, "leaveGroup" as const), group: name, ackId }),
    fc
      .record({ group: name, ackId, noEcho: fc.boolean(), metadata, ttlSeconds: fc.nat(300), content })
      .map(({ content: { dataType, data }, ...rest }) => ({
        kind: "sendToGroup" as const,
        ...rest,
        dataType,
        data,
      })),
    fc
      .record({ event: eventName, ackId, metadata, content })
      .map(({ content: { dataType, data }, ...rest }) => ({
        kind: "sendEvent" as const,
        ...rest,
        dataType,
        data,
      })),
    fc.record({ kind: fc.constant("sequenceAck" as const), sequenceId: fc.maxSafeNat() }),
  );
  fc.assert(
    fc.property(message, (sent) => {
      expect(understood(bytesOf(client.writeMessage(sent)))).toEqual(asTheServiceReads(sent));
    }),
  );
});

test("the client reads what the service writes", () => {
  const sequenceId = fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { nil: undefined });
  const group = fc.option(name, { nil: undefined });
  fc.assert(
    fc.property(content, metadata, group, sequenceId, (body, meta, groupName, id) => {
      const { dataType, data } = body;
      const payload = toPayload(body);
      const message: ServiceMessage =
        groupName === undefined
          ? { kind: "serverData", payload, metadata: meta }
          : { kind: "groupData", group: groupName, fromUserId: "ann", payload, metadata: meta };
      const frame = protobufCodec.encode(message)?.frame(id);
      if (frame === undefined) throw new Error("not encoded");
      const expected =
        groupName === undefined
          ? { kind: "serverData", dataType, data, sequenceId: id, metadata: meta }
          : {
              kind: "groupData",
              dataType,
              data,
              sequenceId: id,
              group: groupName,
              fromUserId: "",
              metadata: meta,
            };
      expect(client.parseMessages(frame.bytes)).toEqual({ ...expected, data: canonical(data) });
    }),
  );
});

test("any bytes give a message, null or an error, on both sides", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(["message", "unknown", "invalid", "malformed"]).toContain(
        protobufCodec.decode({ binary: true, bytes }).kind,
      );
      try {
        const message = client.parseMessages(bytes);
        expect(message === null || "kind" in message).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { numRuns: 2_000 },
  );
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("what doesn't fit its type is refused", () => {
  const send = (dataType: never, data: never) => () =>
    client.writeMessage({ kind: "sendToGroup", group: "g", noEcho: false, dataType, data });
  expect(send("text" as never, 1 as never)).toThrow("Message must be a string.");
  expect(send("json" as never, undefined as never)).toThrow(/JSON value/);
  expect(send("binary" as never, "x" as never)).toThrow(/ArrayBuffer/);
  expect(send("mist" as never, "x" as never)).toThrow(/Unsupported data type/);
  expect(() => client.parseMessages("text")).toThrow(/Expected bytes/);
});

/** JSON has no negative zero and drops nothing else of what fast-check makes here. */
function canonical(data: unknown): unknown {
  return data instanceof ArrayBuffer || typeof data === "string"
    ? data
    : (JSON.parse(JSON.stringify(data)) as unknown);
}

function normalise(payload: Payload): Payload {
  return "bytes" in payload ? { ...payload, bytes: Buffer.from(payload.bytes) } : payload;
}
