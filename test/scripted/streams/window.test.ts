import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GroupStreamError } from "web-pubsub-client";
import { follow } from "../../helpers/settlement.js";
import { connectedStage, openStream, sentOf, streamAck, streamClosed, turn } from "./wire.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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
