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
  test.each(vectors.upstream)("written: $message.kind $hex", ({ message, hex }) => {
    expect(Buffer.from(bytesOf(client.writeMessage(revive(message)))).toString("hex")).toBe(hex);
    expect(protobufCodec.decode({ binary: true, bytes: Buffer.from(hex, "hex") })).toMatchObject({
      kind: "message",
    });
  });

  test.each(vectors.downstream)("read: $message.kind $hex", ({ message, hex }) => {
    expect(client.parseMessages(Buffer.from(hex, "hex"))).toEqual(revive(message));
  });
});

const ackId = fc.option(fc.maxSafeNat(), { nil: undefined });
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
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
    fc.record({ event: name, ackId, metadata, content }).map(({ content: { dataType, data }, ...rest }) => ({
      kind: "sendEvent" as const,
      ...rest,
      dataType,
      data,
    })),
    fc.record({ kind: fc.constant("sequenceAck" as const), sequenceId: fc.maxSafeNat() }),
  );
  fc.assert(
    fc.property(message, (sent) => {
      const decoded = protobufCodec.decode({ binary: true, bytes: bytesOf(client.writeMessage(sent)) });
      if (decoded.kind !== "message") throw new Error(JSON.stringify(decoded));
      const { kind, dataType, data, ...rest } = sent as Record<string, unknown>;
      const payload =
        dataType === undefined ? {} : { payload: toPayload({ dataType: dataType as string, data }) };
      const got = { ...decoded.message } as Record<string, unknown>;
      if ("payload" in got) got.payload = normalise(got.payload as Payload);
      expect(got).toEqual({ kind: kind === "sendEvent" ? "event" : kind, ...rest, ...payload });
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
