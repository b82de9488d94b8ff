import { describe, expect, test } from "vitest";
import {
  groupMessage,
  sendEventMessage,
  sendToGroupMessage,
} from "../../../src/core/session/operationMessage.js";
import { invokeMessage } from "../../../src/features/invocations/invocations.js";
import { setGroupStateMessage } from "../../../src/features/presence/presenceMessages.js";

const text = (bytes: unknown): string => Buffer.from(bytes as ArrayBuffer).toString("latin1");

describe("messages", () => {
  test("carry what the call says and nothing else", () => {
    expect(groupMessage("joinGroup", "g")).toEqual({ kind: "joinGroup", group: "g" });
    expect(groupMessage("leaveGroup", "g")).toEqual({ kind: "leaveGroup", group: "g" });
    expect(sendToGroupMessage("g", "hi", "text")).toStrictEqual({
      kind: "sendToGroup",
      group: "g",
      dataType: "text",
      data: "hi",
      noEcho: false,
    });
    expect(sendEventMessage("e", { a: 1 }, "json")).toStrictEqual({
      kind: "sendEvent",
      event: "e",
      dataType: "json",
      data: { a: 1 },
    });
    expect(groupMessage("subscribeGroupState", "g")).toEqual({ kind: "subscribeGroupState", group: "g" });
    expect(groupMessage("unsubscribeGroupState", "g")).toEqual({ kind: "unsubscribeGroupState", group: "g" });
    expect(invokeMessage("1", "e", "x")).toEqual({
      kind: "invoke",
      invocationId: "1",
      target: "event",
      event: "e",
      dataType: "text",
      data: "x",
    });
  });

  test("carry the options", () => {
    const options = { noEcho: true, metadata: { a: "1" }, ttlSeconds: 300 };
    expect(sendToGroupMessage("g", "hi", undefined, options)).toMatchObject(options);
    expect(sendToGroupMessage("g", "hi", undefined, { ttlSeconds: 0 }).ttlSeconds).toBe(0);
    expect(sendEventMessage("e", "hi", undefined, { metadata: { a: "1" } }).metadata).toEqual({ a: "1" });
  });
});

describe("the data type that wasn't given", () => {
  test.each([
    ["a string", "x", "text"],
    ["an ArrayBuffer", new ArrayBuffer(1), "binary"],
    ["a Uint8Array", new Uint8Array(1), "binary"],
    ["a Node Buffer", Buffer.from("x"), "binary"],
    ["a DataView", new DataView(new ArrayBuffer(1)), "binary"],
    ["an object", {}, "json"],
    ["an array", [1], "json"],
    ["a number", 0, "json"],
    ["a boolean", false, "json"],
    ["null", null, "json"],
  ])("of %s", (_what, content, dataType) => {
    expect(sendToGroupMessage("g", content).dataType).toBe(dataType);
    expect(sendEventMessage("e", content).dataType).toBe(dataType);
    expect(invokeMessage("1", "e", content).dataType).toBe(dataType);
  });
});

describe("W7: views of bytes", () => {
  const whole = new TextEncoder().encode("0123456789").buffer;

  test.each([
    ["a part of a buffer", new Uint8Array(whole, 2, 3), "234"],
    ["a whole buffer", new Uint8Array(whole), "0123456789"],
    ["a DataView", new DataView(whole, 8), "89"],
    ["a Node Buffer from the pool", Buffer.from("xyz"), "xyz"],
    ["a wider element", new Uint16Array(whole, 4, 2), "4567"],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(2)).fill(0x61), "aa"],
    ["nothing", new Uint8Array(whole, 5, 0), ""],
  ])("%s becomes an ArrayBuffer of exactly its bytes", (_what, view, bytes) => {
    for (const dataType of ["binary", "protobuf"] as const) {
      const { data } = sendToGroupMessage("g", view, dataType);
      expect(data).toBeInstanceOf(ArrayBuffer);
      expect(text(data)).toBe(bytes);
    }
  });

  test("an ArrayBuffer is passed on", () => {
    expect(sendToGroupMessage("g", whole, "binary").data).toBe(whole);
  });

  test("a view sent as JSON stays what it is", () => {
    const view = new Uint8Array([1]);
    expect(sendToGroupMessage("g", view, "json").data).toBe(view);
  });
});

