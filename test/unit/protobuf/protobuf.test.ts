import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServiceMessage } from "../../../emulator/src/service/messages.js";
import { protobufCodec } from "../../../emulator/src/wire/protobuf.js";
import {
  ackId,
  asTheServiceReads,
  asTheServiceSays,
  bytesOf,
  client,
  content,
  eventName,
  inOrder,
  metadata,
  name,
  revive,
  toPayload,
  understood,
} from "./bothSides.js";
import vectors from "./vectors.json" with { type: "json" };

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
