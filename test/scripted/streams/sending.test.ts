import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  GroupStreamError,
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
  type WebPubSubClientProtocol,
} from "web-pubsub-client";
import { ack } from "../../helpers/frames.js";
import { follow } from "../../helpers/settlement.js";
import { connectedStage, openStream, sentOf, streamAck, streamClosed, streamNack, turn } from "./wire.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("frames (2.16, 2.17.14)", () => {
  test("open, two fragments and the end are four messages", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { streamId: "stream1", idleTimeoutInMs: 15_000 });
    await writer.write("one", "text");
    await writer.write({ two: 2 }, "json");
    const ended = follow(writer.end());
    expect(stage.socket.frames()).toEqual([
      {
        type: "sendToGroup",
        group: "room",
        noEcho: false,
        stream: { streamId: "stream1", idleTimeoutMs: 15_000 },
      },
      { type: "streamData", streamId: "stream1", streamSequenceId: 1, dataType: "text", data: "one" },
      { type: "streamData", streamId: "stream1", streamSequenceId: 2, dataType: "json", data: { two: 2 } },
      { type: "streamEnd", streamId: "stream1" },
    ]);
    await turn();
    expect(ended.status).toBe("pending");
    stage.socket.receiveFrame(streamClosed(undefined, "stream1"));
    await turn();
    expect(ended.status).toBe("resolved");
  });

  test("noEcho reaches the start; without an idle timeout none is named", async () => {
    const stage = await connectedStage();
    await openStream(stage, { noEcho: true });
    expect(stage.socket.frames()).toEqual([
      { type: "sendToGroup", group: "room", noEcho: true, stream: { streamId: "s" } },
    ]);
  });

  test("the default id is a UUID of version 4, a new one each time", async () => {
    const stage = await connectedStage({ random: Math.random });
    for (let i = 0; i < 2; i++) void stage.client.openGroupStream("room").catch(() => undefined);
    const ids = stage.socket.frames().map(({ stream }) => (stream as { streamId: string }).streamId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
    expect(new Set(ids).size).toBe(2);
  });

  test("the type is inferred when none is given", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    for (const content of ["text", 5, null, new Uint8Array([1, 2]), new Uint8Array([1, 2]).buffer]) {
      await writer.write(content);
    }
    expect(stage.socket.frames("streamData").map(({ dataType, data }) => [dataType, data])).toEqual([
      ["text", "text"],
      ["json", 5],
      ["json", null],
      ["binary", "AQI="],
      ["binary", "AQI="],
    ]);
  });

  test("abort ends with the error given, behind what was written", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await writer.write("x");
    const aborted = follow(writer.abort({ message: "sorry", userErrorCode: "APP_42" }));
    expect(stage.socket.frames().slice(1)).toEqual([
      { type: "streamData", streamId: "s", streamSequenceId: 1, dataType: "text", data: "x" },
      { type: "streamEnd", streamId: "s", error: { message: "sorry", userErrorCode: "APP_42" } },
    ]);
    await turn();
    expect(aborted.status).toBe("pending");
    stage.socket.receiveFrame(streamClosed());
    await turn();
    expect(aborted.status).toBe("resolved");
  });

  test("a live id is refused; after the end it is free", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const again = (): Promise<unknown> => stage.client.openGroupStream("other", { streamId: "s" });
    await expect(again()).rejects.toThrow("Stream 's' already exists.");
    const ended = writer.end();
    await expect(again()).rejects.toMatchObject({
      name: "AlreadyExists",
      code: "AlreadyExists",
      streamId: "s",
    });
    stage.socket.receiveFrame(streamClosed());
    await ended;
    const second = await openStream(stage);
    await second.write("x");
    expect(sentOf(stage.socket)).toEqual(["start", "end", "start", "1"]);
  });

  test("after the end nothing more is taken", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { streamId: "stream1" });
    void writer.end();
    const calls = [writer.write("x", "text"), writer.end(), writer.abort({})];
    for (const call of calls) await expect(call).rejects.toThrow("Stream 'stream1' is completed.");
    stage.socket.receiveFrame(streamClosed(undefined, "stream1"));
    await expect(writer.write("x")).rejects.toBeInstanceOf(GroupStreamError);
  });

  test("several streams side by side are told apart", async () => {
    const stage = await connectedStage();
    const a = await openStream(stage, { streamId: "a" });
    const b = await openStream(stage, { streamId: "b" });
    await a.write("1");
    await b.write("1");
    await a.write("2");
    const ended = follow(b.end());
    stage.socket.receiveFrame(streamClosed(undefined, "b"));
    await turn();
    expect(ended.status).toBe("resolved");
    await a.write("3");
    expect([sentOf(stage.socket, "a"), sentOf(stage.socket, "b")]).toEqual([
      ["start", "1", "2", "3"],
      ["start", "1", "end"],
    ]);
  });
});

