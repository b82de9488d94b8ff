import { describe, expect, test } from "vitest";
import {
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
  type WebPubSubMessage,
} from "web-pubsub-client";

const protocols = [WebPubSubJsonProtocol(), WebPubSubJsonReliableProtocol()];

const write = (message: object): unknown => {
  const [plain, reliable] = protocols.map((protocol) => protocol.writeMessage(message as WebPubSubMessage));
  expect(plain).toBe(reliable);
  return JSON.parse(plain as string);
};

const xyz = new TextEncoder().encode("xyz");

test("the two protocols differ in name and reliability", () => {
  expect(protocols.map(({ name, isReliableSubProtocol }) => [name, isReliableSubProtocol])).toEqual([
    ["json.webpubsub.azure.v1", false],
    ["json.reliable.webpubsub.azure.v1", true],
  ]);
});

/** A message and its wire form; fields that are undefined must not appear there. */
const TABLE: [string, object, object][] = [
  ["joinGroup", { kind: "joinGroup", group: "g" }, { type: "joinGroup", group: "g" }],
  [
    "joinGroup with an id",
    { kind: "joinGroup", group: "g", ackId: 44133 },
    { type: "joinGroup", group: "g", ackId: 44133 },
  ],
  [
    "joinGroup with id 0",
    { kind: "joinGroup", group: "g", ackId: 0 },
    { type: "joinGroup", group: "g", ackId: 0 },
  ],
  ["leaveGroup", { kind: "leaveGroup", group: "g", ackId: 1 }, { type: "leaveGroup", group: "g", ackId: 1 }],
  [
    "sendToGroup, text",
    { kind: "sendToGroup", group: "g", ackId: 1, noEcho: true, dataType: "text", data: "xyz" },
    { type: "sendToGroup", group: "g", ackId: 1, noEcho: true, dataType: "text", data: "xyz" },
  ],
  [
    "sendToGroup, json, nothing optional",
    { kind: "sendToGroup", group: "g", noEcho: false, dataType: "json", data: { a: [1, null] } },
    { type: "sendToGroup", group: "g", noEcho: false, dataType: "json", data: { a: [1, null] } },
  ],
  [
    "W7: sendToGroup, json null",
    { kind: "sendToGroup", group: "g", noEcho: false, dataType: "json", data: null },
    { type: "sendToGroup", group: "g", noEcho: false, dataType: "json", data: null },
  ],
  [
    "sendToGroup, binary",
    { kind: "sendToGroup", group: "g", noEcho: false, dataType: "binary", data: xyz.buffer },
    { type: "sendToGroup", group: "g", noEcho: false, dataType: "binary", data: "eHl6" },
  ],
  [
    "sendToGroup, protobuf",
    { kind: "sendToGroup", group: "g", noEcho: false, dataType: "protobuf", data: xyz.buffer },
    { type: "sendToGroup", group: "g", noEcho: false, dataType: "protobuf", data: "eHl6" },
  ],
  [
    "sendToGroup with metadata and a time to live",
    {
      kind: "sendToGroup",
      group: "g",
      noEcho: false,
      dataType: "text",
      data: "",
      metadata: { a: "1" },
      ttlSeconds: 0,
    },
    {
      type: "sendToGroup",
      group: "g",
      noEcho: false,
      dataType: "text",
      data: "",
      metadata: { a: "1" },
      ttlSeconds: 0,
    },
  ],
  [
    "sendToGroup that starts a stream",
    { kind: "sendToGroup", group: "g", noEcho: false, stream: { streamId: "s", idleTimeoutInMs: 15_000 } },
    { type: "sendToGroup", group: "g", noEcho: false, stream: { streamId: "s", idleTimeoutMs: 15_000 } },
  ],
  [
    "a stream without an idle timeout",
    { kind: "sendToGroup", group: "g", noEcho: true, stream: { streamId: "s" } },
    { type: "sendToGroup", group: "g", noEcho: true, stream: { streamId: "s" } },
  ],
  [
    "sendEvent",
    { kind: "sendEvent", event: "e", ackId: 7, dataType: "text", data: "x", metadata: { a: "1" } },
    { type: "event", event: "e", ackId: 7, dataType: "text", data: "x", metadata: { a: "1" } },
  ],
  [
    "sendEvent, fire-and-forget",
    { kind: "sendEvent", event: "e", dataType: "binary", data: xyz.buffer },
    { type: "event", event: "e", dataType: "binary", data: "eHl6" },
  ],
  ["sequenceAck", { kind: "sequenceAck", sequenceId: 123456 }, { type: "sequenceAck", sequenceId: 123456 }],
  ["sequenceAck of 0", { kind: "sequenceAck", sequenceId: 0 }, { type: "sequenceAck", sequenceId: 0 }],
  ["ping", { kind: "ping" }, { type: "ping" }],
  [
    "invoke",
    { kind: "invoke", invocationId: "1", target: "event", event: "e", dataType: "text", data: "x" },
    { type: "invoke", invocationId: "1", target: "event", event: "e", dataType: "text", data: "x" },
  ],
  [
    "invoke without a payload",
    { kind: "invoke", invocationId: "1", target: "event", event: "e" },
    { type: "invoke", invocationId: "1", target: "event", event: "e" },
  ],
  [
    "invoke with half a payload",
    { kind: "invoke", invocationId: "1", target: "event", event: "e", dataType: "text" },
    { type: "invoke", invocationId: "1", target: "event", event: "e" },
  ],
  [
    "invokeResponse",
    { kind: "invokeResponse", invocationId: "1", success: true, dataType: "json", data: { a: 1 } },
    { type: "invokeResponse", invocationId: "1", success: true, dataType: "json", data: { a: 1 } },
  ],
  [
    "invokeResponse that failed",
    {
      kind: "invokeResponse",
      invocationId: "1",
      success: false,
      error: { name: "BadRequest", message: "no" },
    },
    {
      type: "invokeResponse",
      invocationId: "1",
      success: false,
      error: { name: "BadRequest", message: "no" },
    },
  ],
  [
    "cancelInvocation",
    { kind: "cancelInvocation", invocationId: "1" },
    { type: "cancelInvocation", invocationId: "1" },
  ],
  [
    "streamData",
    { kind: "streamData", streamId: "s", streamSequenceId: 1, dataType: "binary", data: xyz.buffer },
    { type: "streamData", streamId: "s", streamSequenceId: 1, dataType: "binary", data: "eHl6" },
  ],
  [
    "W24: streamData of json null is no keep-alive",
    { kind: "streamData", streamId: "s", streamSequenceId: 2, dataType: "json", data: null },
    { type: "streamData", streamId: "s", streamSequenceId: 2, dataType: "json", data: null },
  ],
  [
    "streamData that keeps alive",
    { kind: "streamData", streamId: "s" },
    { type: "streamData", streamId: "s" },
  ],
  ["streamEnd", { kind: "streamEnd", streamId: "s" }, { type: "streamEnd", streamId: "s" }],
  [
    "streamEnd with an error",
    { kind: "streamEnd", streamId: "s", error: { message: "m", userErrorCode: "c" } },
    { type: "streamEnd", streamId: "s", error: { message: "m", userErrorCode: "c" } },
  ],
  [
    "setGroupState",
    { kind: "setGroupState", group: "g", state: { status: "typing" }, ackId: 42 },
    { type: "setGroupState", group: "g", state: { status: "typing" }, ackId: 42 },
  ],
  [
    "setGroupState that clears",
    { kind: "setGroupState", group: "g", ackId: 43 },
    { type: "setGroupState", group: "g", ackId: 43 },
  ],
  [
    "subscribeGroupState",
    { kind: "subscribeGroupState", group: "g", ackId: 44 },
    { type: "subscribeGroupState", group: "g", ackId: 44 },
  ],
  [
    "unsubscribeGroupState",
    { kind: "unsubscribeGroupState", group: "g" },
    { type: "unsubscribeGroupState", group: "g" },
  ],
];

