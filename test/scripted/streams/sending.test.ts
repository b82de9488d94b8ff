import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GroupStreamError, WebPubSubJsonProtocol } from "web-pubsub-client";
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