describe("names", () => {
  test.each(["x", "x".repeat(1024), "grüße", " x"])("%j is one", (name) => {
    expect(groupMessage("joinGroup", name).group).toBe(name);
  });

  test.each(["", "x".repeat(1025), undefined, null, 5, {}])("%j is none", (given) => {
    const name = given as string;
    const group = /^group must be a string of 1 to 1024 characters\.$/;
    expect(() => groupMessage("joinGroup", name)).toThrow(group);
    expect(() => groupMessage("leaveGroup", name)).toThrow(group);
    expect(() => sendToGroupMessage(name, "x")).toThrow(group);
    expect(() => groupMessage("subscribeGroupState", name)).toThrow(group);
    expect(() => setGroupStateMessage(name, {})).toThrow(group);
    expect(() => sendEventMessage(name, "x")).toThrow(/^event must be/);
    expect(() => invokeMessage("1", name, "x")).toThrow(/^event must be/);
  });

  test.each([" ", "\t\n ", "\u00a0"])("%j, of blanks only, is none", (name) => {
    expect(() => groupMessage("joinGroup", name)).toThrow("group must not consist of blanks only.");
    expect(() => sendEventMessage(name, "x")).toThrow("event must not consist of blanks only.");
  });
});

describe("metadata", () => {
  const send = (metadata: Record<string, string>) => () =>
    sendToGroupMessage("g", "x", "text", { metadata }).metadata;

  test("may be at most what the service takes", () => {
    const full = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i}`, "x".repeat(1023)]));
    expect(send(full)()).toEqual(full);
    expect(send({ ["k".repeat(256)]: "" })()).toBeDefined();
    expect(send({ "!#$%&'*+.^_`|~-09azAZ": " ~" })()).toBeDefined();
    expect(send({})()).toEqual({});
  });

  test.each([
    ["a long name", { ["k".repeat(257)]: "" }, TypeError],
    ["an empty name", { "": "" }, TypeError],
    ["a name with a space", { "a b": "" }, TypeError],
    ["a name with a line break at its end", { "a\n": "" }, TypeError],
    ["a long value", { a: "x".repeat(1025) }, TypeError],
    ["a value that isn't ASCII", { a: "ü" }, TypeError],
    ["a line break", { a: "a\nb" }, TypeError],
    ["a line break at the end", { a: "a\n" }, TypeError],
    ["a value that is no string", { a: 1 as unknown as string }, TypeError],
    [
      "too much in all",
      Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}`, "x".repeat(1000)])),
      RangeError,
    ],
  ])("refuses %s, with the words why", (_what, metadata, error) => {
    expect(send(metadata)).toThrow(error);
    expect(send(metadata)).toThrow(/^metadata/);
    expect(() => sendEventMessage("e", "x", "text", { metadata })).toThrow(error);
  });
});

test.each([-1, 301, 1.5, NaN, Infinity, "5" as unknown as number])("ttlSeconds can't be %s", (ttlSeconds) => {
  expect(() => sendToGroupMessage("g", "x", "text", { ttlSeconds })).toThrow(
    new RangeError("ttlSeconds must be an integer from 0 to 300."),
  );
});

describe("group states", () => {
  test("are copied, so that later changes of the caller's object don't travel", () => {
    const state = { status: "typing" };
    const message = setGroupStateMessage("g", state);
    state.status = "gone";
    expect(message).toEqual({ kind: "setGroupState", group: "g", state: { status: "typing" } });
  });

  test("are cleared by none", () => {
    expect(setGroupStateMessage("g", undefined)).toStrictEqual({ kind: "setGroupState", group: "g" });
  });

  test.each([null, [], "x", 5, { a: 1 }, { a: null }])("%j is none", (state) => {
    expect(() => setGroupStateMessage("g", state as unknown as Record<string, string>)).toThrow(/^state/);
  });
});
