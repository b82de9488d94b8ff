import { describe, expect, test } from "vitest";
import { protobufCodec } from "../../src/wire/protobuf.js";

const decode = (hex: string) =>
  protobufCodec.decode({ binary: true, bytes: Buffer.from(hex.replaceAll(" ", ""), "hex") });

/** `join_group_message` with the group "g" and the ackId 9. */
const join = "3205 0a0167 1009";
const joined = { kind: "message", message: { kind: "joinGroup", group: "g", ackId: 9 } };

describe("fields of newer versions are skipped", () => {
  test.each([
    ["a number", "a01f 01"],
    ["eight bytes", "a11f 0102030405060708"],
    ["bytes", "a21f 02 ffff"],
    ["a group", "a31f 0801 a41f"],
    ["four bytes", "a51f 01020304"],
    ["a known number of another type", "08 05"],
  ])("%s, behind the message and before it", (_, field) => {
    expect(decode(join + field)).toEqual(joined);
    expect(decode(field + join)).toEqual(joined);
  });

  test("within the message, also known numbers of another type", () => {
    expect(decode("320a 0a0167 1009 18ff7f 0805")).toEqual(joined);
  });

  test("of several messages the last one counts", () => {
    expect(decode(`3a03 0a0178 ${join} a01f01`)).toEqual(joined);
  });

  test("without a known one the message is invalid", () => {
    expect(decode("a01f 01")).toEqual({ kind: "invalid", reason: "the message is unknown: field 500" });
  });

  test("a number where a message must be is none, whatever its field", () => {
    expect(decode("48 01")).toEqual({ kind: "invalid", reason: "the message is unknown: field 9" });
  });

  test("an empty frame is invalid", () => {
    expect(decode("")).toEqual({ kind: "invalid", reason: "the frame has no message" });
  });
});

const overrun = "a field is longer than its message";
const notText = "not valid for encoding utf-8";

test.each([
  ["a string longer than its message", "3203 0a05 4141414141", overrun],
  ["content longer than its message", "0a05 1a08 0a0178 1203616263", overrun],
  ["a number that goes on behind its message", "3204 0a0167 10 ff01", overrun],
  ["an unknown field longer than its message", "3205 0a0167 1a05 4141414141", overrun],
  ["a message that is cut off", "3206 0a0167 1009", "cut off"],
  ["a group of bytes that aren't UTF-8", "3203 0a01ff", notText],
  ["a group with a lone surrogate", "3205 0a03eda080", notText],
  ["an event's name that isn't UTF-8", "2a0a 0a02c328 1204 0a026869", notText],
  ["text that isn't UTF-8", "2a08 0a0165 1203 0a0180", notText],
  ["metadata that isn't UTF-8", "2a10 0a0165 1203 0a0178 2206 0a01ff 120176", notText],
])("%s is invalid", (_, hex, reason) => {
  expect(decode(hex)).toEqual({ kind: "invalid", reason: expect.stringContaining(reason) as string });
});

test("a byte order mark is a character like others", () => {
  expect(decode("3206 0a04 efbbbf67")).toMatchObject({ message: { group: "\ufeffg" } });
});

test("half a surrogate pair, as JSON may hold it, goes out as a replacement character", () => {
  const payload = { dataType: "text", text: "\ud800x \u{1f600}" } as const;
  const bytes = protobufCodec.encode({ kind: "serverData", payload, metadata: undefined })?.frame(1).bytes;
  expect(Buffer.from(bytes ?? []).toString("hex")).toContain(
    Buffer.from("\ufffdx \u{1f600}").toString("hex"),
  );
});

test("an invocation has metadata in field 4", () => {
  // event "e", invocation_id "i", metadata { a: "b" }
  expect(decode("520e 0a0165 120169 2206 0a0161 120162")).toEqual({
    kind: "message",
    message: { kind: "invoke", event: "e", invocationId: "i", payload: undefined, metadata: { a: "b" } },
  });
});
