import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServiceMessage } from "../../src/service/messages.js";
import { jsonCodec, reliableJsonCodec } from "../../src/wire/json.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const decode = (value: unknown) =>
  jsonCodec.decode({
    binary: false,
    bytes: bytes(typeof value === "string" ? value : JSON.stringify(value)),
  });
const encode = (message: ServiceMessage, sequenceId?: number): unknown =>
  JSON.parse(new TextDecoder().decode(reliableJsonCodec.encode(message)?.frame(sequenceId).bytes));

const send = { type: "sendToGroup", group: "g", dataType: "text", data: "x" };

describe("decoding", () => {
  test("operations", () => {
    expect(decode({ type: "joinGroup", group: "g", ackId: 1 })).toEqual({
      kind: "message",
      message: { kind: "joinGroup", group: "g", ackId: 1 },
    });
    expect(decode({ ...send, noEcho: true, ttlSeconds: 5, metadata: { a: "b" }, ackId: 0 })).toEqual({
      kind: "message",
      message: {
        kind: "sendToGroup",
        group: "g",
        ackId: 0,
        noEcho: true,
        ttlSeconds: 5,
        metadata: { a: "b" },
        payload: { dataType: "text", text: "x" },
      },
    });
  });

  test("payloads of every type; JSON is the default", () => {
    const payload = (more: object) => decode({ type: "event", event: "e", ...more });
    expect(payload({ data: null })).toMatchObject({
      message: { payload: { dataType: "json", json: "null" } },
    });
    expect(payload({ dataType: "json", data: { a: [1] } })).toMatchObject({
      message: { payload: { json: '{"a":[1]}' } },
    });
    const binary = payload({ dataType: "binary", data: "eHl6" });
    expect(binary).toMatchObject({ message: { payload: { dataType: "binary" } } });
    expect(payload({ dataType: "protobuf", data: "eHl6" })).toMatchObject({
      message: { payload: { dataType: "protobuf" } },
    });
  });

  test.each([
    ["no group", { group: undefined }],
    ["an empty group", { group: "" }],
    ["a group's name that is too long", { group: "g".repeat(1_025) }],
    ["a group that is no string", { group: 1 }],
    ["text that is no string", { data: 1 }],
    ["no data", { data: undefined, dataType: "json" }],
    ["binary that is no base64", { dataType: "binary", data: "*" }],
    ["an unknown dataType", { dataType: "xml" }],
    ["noEcho that is no boolean", { noEcho: "yes" }],
    ["a ttl that is too long", { ttlSeconds: 301 }],
    ["a ttl with a fraction", { ttlSeconds: 1.5 }],
    ["a negative ttl", { ttlSeconds: -1 }],
    ["metadata that is no object", { metadata: ["a"] }],
    ["metadata with another value than a string", { metadata: { a: 1 } }],
    ["metadata with a key that HTTP can't carry", { metadata: { "a b": "c" } }],
    ["metadata with a key that is too long", { metadata: { ["k".repeat(257)]: "" } }],
    ["metadata with a value that is too long", { metadata: { a: "v".repeat(1_025) } }],
    ["metadata with a value that isn't ASCII", { metadata: { a: "é" } }],
    [
      "metadata that is too large",
      { metadata: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, "v".repeat(1_000)])) },
    ],
  ])("%s is invalid", (_, wrong) => {
    expect(decode({ ...send, ackId: 3, ...wrong })).toMatchObject({ kind: "invalid" });
  });

  test.each([[-1], [1.5], ["x"], [{}], [2 ** 64], [1e300], ["18446744073709551616"]])(
    "%j is no ackId",
    (ackId) => {
      expect(decode({ ...send, ackId })).toEqual({
        kind: "invalid",
        reason: "ackId must be an unsigned 64-bit integer",
      });
    },
  );

  test("ids beyond exact numbers come as numbers or strings and go back exactly", () => {
    const ackId = 2n ** 64n - 1n;
    expect(decode({ ...send, ackId: String(ackId) })).toMatchObject({ message: { ackId } });
    const join = (written: string) => decode(`{"type":"joinGroup","group":"g","ackId": ${written}}`);
    expect(join(String(ackId))).toMatchObject({ message: { ackId } });
    expect(join(`${ackId}0`)).toMatchObject({ kind: "invalid" });
    expect(join("9007199254740993")).toMatchObject({ message: { ackId: 9_007_199_254_740_993n } });
    expect(join("7")).toMatchObject({ message: { ackId: 7 } });
    expect(decode(`{"type":"sequenceAck","sequenceId":${ackId}}`)).toMatchObject({
      message: { sequenceId: ackId },
    });
    const text = new TextDecoder().decode(
      jsonCodec.encode({ kind: "ack", ackId, error: undefined })?.frame().bytes,
    );
    expect(text).toBe('{"type":"ack","ackId":18446744073709551615,"success":true}');
  });

  test.each([
    ["1e400"],
    ["12345678901234567890"],
    ["0.12345678901234567890"],
    ["-0"],
    ['{ "a": [1E+400, "1e400"] }'],
  ])("%s as content stays as it is written", (json) => {
    for (const dataType of ["", '"dataType":"json",']) {
      expect(decode(`{"type":"event","event":"e",${dataType}"data": ${json} }`)).toMatchObject({
        message: { payload: { dataType: "json", json } },
      });
    }
    expect(decode(`{"type":"event","event":"e","dataType":"text","data":${json}}`)).toMatchObject({
      kind: "invalid",
    });
  });

  test("content of other types may look like such a number", () => {
    const text = "1e400 12345678901234567890";
    expect(decode({ ...send, data: text })).toMatchObject({ message: { payload: { text } } });
    expect(decode({ ...send, dataType: "json", data: text })).toMatchObject({
      message: { payload: { json: JSON.stringify(text) } },
    });
  });

  test("an unknown type is invalid", () => {
    expect(decode({ type: "fromTheFuture" })).toEqual({
      kind: "invalid",
      reason: 'type is unknown: "fromTheFuture"',
    });
  });

  test.each([[""], ["{"], ["[]"], ["null"], ['"x"'], ["{}"], ['{"type":1}']])("%s is invalid", (text) => {
    expect(decode(text)).toMatchObject({ kind: "invalid" });
  });

  test("so are bytes that aren't UTF-8, but a binary frame may hold JSON", () => {
    expect(jsonCodec.decode({ binary: true, bytes: bytes('{"type":"ping"}') })).toMatchObject({
      message: { kind: "ping" },
    });
    expect(jsonCodec.decode({ binary: true, bytes: Uint8Array.of(0xff) })).toMatchObject({
      kind: "invalid",
    });
  });

  test("never throws, whatever comes", () => {
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom("text", "binary", "json", "g"));
    const type = fc.constantFrom(
      "joinGroup",
      "leaveGroup",
      "sendToGroup",
      "event",
      "sequenceAck",
      "ping",
      "x",
    );
    const keys = [
      "group",
      "event",
      "ackId",
      "dataType",
      "data",
      "metadata",
      "ttlSeconds",
      "noEcho",
      "sequenceId",
    ];
    const frame = fc.record(
      { type, ...Object.fromEntries(keys.map((key) => [key, field])) },
      { requiredKeys: ["type"] },
    );
    fc.assert(
      fc.property(frame, (value) => void decode(value)),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.boolean(),
        (raw, binary) => void jsonCodec.decode({ binary, bytes: raw }),
      ),
    );
  });
});

