import { describe, expect, test } from "vitest";
import { WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "web-pubsub-client";

const protocols = [WebPubSubJsonProtocol(), WebPubSubJsonReliableProtocol()];

const read = (frame: unknown): unknown => {
  const text = JSON.stringify(frame);
  const [plain, reliable] = protocols.map((protocol) => protocol.parseMessages(text));
  expect(plain).toEqual(reliable);
  return plain;
};

const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;
const group = { type: "message", from: "group", group: "g", fromUserId: "ann" };
const groupData = { kind: "groupData", group: "g", fromUserId: "ann" };
const items = [
  { connectionId: "c", userId: "ann", state: { status: "typing" }, updatedAt: 1 },
  { connectionId: "d", updatedAt: 2 },
];

const TABLE: [string, object, object | null][] = [
  [
    "connected",
    { type: "system", event: "connected", userId: "ann", connectionId: "c", reconnectionToken: "t" },
    { kind: "connected", userId: "ann", connectionId: "c", reconnectionToken: "t" },
  ],
  [
    "connected without a token",
    { type: "system", event: "connected", userId: "ann", connectionId: "c" },
    { kind: "connected", userId: "ann", connectionId: "c" },
  ],
  [
    "connected of nobody",
    { type: "system", event: "connected", userId: null, connectionId: "c", reconnectionToken: null },
    { kind: "connected", connectionId: "c" },
  ],
  [
    "disconnected",
    { type: "system", event: "disconnected", message: "bye" },
    { kind: "disconnected", message: "bye" },
  ],
  [
    "disconnected without words",
    { type: "system", event: "disconnected" },
    { kind: "disconnected", message: "" },
  ],
  ["another system event", { type: "system", event: "rebooting" }, null],
  ["ack", { type: "ack", ackId: 1, success: true }, { kind: "ack", ackId: 1, success: true }],
  [
    "ack that refuses",
    { type: "ack", ackId: 1, success: false, error: { name: "Forbidden", message: "no" } },
    { kind: "ack", ackId: 1, success: false, error: { name: "Forbidden", message: "no" } },
  ],
  ["ack without success", { type: "ack", ackId: 1 }, { kind: "ack", ackId: 1, success: false }],
  [
    "ack with null for an error",
    { type: "ack", ackId: 1, success: true, error: null },
    { kind: "ack", ackId: 1, success: true },
  ],
  ["pong", { type: "pong" }, { kind: "pong" }],
  [
    "groupData, text",
    { ...group, dataType: "text", data: "xyz", sequenceId: 5 },
    { ...groupData, dataType: "text", data: "xyz", sequenceId: 5 },
  ],
  [
    "groupData, empty text",
    { ...group, dataType: "text", data: "" },
    { ...groupData, dataType: "text", data: "" },
  ],
  [
    "groupData, json",
    { ...group, dataType: "json", data: { value: ["xyz", null] } },
    { ...groupData, dataType: "json", data: { value: ["xyz", null] } },
  ],
  [
    "groupData, json null",
    { ...group, dataType: "json", data: null },
    { ...groupData, dataType: "json", data: null },
  ],
  [
    "groupData, json false",
    { ...group, dataType: "json", data: false },
    { ...groupData, dataType: "json", data: false },
  ],
  ["groupData of no data type is json", { ...group, data: 0 }, { ...groupData, dataType: "json", data: 0 }],
  ["groupData without data is json null", group, { ...groupData, dataType: "json", data: null }],
  [
    "groupData, binary",
    { ...group, dataType: "binary", data: "eHl6" },
    { ...groupData, dataType: "binary", data: bytes("xyz") },
  ],
  [
    "groupData, protobuf",
    { ...group, dataType: "protobuf", data: "eHl6" },
    { ...groupData, dataType: "protobuf", data: bytes("xyz") },
  ],
  [
    "groupData with metadata",
    { ...group, dataType: "text", data: "x", metadata: { a: "1" } },
    { ...groupData, dataType: "text", data: "x", metadata: { a: "1" } },
  ],
  [
    "groupData with null for metadata",
    { ...group, data: 1, metadata: null },
    { ...groupData, dataType: "json", data: 1 },
  ],
  [
    "groupData of nobody",
    { type: "message", from: "group", group: "g", data: 1 },
    { kind: "groupData", group: "g", dataType: "json", data: 1 },
  ],
  [
    "groupData of a stream",
    { ...group, dataType: "text", data: "x", stream: { streamId: "s", streamSequenceId: 1 } },
    { ...groupData, dataType: "text", data: "x", stream: { streamId: "s", streamSequenceId: 1 } },
  ],
  [
    "the end of a stream with data and an error",
    {
      ...group,
      dataType: "text",
      data: "x",
      stream: {
        streamId: "s",
        streamSequenceId: 3,
        endOfStream: true,
        error: { name: "UserError", message: "m", userErrorCode: "c" },
      },
    },
    {
      ...groupData,
      dataType: "text",
      data: "x",
      stream: {
        streamId: "s",
        streamSequenceId: 3,
        endOfStream: true,
        error: { name: "UserError", message: "m", userErrorCode: "c" },
      },
    },
  ],
  [
    "the end of a stream without a payload",
    { ...group, stream: { streamId: "s", streamSequenceId: 3, endOfStream: true } },
    {
      ...groupData,
      dataType: "text",
      data: "",
      stream: { streamId: "s", streamSequenceId: 3, endOfStream: true },
    },
  ],
  [
    "a fragment that lacks its bytes",
    { ...group, dataType: "binary", stream: { streamId: "s", streamSequenceId: 3 } },
    {
      ...groupData,
      dataType: "binary",
      data: new ArrayBuffer(0),
      stream: { streamId: "s", streamSequenceId: 3 },
    },
  ],
  [
    "a fragment that lacks its text",
    { ...group, dataType: "text", stream: { streamId: "s", streamSequenceId: 3 } },
    { ...groupData, dataType: "text", data: "", stream: { streamId: "s", streamSequenceId: 3 } },
  ],
  [
    "a stream without an id is none",
    { ...group, data: 1, stream: { streamId: 5, streamSequenceId: 1 } },
    { ...groupData, dataType: "json", data: 1 },
  ],
  [
    "a stream without a number is none",
    { ...group, data: 1, stream: { streamId: "s" } },
    { ...groupData, dataType: "json", data: 1 },
  ],
  [
    "a stream that is null is none",
    { ...group, data: 1, stream: null },
    { ...groupData, dataType: "json", data: 1 },
  ],
  [
    "serverData; a stream of its is stripped",
    {
      type: "message",
      from: "server",
      dataType: "text",
      data: "x",
      sequenceId: 0,
      stream: { streamId: "s", streamSequenceId: 1 },
    },
    { kind: "serverData", dataType: "text", data: "x", sequenceId: 0 },
  ],
  [
    "serverData with metadata",
    { type: "message", from: "server", data: 1, metadata: { a: "1" } },
    { kind: "serverData", dataType: "json", data: 1, metadata: { a: "1" } },
  ],
  ["a message from elsewhere", { type: "message", from: "moon", data: 1 }, null],
  ["a data type of a newer version", { ...group, dataType: "cbor", data: "x" }, null],
  [
    "invokeResponse",
    { type: "invokeResponse", invocationId: "1", success: true, dataType: "text", data: "pong" },
    { kind: "invokeResponse", invocationId: "1", success: true, dataType: "text", data: "pong" },
  ],
  [
    "invokeResponse without data type is json",
    { type: "invokeResponse", invocationId: "1", success: true, data: { a: 1 } },
    { kind: "invokeResponse", invocationId: "1", success: true, dataType: "json", data: { a: 1 } },
  ],
  [
    "invokeResponse of nothing",
    { type: "invokeResponse", invocationId: "1", success: true },
    { kind: "invokeResponse", invocationId: "1", success: true },
  ],
  [
    "invokeResponse of an empty text",
    { type: "invokeResponse", invocationId: "1", success: true, dataType: "text" },
    { kind: "invokeResponse", invocationId: "1", success: true, dataType: "text", data: "" },
  ],
  [
    "invokeResponse that failed",
    {
      type: "invokeResponse",
      invocationId: "1",
      success: false,
      error: { name: "BadRequest", message: "oops" },
    },
    {
      kind: "invokeResponse",
      invocationId: "1",
      success: false,
      error: { name: "BadRequest", message: "oops" },
    },
  ],
  [
    "cancelInvocation",
    { type: "cancelInvocation", invocationId: "1" },
    { kind: "cancelInvocation", invocationId: "1" },
  ],
  [
    "streamAck",
    { type: "streamAck", streamId: "s", expectedSequenceId: 4 },
    { kind: "streamAck", streamId: "s", expectedSequenceId: 4 },
  ],
  [
    "streamNack",
    { type: "streamNack", streamId: "s", name: "InvalidSequenceId", message: "m", expectedSequenceId: 4 },
    { kind: "streamNack", streamId: "s", name: "InvalidSequenceId", message: "m", expectedSequenceId: 4 },
  ],
  ["streamClosed", { type: "streamClosed", streamId: "s" }, { kind: "streamClosed", streamId: "s" }],
  [
    "streamClosed with an error",
    { type: "streamClosed", streamId: "s", error: { name: "IdleTimeout", message: "m" } },
    { kind: "streamClosed", streamId: "s", error: { name: "IdleTimeout", message: "m" } },
  ],
  [
    "groupStateSnapshot",
    { type: "groupStateSnapshot", group: "g", items, sequenceId: 9 },
    { kind: "groupStateSnapshot", group: "g", items, sequenceId: 9 },
  ],
  [
    "groupStateUpdate",
    { type: "groupStateUpdate", group: "g", items: [] },
    { kind: "groupStateUpdate", group: "g", items: [] },
  ],
  ["a type of a newer version", { type: "teleport" }, null],
  ["an object without a type", {}, null],
  ["an array", [], null],
];

test.each(TABLE)("%s", (_what, frame, message) => {
  expect(read(frame)).toEqual(message);
});

describe("ids", () => {
  const sequenceId = (value: unknown): unknown =>
    (read({ ...group, data: 1, sequenceId: value }) as { sequenceId?: number }).sequenceId;

  test("are numbers, or digits where a peer writes 64 bits so", () => {
    expect([0, 1, Number.MAX_SAFE_INTEGER, "7", "9007199254740991"].map(sequenceId)).toEqual([
      0,
      1,
      Number.MAX_SAFE_INTEGER,
      7,
      Number.MAX_SAFE_INTEGER,
    ]);
    expect(sequenceId(null)).toBeUndefined();
    expect(read({ type: "ack", ackId: "12", success: true })).toMatchObject({ ackId: 12 });
  });

  test.each([-1, 1.5, 1e300, 2 ** 53, "9007199254740993", "-1", "1.5", "", "x", true, {}, []])(
    "%j is none",
    (value) => {
      expect(() => sequenceId(value)).toThrow("sequenceId must be an integer from 0 to 2^53 - 1.");
    },
  );

  test("that overflow a number are none: they would end all deduplication", () => {
    const frame = `{"type":"message","from":"server","data":1,"sequenceId":1e999}`;
    expect(() => protocols[0]?.parseMessages(frame)).toThrow(TypeError);
  });

  test.each(["ack", "streamAck", "streamNack"])("%s can't be without one", (type) => {
    expect(() => read({ type, streamId: "s", name: "n", success: true })).toThrow(/Id is missing\.$/);
  });
});

test.each([
  [
    "text that is no string",
    { ...group, dataType: "text", data: 5 },
    "Message must be a string when dataType is text",
  ],
  ["text without data", { ...group, dataType: "text" }, "Message must be a string when dataType is text"],
  [
    "bytes that are no string",
    { ...group, dataType: "binary", data: [1] },
    "Message must be base64 when dataType is binary",
  ],
  ["bytes that aren't base64", { ...group, dataType: "protobuf", data: "%%" }, "Invalid base64."],
  ["a group that is no string", { ...group, group: 5, data: 1 }, "group must be a string."],
  [
    "a connection without an id",
    { type: "system", event: "connected", userId: "ann" },
    "connectionId must be a string.",
  ],
  ["an invocation without an id", { type: "invokeResponse" }, "invocationId must be a string."],
  ["states without items", { type: "groupStateUpdate", group: "g" }, "groupStateUpdate must carry items."],
  ["a number", 5, "A frame must be a JSON object."],
  ["a string", "x", "A frame must be a JSON object."],
  ["null", null, "A frame must be a JSON object."],
])("%s breaks the protocol", (_what, frame, message) => {
  expect(() => read(frame)).toThrow(message);
});

describe("W24: what isn't a frame throws an Error, which the client logs and skips", () => {
  test.each([
    ["", "No input"],
    [new ArrayBuffer(3), "Invalid input for JSON hub protocol. Expected a string."],
    [new Uint8Array(3), "Invalid input for JSON hub protocol. Expected a string."],
    [Buffer.from("{}"), "Invalid input for JSON hub protocol. Expected a string."],
    ["{", /JSON/],
  ])("%j", (input, message) => {
    expect(() => protocols[0]?.parseMessages(input)).toThrow(message);
  });
});