describe("opening", () => {
  test("waits for the service", async () => {
    const stage = await connectedStage();
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await turn(10_000);
    expect(opening.status).toBe("pending");
    stage.socket.receiveFrame(streamAck(1));
    await turn();
    expect(opening.value?.streamId).toBe("s");
  });

  test("a socket that throws at the start fails it with its words, at once; the id is free (2.16.6)", async () => {
    const stage = await connectedStage();
    stage.socket.sendError = new Error("start failed");
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await turn();
    expect(opening.error).toMatchObject({ name: "SendFailed", message: "start failed" });
    stage.socket.sendError = undefined;
    await turn(60_000);
    expect(sentOf(stage.socket)).toEqual([]);
    const writer = await openStream(stage);
    await writer.write("x");
    expect(sentOf(stage.socket)).toEqual(["start", "1"]);
  });

  test("a refusal by the service rejects with its name", async () => {
    const stage = await connectedStage();
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    stage.socket.receiveFrame(streamClosed({ name: "Forbidden", message: "no" }));
    await turn();
    expect(opening.error).toBeInstanceOf(GroupStreamError);
    expect(opening.error).toMatchObject({
      name: "Forbidden",
      code: "Forbidden",
      message: "no",
      streamId: "s",
    });
    await openStream(stage);
  });

  test("W29: a nack doesn't open the stream", async () => {
    const stage = await connectedStage();
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    stage.socket.receiveFrame(streamNack(1, "s", "TransientError"));
    await turn();
    expect(opening.error).toMatchObject({ name: "TransientError", message: "TransientError!" });
    expect(sentOf(stage.socket)).toEqual(["start"]);
    await openStream(stage);
  });

  test("W31: it has a deadline; the service is told", async () => {
    const stage = await connectedStage();
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s", startTimeoutInMs: 2_000 }));
    await turn(1_999);
    expect(opening.status).toBe("pending");
    await turn(1);
    expect(opening.error).toMatchObject({ name: "Timeout" });
    expect(sentOf(stage.socket)).toEqual(["start", "end!"]);
    // Its late answers aren't taken for those of another stream.
    const again = stage.client.openGroupStream("room", { streamId: "s" });
    await expect(again).rejects.toMatchObject({ name: "AlreadyExists" });
    stage.socket.receiveFrame(streamAck(1));
    stage.socket.receiveFrame(streamClosed());
    await openStream(stage);
  });

  test("W31: what was given up without a link is ended after it", async () => {
    const stage = await connectedStage();
    const abort = new AbortController();
    const opening = follow(
      stage.client.openGroupStream("room", { streamId: "s", abortSignal: abort.signal }),
    );
    await stage.drop();
    abort.abort();
    await turn();
    expect(opening.error).toMatchObject({ name: "Aborted" });
    await stage.recover();
    expect(sentOf(stage.socket)).toEqual(["end!"]);
  });

  test("W37: an id that was given up is free when the service doesn't answer for 30 s", async () => {
    const stage = await connectedStage();
    const abort = new AbortController();
    const opening = follow(
      stage.client.openGroupStream("room", { streamId: "s", abortSignal: abort.signal }),
    );
    abort.abort();
    await turn(29_999);
    expect(opening.status).toBe("rejected");
    await expect(openStream(stage)).rejects.toMatchObject({ name: "AlreadyExists" });
    await turn(1);
    await openStream(stage);
  });

  test("W31: of 30 s by default, without a connection too", async () => {
    const stage = await connectedStage();
    await stage.drop(1008);
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await turn(30_000);
    expect(opening.error).toMatchObject({ name: "Timeout" });
  });

  test("W31: and an abort signal", async () => {
    const stage = await connectedStage();
    const abort = new AbortController();
    const opening = follow(
      stage.client.openGroupStream("room", { streamId: "s", abortSignal: abort.signal }),
    );
    abort.abort();
    await turn();
    expect(opening.error).toMatchObject({ name: "Aborted" });
    expect(opening.error?.cause).toMatchObject({ name: "AbortError" });
    expect(sentOf(stage.socket)).toEqual(["start", "end!"]);
    stage.socket.receiveFrame(streamAck(1));
    stage.socket.receiveFrame(streamClosed());
    await openStream(stage);
  });

  test("a signal that has fired before sends nothing", async () => {
    const stage = await connectedStage();
    const opening = follow(
      stage.client.openGroupStream("room", { streamId: "s", abortSignal: AbortSignal.abort() }),
    );
    await turn();
    expect(opening.error).toMatchObject({ name: "Aborted" });
    expect(sentOf(stage.socket)).toEqual([]);
  });

  test("a signal that fires after the opening does nothing", async () => {
    const stage = await connectedStage();
    const abort = new AbortController();
    const writer = await openStream(stage, { abortSignal: abort.signal });
    abort.abort();
    await writer.write("x");
    expect(sentOf(stage.socket)).toEqual(["start", "1"]);
  });

  test("waits for a connection", async () => {
    const stage = await connectedStage();
    await stage.drop(1008);
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await stage.accept("B");
    expect(sentOf(stage.socket)).toEqual(["start"]);
    stage.socket.receiveFrame(streamAck(1));
    await turn();
    expect(opening.status).toBe("resolved");
  });

  test("a start whose answer was lost with the link is sent again", async () => {
    const stage = await connectedStage();
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await stage.drop();
    await stage.recover();
    expect(sentOf(stage.socket)).toEqual(["start"]);
    stage.socket.receiveFrame(streamAck(1));
    stage.socket.receiveFrame(streamAck(1));
    await turn();
    await opening.value?.write("x");
    expect(sentOf(stage.socket)).toEqual(["start", "1"]);
  });

  test("a stopped client refuses; stopping ends an opening", async () => {
    const stage = await connectedStage();
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await stage.client.stop();
    expect(opening.error).toMatchObject({ name: "NotStarted" });
    await expect(stage.client.openGroupStream("room")).rejects.toMatchObject({ name: "NotStarted" });
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ["an empty id", { streamId: "" }],
    ["an idle timeout of 0", { idleTimeoutInMs: 0 }],
    ["a negative start timeout", { startTimeoutInMs: -1 }],
    ["a window of 0", { maxUnackedFragments: 0 }],
    ["a window of no bytes", { maxUnackedBytes: Number.NaN }],
  ])("%s is refused", async (_name, options) => {
    const stage = await connectedStage();
    const opening = follow(stage.client.openGroupStream("room", options));
    await turn();
    expect(opening.error).toBeInstanceOf(GroupStreamError);
    expect(opening.error).toMatchObject({ name: "InvalidMessage" });
    expect(stage.socket.frames()).toEqual([]);
  });

  test.each([0, -1, NaN, Infinity])("an idle timeout of %s is refused", async (idleTimeoutInMs) => {
    const stage = await connectedStage();
    await expect(stage.client.openGroupStream("room", { idleTimeoutInMs })).rejects.toMatchObject({
      name: "InvalidMessage",
    });
    expect(stage.socket.frames()).toEqual([]);
  });

  test("a group needs a name", async () => {
    const stage = await connectedStage();
    await expect(stage.client.openGroupStream("")).rejects.toMatchObject({ name: "InvalidMessage" });
  });
});

