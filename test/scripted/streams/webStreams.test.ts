import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { GroupStream } from "web-pubsub-client";
import { follow } from "../../helpers/settlement.js";
import type { Stage } from "../../helpers/stage.js";
import {
  connectedStage,
  endOf,
  fragment,
  openStream,
  sentOf,
  streamAck,
  streamClosed,
  turn,
} from "./wire.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const sent = (stage: Stage): unknown[] => stage.socket.frames("streamData").map(({ data }) => data);

function sourceOf<T>(chunks: T[]): ReadableStream<T> {
  return new ReadableStream<T>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

describe("writer.writable", () => {
  test("a readable piped into it becomes fragments and the end", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const piped = follow(sourceOf(["a", { b: 1 }, new Uint8Array([1, 2])]).pipeTo(writer.writable));
    await vi.waitFor(() => expect(sentOf(stage.socket)).toEqual(["start", "1", "2", "3", "end"]));
    expect(sent(stage)).toEqual(["a", { b: 1 }, "AQI="]);
    expect(piped.status).toBe("pending");
    stage.socket.receiveFrame(streamClosed());
    await turn();
    expect(piped.status).toBe("resolved");
    expect(writer.writable).toBe(writer.writable);
  });

  test("its back-pressure is the window's", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { maxUnackedFragments: 2 });
    let pulled = 0;
    const source = new ReadableStream<string>(
      { pull: (controller) => controller.enqueue(`${++pulled}`) },
      { highWaterMark: 0 },
    );
    void source.pipeTo(writer.writable).catch(() => undefined);
    await turn(10);
    // Two have a place, one waits for it, one waits in the pipe.
    expect(pulled).toBeLessThanOrEqual(4);
    expect(sent(stage)).toEqual(["1", "2"]);
    stage.socket.receiveFrame(streamAck(3));
    await turn(10);
    expect(sent(stage)).toEqual(["1", "2", "3", "4"]);
  });

  test("desiredSize and ready tell of the window", async () => {
    const stage = await connectedStage();
    const sink = (await openStream(stage, { maxUnackedFragments: 1 })).writable.getWriter();
    expect(sink.desiredSize).toBe(1);
    await sink.write("a");
    await sink.ready;
    const second = follow(sink.write("b"));
    const ready = follow(sink.ready);
    await turn();
    expect([sink.desiredSize, second.status, ready.status]).toEqual([0, "pending", "pending"]);
    stage.socket.receiveFrame(streamAck(2));
    await turn();
    expect([sink.desiredSize, second.status, ready.status]).toEqual([1, "resolved", "resolved"]);
  });

  test("aborting it takes back what waits for the window, at once", async () => {
    const stage = await connectedStage();
    const sink = (await openStream(stage, { maxUnackedFragments: 1 })).writable.getWriter();
    await sink.write("a");
    const waiting = follow(sink.write("b"));
    await turn();
    const aborted = follow(sink.abort("enough"));
    await turn();
    // The end goes out behind what has its place in the window, and nothing else.
    expect(sentOf(stage.socket)).toEqual(["start", "1", "end!"]);
    expect(stage.socket.frames("streamEnd")).toMatchObject([{ error: { message: "enough" } }]);
    expect(waiting.status).toBe("rejected");
    stage.socket.receiveFrame(streamClosed());
    await turn();
    expect(aborted.status).toBe("resolved");
  });

  test("a source that fails aborts it, with its words; without words too", async () => {
    const cases: [reason: unknown, error: object][] = [
      [new Error("unplugged"), { message: "unplugged" }],
      [undefined, {}],
      [Object.create(null), { message: "Something was thrown that has no words." }],
    ];
    for (const [reason, error] of cases) {
      const stage = await connectedStage();
      const writer = await openStream(stage);
      const piped = follow(
        new ReadableStream<string>({ start: (controller) => controller.error(reason) }).pipeTo(
          writer.writable,
        ),
      );
      await turn();
      expect(stage.socket.frames("streamEnd")).toMatchObject([{ error }]);
      stage.socket.receiveFrame(streamClosed());
      await turn();
      expect(piped.status).toBe("rejected");
    }
  });

  test("one stream piped into another hands its failure on", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { streamId: "copy" });
    let piped: Promise<void> | undefined;
    stage.client.onGroupStream((stream) => {
      piped = stream.readable.pipeTo(writer.writable);
    });
    stage.socket.receiveFrame(fragment(1, "a"));
    const error = { name: "UserError", message: "lost the thread", userErrorCode: "APP_42" };
    stage.socket.receiveFrame(endOf(2, "", error));
    await turn();
    expect(sent(stage)).toEqual(["a"]);
    expect(stage.socket.frames("streamEnd")).toEqual([
      { type: "streamEnd", streamId: "copy", error: { message: "lost the thread", userErrorCode: "APP_42" } },
    ]);
    stage.socket.receiveFrame(streamClosed(undefined, "copy"));
    await expect(piped).rejects.toMatchObject({ name: "UserError" });
  });

  test("an aborted pipe aborts the stream; what cancels it is its signal's reason", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const abort = new AbortController();
    const cancelled = vi.fn();
    const source = new ReadableStream<string>({ cancel: cancelled });
    const piped = follow(source.pipeTo(writer.writable, { signal: abort.signal }));
    await turn();
    abort.abort(new Error("changed my mind"));
    await turn();
    expect(stage.socket.frames("streamEnd")).toMatchObject([{ error: { message: "changed my mind" } }]);
    stage.socket.receiveFrame(streamClosed());
    await turn();
    expect(piped.error?.message).toBe("changed my mind");
    expect(cancelled).toHaveBeenCalledTimes(1);
  });

  test("several sources go into one stream with preventClose", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await sourceOf(["a"]).pipeTo(writer.writable, { preventClose: true });
    await writer.write("between");
    void sourceOf(["b"]).pipeTo(writer.writable);
    await vi.waitFor(() => expect(sentOf(stage.socket)).toEqual(["start", "1", "2", "3", "end"]));
    expect(sent(stage)).toEqual(["a", "between", "b"]);
    stage.socket.receiveFrame(streamClosed());
    await turn();
  });

  test("a chunk that can't be sent fails the pipe, and its receivers are told", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const piped = follow(sourceOf<unknown>(["a", undefined]).pipeTo(writer.writable as WritableStream));
    await turn();
    expect(piped.error).toMatchObject({ name: "InvalidMessage" });
    expect(sentOf(stage.socket)).toEqual(["start", "1", "end!"]);
    expect(stage.socket.frames("streamEnd")).toMatchObject([{ error: { message: piped.error?.message } }]);
    stage.socket.receiveFrame(streamClosed());
    await turn();
  });

  test("a long chunk is split, bytes and text, and no character cut in two", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const bytes = new Uint8Array(300_000).map((_, index) => index);
    const text = `${"x".repeat((1 << 17) - 1)}😀${"y".repeat(100_000)}`;
    const sink = writer.writable.getWriter();
    await sink.write(bytes.buffer);
    await sink.write(text);
    await sink.write("");
    const frames = stage.socket.frames("streamData");
    const binary = frames.filter(({ dataType }) => dataType === "binary").map(({ data }) => data as string);
    const texts = frames.filter(({ dataType }) => dataType === "text").map(({ data }) => data as string);
    expect(binary.length).toBeGreaterThan(1);
    expect(Buffer.concat(binary.map((data) => Buffer.from(data, "base64"))).equals(Buffer.from(bytes))).toBe(
      true,
    );
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.join("")).toBe(text);
    // Half a character can't be encoded.
    for (const part of texts) expect(() => encodeURIComponent(part)).not.toThrow();
    // An empty chunk stays a fragment of its own.
    expect(texts.at(-1)).toBe("");
    for (const frame of stage.socket.raw) expect(Buffer.from(frame as string).length).toBeLessThan(1 << 20);
  });

  test("aborting it aborts the stream with the reason's words", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    void writer.writable.abort(new Error("no more"));
    await turn();
    expect(stage.socket.frames("streamEnd")).toEqual([
      { type: "streamEnd", streamId: "s", error: { message: "no more" } },
    ]);
    stage.socket.receiveFrame(streamClosed());
    await turn();
  });

  test("a stream that fails fails it, so that the source is cancelled", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const cancelled = vi.fn();
    const source = new ReadableStream<string>({ cancel: cancelled });
    const piped = follow(source.pipeTo(writer.writable));
    stage.socket.receiveFrame(streamClosed({ name: "Forbidden", message: "no" }));
    await turn();
    expect(piped.error).toMatchObject({ name: "Forbidden" });
    expect(cancelled).toHaveBeenCalledTimes(1);
  });

  test("asked for after the failure it is failed", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    stage.socket.receiveFrame(streamClosed({ name: "Forbidden", message: "no" }));
    await expect(writer.writable.getWriter().closed).rejects.toMatchObject({ name: "Forbidden" });
  });
});