describe("encoding", () => {
  test("messages about the connection", () => {
    expect(encode({ kind: "connected", connectionId: "c", userId: "u", reconnectionToken: "t" })).toEqual({
      type: "system",
      event: "connected",
      connectionId: "c",
      userId: "u",
      reconnectionToken: "t",
    });
    expect(encode({ kind: "disconnected", reason: "r" })).toEqual({
      type: "system",
      event: "disconnected",
      message: "r",
    });
    expect(encode({ kind: "pong" })).toEqual({ type: "pong" });
    expect(encode({ kind: "ack", ackId: 1, error: { name: "Forbidden", message: '"no"' } })).toEqual({
      type: "ack",
      ackId: 1,
      success: false,
      error: { name: "Forbidden", message: '"no"' },
    });
  });

  test("data, with and without a sequence id", () => {
    const message: ServiceMessage = {
      kind: "groupData",
      group: "g",
      fromUserId: "u",
      payload: { dataType: "binary", bytes: bytes("xyz") },
      metadata: { k: "v" },
    };
    const wire = {
      type: "message",
      from: "group",
      group: "g",
      fromUserId: "u",
      dataType: "binary",
      data: "eHl6",
      metadata: { k: "v" },
    };
    expect(encode(message)).toEqual(wire);
    expect(encode(message, 12_345)).toEqual({ ...wire, sequenceId: 12_345 });
  });

  test("a message keeps its own bytes when it is numbered for many", () => {
    const encoded = reliableJsonCodec.encode({
      kind: "serverData",
      payload: { dataType: "json", json: '{"ü":1}' },
      metadata: undefined,
    });
    const numbered = [1, 22, 333].map(
      (id) => JSON.parse(new TextDecoder().decode(encoded?.frame(id).bytes)) as unknown,
    );
    expect(numbered).toEqual(
      [1, 22, 333].map((sequenceId) => ({
        type: "message",
        from: "server",
        dataType: "json",
        data: { ü: 1 },
        sequenceId,
      })),
    );
  });

  test("text comes through whatever its characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(), (text, sequenceId) => {
        const message: ServiceMessage = {
          kind: "serverData",
          payload: { dataType: "text", text },
          metadata: undefined,
        };
        expect(encode(message, sequenceId)).toMatchObject({ data: text, sequenceId });
      }),
    );
  });
});