describe("messages of the service (2.17)", () => {
  test("1: for unknown streams are ignored; ordinary acks go on", async () => {
    const stage = await connectedStage();
    for (const frame of [streamAck(5, "?"), streamNack(5, "?"), streamClosed({ name: "X" }, "?")]) {
      stage.socket.receiveFrame(frame);
    }
    const joined = stage.client.joinGroup("room", { ackId: 101 });
    stage.socket.receiveFrame(ack(101));
    expect(await joined).toEqual({ ackId: 101, isDuplicated: false });
  });

  test("3: a nack isn't an error of the stream, a closing is", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const errors: Error[] = [];
    writer.onError((error) => errors.push(error));
    await writer.write("x");
    stage.socket.receiveFrame(streamNack(1));
    await turn(50);
    expect(errors).toEqual([]);
    stage.socket.receiveFrame(streamClosed({ name: "StreamNotFound", message: "stream closed" }));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(GroupStreamError);
    expect(errors[0]).toMatchObject({ name: "StreamNotFound", message: "stream closed" });
    await expect(writer.write("y")).rejects.toThrow("is completed");
  });

  test("4: an ack that can't be is a violation of the protocol", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const errors: Error[] = [];
    writer.onError((error) => errors.push(error));
    stage.socket.receiveFrame(streamAck(999));
    const message = "Invalid sequence id 999 for ack. Expected range [1, 1].";
    expect(stage.socket.frames("streamEnd")).toEqual([
      { type: "streamEnd", streamId: "s", error: { message, userErrorCode: "ProtocolViolation" } },
    ]);
    expect(errors).toMatchObject([{ name: "ProtocolViolation", message }]);
    const late = follow(writer.write("x"));
    await turn();
    expect(late.error?.message).toContain("is completed");
    expect(late.error?.cause).toBe(errors[0]);
  });

  test("an ack other than 1 doesn't open a stream", async () => {
    const stage = await connectedStage();
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    stage.socket.receiveFrame(streamAck(7));
    await turn();
    expect(opening.error).toMatchObject({ name: "ProtocolViolation" });
  });

  test("an ack that comes late does no harm", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    for (let i = 0; i < 3; i++) await writer.write("x");
    stage.socket.receiveFrame(streamAck(3));
    stage.socket.receiveFrame(streamAck(2));
    stage.socket.receiveFrame(streamAck(3));
    await writer.write("x");
    expect(sentOf(stage.socket)).toEqual(["start", "1", "2", "3", "4"]);
  });

  test("12: a removed listener isn't called, the other is; one that throws harms none", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const seen: string[] = [];
    const off = writer.onError(() => seen.push("removed"));
    writer.onError(() => {
      seen.push("throwing");
      throw new Error("listener");
    });
    writer.onError(() => seen.push("kept"));
    writer.onError(() => Promise.reject(new Error("async listener")));
    off();
    stage.socket.receiveFrame(streamClosed({ name: "IdleTimeout" }));
    await turn();
    expect(seen).toEqual(["throwing", "kept"]);
  });

  test("a closing without an error that nobody asked for completes the stream silently", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const errors: Error[] = [];
    writer.onError((error) => errors.push(error));
    stage.socket.receiveFrame(streamClosed());
    await expect(writer.write("x")).rejects.toThrow("is completed");
    expect(errors).toEqual([]);
  });

  test("a closing with an error fails the end that waits", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const ended = follow(writer.end());
    stage.socket.receiveFrame(streamClosed({ name: "InternalServerError", message: "oops" }));
    await turn();
    expect(ended.error).toMatchObject({ name: "InternalServerError", message: "oops" });
  });
});