/** The stream that arrives; its fragments are given by data type and payload. */
async function arriving(fragments: [dataType: string, data: unknown][], end?: object): Promise<GroupStream> {
  const stage = await connectedStage();
  const streams: GroupStream[] = [];
  stage.client.onGroupStream((stream) => void streams.push(stream));
  fragments.forEach(([dataType, data], index) =>
    stage.socket.receiveFrame(fragment(index + 1, data, { dataType })),
  );
  if (end !== undefined) stage.socket.receiveFrame(end as Record<string, unknown>);
  const [stream] = streams;
  if (stream === undefined) throw new Error("No stream came.");
  return stream;
}

const base64 = (bytes: number[]): string => Buffer.from(bytes).toString("base64");

describe("collecting a stream", () => {
  test("text() joins text, decodes bytes across fragments and writes JSON", async () => {
    // The euro sign is E2 82 AC.
    const stream = await arriving(
      [
        ["text", "a"],
        ["binary", base64([0xe2, 0x82])],
        ["binary", base64([0xac])],
        ["json", { b: 1 }],
        ["json", "c"],
        ["json", null],
      ],
      endOf(7, "z"),
    );
    expect(await stream.text()).toBe('a€{"b":1}"c"nullz');
  });

  test("bytes() joins bytes and encodes text", async () => {
    const stream = await arriving(
      [
        ["binary", base64([1, 2])],
        ["text", "€"],
        ["binary", base64([3])],
      ],
      endOf(4),
    );
    expect(await stream.bytes()).toEqual(new Uint8Array([1, 2, 0xe2, 0x82, 0xac, 3]));
  });

  test("json() parses what text() gives", async () => {
    const whole = await arriving([["json", { a: [1] }]], endOf(2));
    expect(await whole.json()).toEqual({ a: [1] });
    const parts = await arriving(
      [
        ["text", '{"a":'],
        ["text", "[2]}"],
      ],
      endOf(3),
    );
    expect(await parts.json<{ a: number[] }>()).toEqual({ a: [2] });
    const none = await arriving([["text", "no JSON"]], endOf(2));
    await expect(none.json()).rejects.toBeInstanceOf(SyntaxError);
  });

  test.each(["text", "bytes", "json"] as const)("%s() rejects with the stream's error", async (method) => {
    const stream = await arriving([["text", "1"]], endOf(2, "", { name: "UserError", message: "sorry" }));
    await expect(stream[method]()).rejects.toMatchObject({ name: "UserError", message: "sorry" });
  });
});