test.each(TABLE)("%s", (_what, message, wire) => {
  expect(write(message)).toStrictEqual(wire);
});

describe("payloads", () => {
  const send = (dataType: unknown, data: unknown) => () =>
    write({ kind: "sendToGroup", group: "g", noEcho: false, dataType, data });

  test.each([
    ["a part of a buffer", new Uint8Array(new TextEncoder().encode("..xyz..").buffer, 2, 3)],
    ["a DataView", new DataView(xyz.buffer)],
    ["a Node Buffer", Buffer.from("xyz")],
    ["an ArrayBuffer", xyz.buffer],
  ])("W7: %s is written as base64", (_what, data) => {
    for (const dataType of ["binary", "protobuf"]) {
      expect(send(dataType, data)()).toMatchObject({ dataType, data: "eHl6" });
    }
  });

  test.each([
    ["text", 5, "Message must be a string."],
    ["text", null, "Message must be a string."],
    ["text", xyz, "Message must be a string."],
    ["binary", "xyz", "Message must be a ArrayBuffer or a view of one."],
    ["protobuf", [1, 2], "Message must be a ArrayBuffer or a view of one."],
    ["json", () => 1, "Message must be a JSON value."],
    ["json", Symbol("s"), "Message must be a JSON value."],
    ["yaml", "x", "Unsupported data type: yaml"],
    [null, "x", "Unsupported data type: null"],
  ])("%s can't be %s", (dataType, data, message) => {
    expect(send(dataType, data)).toThrow(new TypeError(message));
  });

  test.each([10n, circular()])("what JSON can't hold throws", (data) => {
    expect(send("json", data)).toThrow(TypeError);
  });

  test.each([
    ["text", undefined],
    [undefined, "x"],
    [undefined, null],
  ])("sendToGroup with dataType %s and data %s is half a payload", (dataType, data) => {
    expect(send(dataType, data)).toThrow(
      new TypeError("sendToGroup payload requires both dataType and data."),
    );
  });

  test("sendEvent needs one", () => {
    const message = { kind: "sendEvent", event: "e", dataType: "json" };
    expect(() => write(message)).toThrow(new TypeError("Message must be a JSON value."));
  });
});

test.each(["ack", "connected", "pong", "groupData", "nonsense"])("%s isn't written", (kind) => {
  expect(() => write({ kind })).toThrow(new Error(`Unsupported type: ${kind}`));
});

function circular(): object {
  const data: Record<string, unknown> = {};
  data.self = data;
  return data;
}