describe("the window (W33)", () => {
  test("a write resolves with its place in it, and waits while there is none", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { maxUnackedFragments: 2 });
    const writes = ["a", "b", "c", "d"].map((content) => follow(writer.write(content)));
    await turn();
    expect(writes.map(({ status }) => status)).toEqual(["resolved", "resolved", "pending", "pending"]);
    expect(sentOf(stage.socket)).toEqual(["start", "1", "2"]);
    stage.socket.receiveFrame(streamAck(2));
    await turn();
    expect(writes.map(({ status }) => status)).toEqual(["resolved", "resolved", "resolved", "pending"]);
    stage.socket.receiveFrame(streamAck(4));
    await turn();
    expect(sentOf(stage.socket)).toEqual(["start", "1", "2", "3", "4"]);
    expect(stage.socket.frames("streamData").map(({ data }) => data)).toEqual(["a", "b", "c", "d"]);
  });

  test("counts bytes too; one fragment always fits", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { maxUnackedBytes: 1_000 });
    const big = follow(writer.write("x".repeat(5_000)));
    const small = follow(writer.write("y"));
    await turn();
    expect([big.status, small.status]).toEqual(["resolved", "pending"]);
    stage.socket.receiveFrame(streamAck(2));
    await turn();
    expect(small.status).toBe("resolved");
  });

  test("is 128 fragments by default", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const writes = Array.from({ length: 129 }, () => follow(writer.write("x")));
    await turn();
    expect(writes.filter(({ status }) => status === "resolved")).toHaveLength(128);
  });

  test("what waits is bounded by bytes; more is refused at once and harms nothing", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { maxUnackedBytes: 1_000 });
    const writes = Array.from({ length: 20 }, () => follow(writer.write("x".repeat(900))));
    await turn();
    const statuses = (status: string) => writes.filter((write) => write.status === status);
    // Four windows, and what steps over the line.
    expect([statuses("resolved").length, statuses("pending").length]).toEqual([1, 5]);
    for (const { error } of statuses("rejected")) expect(error).toMatchObject({ name: "TooManyPending" });
    for (let id = 2; id <= 7; id++) stage.socket.receiveFrame(streamAck(id));
    await turn();
    expect(statuses("resolved")).toHaveLength(6);
    expect(sentOf(stage.socket)).toEqual(["start", "1", "2", "3", "4", "5", "6"]);
  });

  test("and by count", async () => {
    const stage = await connectedStage({ maxPendingOperations: 2 });
    const writer = await openStream(stage, { maxUnackedFragments: 1 });
    const writes = Array.from({ length: 5 }, () => follow(writer.write("x")));
    await turn();
    expect(writes.map(({ status }) => status)).toEqual([
      "resolved",
      "pending",
      "pending",
      "rejected",
      "rejected",
    ]);
  });

  test("W12: an abort takes a waiting fragment back; the others are numbered without it", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { maxUnackedFragments: 1 });
    const abort = new AbortController();
    await writer.write("a");
    const taken = follow(writer.write("b", { abortSignal: abort.signal }));
    const kept = follow(writer.write("c"));
    abort.abort();
    await turn();
    expect(taken.error).toMatchObject({ name: "Aborted" });
    stage.socket.receiveFrame(streamAck(2));
    await turn();
    expect(kept.status).toBe("resolved");
    expect(
      stage.socket.frames("streamData").map(({ streamSequenceId, data }) => [streamSequenceId, data]),
    ).toEqual([
      [1, "a"],
      [2, "c"],
    ]);
    stage.socket.receiveFrame(streamClosed({ name: "IdleTimeout" }));
    await turn();
  });

  test("W12: a signal that has fired before sends nothing, one that fires later changes nothing", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await expect(writer.write("x", "text", { abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "Aborted",
    });
    const abort = new AbortController();
    await writer.write("y", "text", { abortSignal: abort.signal });
    abort.abort();
    await turn();
    expect(stage.socket.frames("streamData").map(({ data }) => data)).toEqual(["y"]);
  });

  test("the end waits behind what waits", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { maxUnackedFragments: 1 });
    void writer.write("a");
    void writer.write("b");
    void writer.end();
    expect(sentOf(stage.socket)).toEqual(["start", "1"]);
    stage.socket.receiveFrame(streamAck(2));
    expect(sentOf(stage.socket)).toEqual(["start", "1", "2", "end"]);
  });

  test("what waits fails with the stream", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { maxUnackedFragments: 1 });
    void writer.write("a");
    const waiting = follow(writer.write("b"));
    stage.socket.receiveFrame(streamClosed({ name: "IdleTimeout", message: "too slow" }));
    await turn();
    expect(waiting.error).toMatchObject({ name: "IdleTimeout", message: "too slow" });
  });
});