describe("one reader for all of it", () => {
  test("of two that collect, one gets everything and the other an error", async () => {
    const stream = await arriving(
      [
        ["text", "a"],
        ["text", "b"],
      ],
      endOf(3),
    );
    const [first, second] = [follow(stream.text()), follow(stream.bytes())];
    await turn();
    expect(first.value).toBe("ab");
    expect(second.error).toMatchObject({ name: "Taken", code: "Taken" });
    await expect(stream.json()).rejects.toMatchObject({ name: "Taken" });
  });

  test("a loop doesn't take fragments from a collection, nor the other way round", async () => {
    const stream = await arriving([["text", "a"]]);
    const loop = stream[Symbol.asyncIterator]();
    await loop.next();
    const waiting = follow(loop.next());
    await expect(stream.text()).rejects.toMatchObject({ name: "Taken" });
    expect(waiting.status).toBe("pending");

    const other = await arriving([["text", "a"]]);
    const text = follow(other.text());
    await expect(other[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: "Taken" });
    await expect(other.readable.getReader().read()).rejects.toMatchObject({ name: "Taken" });
    await turn();
    expect(text.status).toBe("pending");
  });

  test("nor does a collection from a readable that is being read", async () => {
    const stream = await arriving([["text", "a"]], endOf(2));
    const source = stream.readable.getReader();
    await expect(stream.text()).rejects.toMatchObject({ name: "Taken" });
    expect(await source.read()).toEqual({ done: false, value: "a" });
  });

  test("the first fragment may be read before the rest is collected", async () => {
    const stream = await arriving(
      [
        ["json", { title: "x" }],
        ["text", "body"],
      ],
      endOf(3),
    );
    const first = await stream[Symbol.asyncIterator]().next();
    expect(first).toMatchObject({ value: { data: { title: "x" } } });
    expect(await stream.text()).toBe("body");
  });
});

describe("stream.readable", () => {
  test("gives the payloads and ends", async () => {
    const stream = await arriving(
      [
        ["text", "a"],
        ["binary", base64([1, 2])],
        ["json", { b: 1 }],
      ],
      endOf(4),
    );
    const chunks: unknown[] = [];
    for await (const chunk of stream.readable) chunks.push(chunk);
    expect(chunks).toEqual(["a", new Uint8Array([1, 2]), { b: 1 }]);
  });

  test("is what a Response takes", async () => {
    const stream = await arriving(
      [
        ["binary", base64([104])],
        ["binary", base64([105])],
      ],
      endOf(3),
    );
    expect(await new Response(stream.readable as ReadableStream<Uint8Array<ArrayBuffer>>).text()).toBe("hi");
  });

  test("fails with the stream", async () => {
    const stream = await arriving([["text", "a"]], endOf(2, "", { name: "Cancelled" }));
    const source = stream.readable.getReader();
    expect(await source.read()).toEqual({ done: false, value: "a" });
    await expect(source.read()).rejects.toMatchObject({ name: "Cancelled" });
  });

  test("cancelling it leaves the stream", async () => {
    const stream = await arriving([["text", "a"]]);
    await stream.readable.cancel();
    expect(stream.abortSignal.aborted).toBe(true);
  });
});