describe("W32, W24: what can't be sent", () => {
  test.each([
    ["text as binary", "x", "binary"],
    ["a number as text", 5, "text"],
    ["undefined", undefined, "json"],
    ["a function", () => 1, "json"],
    ["a circle", circle(), "json"],
    ["what says that it has no JSON", { toJSON: () => undefined }, "json"],
    ["a view of bytes that were given away", givenAway(), "binary"],
    ["a frame over 1 MB", "x".repeat(1 << 20), "text"],
  ] as const)("%s is refused at once and harms nothing", async (_name, content, dataType) => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const bad = follow(writer.write(content as string, dataType));
    await turn();
    expect(bad.error).toBeInstanceOf(GroupStreamError);
    expect(bad.error).toMatchObject({ name: "InvalidMessage" });
    await writer.write("good");
    const ended = follow(writer.end());
    stage.socket.receiveFrame(streamClosed());
    await turn();
    expect(ended.status).toBe("resolved");
    expect(sentOf(stage.socket)).toEqual(["start", "1", "end"]);
  });

  test("W24: JSON null is a fragment, not a keep-alive", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await writer.write(null, "json");
    expect(stage.socket.frames("streamData")).toEqual([
      { type: "streamData", streamId: "s", streamSequenceId: 1, dataType: "json", data: null },
    ]);
  });

  test("an abort without words is an abort", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    void writer.abort().catch(() => undefined);
    expect(stage.socket.frames("streamEnd")).toEqual([{ type: "streamEnd", streamId: "s", error: {} }]);
  });

  test("an end that is too long is refused; the stream stays open", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await expect(writer.abort({ message: "x".repeat(1 << 20) })).rejects.toMatchObject({
      name: "InvalidMessage",
    });
    await writer.write("x");
    expect(sentOf(stage.socket)).toEqual(["start", "1"]);
  });
});

test("a stopping that drains waits for the ends under way", async () => {
  const stage = await connectedStage();
  const writer = await openStream(stage);
  const ended = follow(writer.end());
  const stopped = follow(stage.client.stop({ drainInMs: 10_000 }));
  await turn(1_000);
  expect(stopped.status).toBe("pending");
  stage.socket.receiveFrame(streamClosed());
  await turn(100);
  expect([ended.status, stopped.status]).toEqual(["resolved", "resolved"]);
});

test("stopping fails open streams, and leaves no timer", async () => {
  const stage = await connectedStage({ protocol: WebPubSubJsonProtocol() });
  const writer = await openStream(stage);
  const errors: Error[] = [];
  writer.onError((error) => errors.push(error));
  await writer.write("x");
  const ended = follow(writer.end());
  await stage.client.stop();
  expect(ended.error).toMatchObject({ name: "NotStarted" });
  expect(errors).toMatchObject([
    { name: "NotStarted", message: "Stream session aborted because client is stopping." },
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

function givenAway(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function circle(): object {
  const self: { self?: object } = {};
  self.self = self;
  return self;
}

test("a farewell that the socket refuses harms nothing", async () => {
  const stage = await connectedStage();
  const writer = await openStream(stage);
  const errors: Error[] = [];
  writer.onError((error) => errors.push(error));
  stage.socket.sendError = new Error("full");
  stage.socket.receiveFrame(streamAck(9));
  expect(errors).toMatchObject([{ name: "ProtocolViolation" }]);
  expect(stage.client.state).toBe("Connected");
});

test("a waiting fragment that can't be written any more fails alone", async () => {
  const stage = await connectedStage();
  const writer = await openStream(stage, { maxUnackedFragments: 1 });
  const abort = new AbortController();
  const content: { self?: object } = {};
  await writer.write("a");
  const taken = follow(writer.write("b", { abortSignal: abort.signal }));
  const changed = follow(writer.write(content));
  const last = follow(writer.write("d"));
  // It gets another number, so it is written again, and can't be.
  abort.abort();
  content.self = content;
  stage.socket.receiveFrame(streamAck(2));
  await turn();
  expect(taken.error).toMatchObject({ name: "Aborted" });
  expect(changed.error).toMatchObject({ name: "InvalidMessage" });
  expect(last.status).toBe("resolved");
  expect(sentOf(stage.socket)).toEqual(["start", "1", "2"]);
});

describe("a codec of which parts of a stream are unknown", () => {
  const without = (kind: string): WebPubSubClientProtocol => {
    const json = WebPubSubJsonReliableProtocol();
    return {
      ...json,
      writeMessage: (message) => {
        if (message.kind === kind) throw new TypeError(`No ${kind} here.`);
        return json.writeMessage(message);
      },
    };
  };

  test("fragments: the stream is refused at once, and nothing is sent", async () => {
    const stage = await connectedStage({ protocol: without("streamData") });
    await expect(stage.client.openGroupStream("room")).rejects.toMatchObject({
      code: "InvalidMessage",
      message: "No streamData here.",
    });
    expect(stage.socket.sent).toEqual([]);
  });

  test("the end: giving a stream up rejects it and throws nowhere", async () => {
    const stage = await connectedStage({ protocol: without("streamEnd") });
    const opened = follow(stage.client.openGroupStream("room", { startTimeoutInMs: 100 }));
    await turn(100);
    expect(opened.error?.code).toBe("Timeout");
  });
});
