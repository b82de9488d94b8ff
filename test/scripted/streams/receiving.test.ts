import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GroupStreamError, WebPubSubJsonProtocol, type GroupStream } from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf/core";
import { follow } from "../../helpers/settlement.js";
import { Stage, isProtobuf } from "../../helpers/stage.js";
import { connectedStage, endOf, fragment, reader, turn } from "./wire.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Options = Parameters<Awaited<ReturnType<typeof connectedStage>>["client"]["onGroupStream"]>[1];

/** A connected stage whose streams are read. */
async function reading(options?: Options) {
  const stage = await connectedStage();
  const { readings, read } = reader();
  const subscription = stage.client.onGroupStream(read, options);
  const receive = async (...frames: object[]): Promise<void> => {
    for (const frame of frames) stage.socket.receiveFrame(frame as Record<string, unknown>);
    await turn();
  };
  return { stage, readings, subscription, receive };
}

const inGroup = (group: string, frame: Record<string, unknown>) => ({ ...frame, group });
const named = (streamId: string, frame: Record<string, unknown>) => ({
  ...frame,
  stream: { ...(frame["stream"] as object), streamId },
});

describe("a stream", () => {
  test("is read by a loop, with all that is known of a fragment", async () => {
    const { stage, receive } = await reading();
    const messages: unknown[] = [];
    stage.client.onGroupStream(async (stream) => {
      for await (const message of stream) messages.push(message);
    });
    await receive(fragment(1, "a", { sequenceId: 1 }), endOf(2, "", undefined, { sequenceId: 2 }));
    expect(messages).toEqual([
      {
        groupName: "room",
        // Protobuf doesn't carry it.
        fromUserId: isProtobuf ? "" : "bob",
        sequenceId: 1,
        dataType: "text",
        data: "a",
        stream: { streamId: "s", streamSequenceId: 1, endOfStream: undefined, error: undefined },
      },
    ]);
  });

  test("is announced at its first fragment, before anything of it is read", async () => {
    const stage = await connectedStage();
    const seen: unknown[] = [];
    stage.client.onGroupStream(({ groupName, streamId, abortSignal }) => {
      seen.push([groupName, streamId, abortSignal.aborted]);
    });
    stage.socket.receiveFrame(fragment(1));
    expect(seen).toEqual([["room", "s", false]]);
  });

  test("reaches group-message too, and so do the fragments behind a closed subscription (2.17.13)", async () => {
    const { stage, readings, subscription, receive } = await reading();
    await receive(fragment(1, "a"));
    expect(subscription.isActive).toBe(true);
    await subscription.close();
    expect(subscription.isActive).toBe(false);
    await receive(fragment(2, "b"));
    expect(readings).toHaveLength(1);
    expect(readings[0]?.data).toEqual(["a"]);
    expect(stage.named.filter((entry) => entry.startsWith("group-message"))).toEqual([
      'group-message "a"',
      'group-message "b"',
    ]);
  });

  test("carries bytes and JSON", async () => {
    const { readings, receive } = await reading();
    await receive(
      fragment(1, { a: 1 }, { dataType: "json" }),
      fragment(2, null, { dataType: "json" }),
      fragment(3, "CQg=", { dataType: "binary" }),
      endOf(4),
    );
    expect(readings[0]).toMatchObject({ done: true, data: [{ a: 1 }, null, new Uint8Array([9, 8]).buffer] });
  });

  test("ordinary messages are none", async () => {
    const { readings, receive } = await reading();
    const { stream: _stream, ...plain } = fragment(1);
    await receive(plain);
    expect(readings).toEqual([]);
  });

  test("goes to every subscription; one that leaves keeps none from it", async () => {
    const { stage, readings, receive } = await reading();
    const other = reader();
    stage.client.onGroupStream((stream) => stream[Symbol.asyncIterator]().return?.() as never);
    stage.client.onGroupStream(other.read);
    await receive(fragment(1, "a"), endOf(2, "b"));
    expect([readings[0]?.data, other.readings[0]?.data]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
  });

  test("duplicates on the connection are dropped before", async () => {
    const { readings, receive } = await reading();
    await receive(fragment(1, "a", { sequenceId: 5 }), fragment(1, "a", { sequenceId: 5 }));
    await receive(endOf(2, "", undefined, { sequenceId: 6 }));
    expect(readings[0]).toMatchObject({ data: ["a"], done: true });
  });
});

describe("the end (2.17)", () => {
  test("2: with an error fails the stream", async () => {
    const { readings, receive } = await reading();
    await receive(fragment(1), endOf(2, "", { name: "StreamNotFound", message: "not found" }));
    expect(readings[0]?.error).toBeInstanceOf(GroupStreamError);
    expect(readings[0]?.error).toMatchObject({ name: "StreamNotFound", message: "not found" });
  });

  test("5: may carry the last fragment", async () => {
    const { readings, receive } = await reading();
    await receive(fragment(1, "a"), endOf(2, "b"));
    expect(readings[0]).toMatchObject({ data: ["a", "b"], done: true });
  });

  test("9: with data and an error gives the data first", async () => {
    const { readings, receive } = await reading();
    const error = { name: "UserError", message: "sorry", userErrorCode: "APP_42" };
    await receive(fragment(1, "a"), endOf(2, "b", error));
    expect(readings[0]?.data).toEqual(["a", "b"]);
    expect(readings[0]?.error).toMatchObject(error);
  });

  test.each([
    ["an empty text", endOf(2, "")],
    ["no bytes", { ...endOf(2, ""), dataType: "binary" }],
    ["no payload at all", { ...endOf(2), dataType: undefined, data: undefined }],
    ["JSON without a value", { ...endOf(2), dataType: "json", data: undefined }],
  ])("10: with %s is no fragment", async (_name, end) => {
    const { readings, receive } = await reading();
    await receive(fragment(1, "a"), end);
    expect(readings[0]).toMatchObject({ data: ["a"], done: true });
  });

  test("a stream of nothing but its end has no fragment", async () => {
    const { readings, receive } = await reading({ handleFromStart: true });
    await receive(endOf(1));
    expect(readings[0]).toMatchObject({ data: [], done: true });
  });

  test("the signal fires with every kind of end", async () => {
    const { stage, readings, receive } = await reading();
    await receive(fragment(1, "a"), named("t", fragment(1)), named("u", fragment(1)));
    const signals = readings.map(({ stream }) => stream.abortSignal);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
    await receive(endOf(2), named("t", endOf(2, "", { name: "Cancelled" })));
    await stage.client.stop();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    expect(signals[1]?.reason).toBe(readings[1]?.error);
  });

  test("an end with an unreadable error is an error all the same", async () => {
    const { readings, receive } = await reading();
    await receive(fragment(1), endOf(2, "", { message: "?" }));
    expect(readings[0]?.error).toMatchObject({ name: "Error", message: "?" });
  });
});

describe("which streams", () => {
  test("only those of the groups named (2.16.8)", async () => {
    const { readings, receive } = await reading({ groupNames: ["room", "hall"] });
    await receive(fragment(1), inGroup("cellar", fragment(1)), inGroup("hall", fragment(1)), endOf(2));
    expect(readings.map(({ groupName, done }) => [groupName, done])).toEqual([
      ["room", true],
      ["hall", false],
    ]);
  });

  test("groups and ids with separators stay apart (2.16.7)", async () => {
    const { readings, receive } = await reading();
    for (const [group, id] of [
      ["a|b", "c"],
      ["a", "b|c"],
      ["1:a", "b"],
      ["1", ":ab"],
    ] as const) {
      await receive(inGroup(group, named(id, fragment(1, group))));
    }
    expect(readings.map(({ data }) => data)).toEqual([["a|b"], ["a"], ["1:a"], ["1"]]);
  });

  test("interleaved ones stay apart", async () => {
    const { readings, receive } = await reading();
    await receive(
      fragment(1, "a"),
      named("t", fragment(1, "x")),
      fragment(2, "b"),
      named("t", fragment(2, "y")),
      named("t", endOf(3)),
      endOf(3, "c"),
    );
    expect(readings).toMatchObject([
      { data: ["a", "b", "c"], done: true },
      { data: ["x", "y"], done: true },
    ]);
  });

  test("6: handleFromStart leaves out what began before", async () => {
    const { readings, receive } = await reading({ handleFromStart: true });
    await receive(fragment(5), fragment(6), endOf(7));
    expect(readings).toEqual([]);
  });

  test("without it a stream is taken from where it is met", async () => {
    const { readings, receive } = await reading();
    await receive(fragment(5, "e"), fragment(6, "f"), endOf(7));
    expect(readings[0]).toMatchObject({ data: ["e", "f"], done: true });
  });

  test("11: an id that was left out is taken when it starts anew", async () => {
    const { readings, receive } = await reading({ handleFromStart: true });
    await receive(fragment(5), endOf(6), fragment(1, "a"), endOf(2));
    expect(readings).toMatchObject([{ data: ["a"], done: true }]);
    await receive(named("t", endOf(9)), named("t", fragment(1, "b")));
    expect(readings[1]?.data).toEqual(["b"]);
  });

  test("8: each stream is judged and timed by itself", async () => {
    const { readings, receive } = await reading({ handleFromStart: true, idleTimeoutInMs: 400 });
    await receive(fragment(1), named("late", fragment(3)), named("t", fragment(1)));
    await turn(200);
    await receive(fragment(2));
    await turn(200);
    expect(readings.map(({ streamId, error }) => [streamId, error?.name])).toEqual([
      ["s", undefined],
      ["t", "IdleTimeout"],
    ]);
    await receive(endOf(3));
    expect(readings[0]?.done).toBe(true);
  });

  test("W38: streams that are left out leave no trace, and no timer", async () => {
    const { readings, receive } = await reading({ handleFromStart: true });
    const before = vi.getTimerCount();
    for (let i = 0; i < 1_000; i++) await receive(named(`${i}`, fragment(2)));
    expect(readings).toEqual([]);
    expect(vi.getTimerCount()).toBe(before);
  });
});

describe("silence", () => {
  test("7: ends the stream with IdleTimeout, without any traffic", async () => {
    const { readings, receive } = await reading({ idleTimeoutInMs: 120 });
    await receive(fragment(1, "a"));
    await turn(119);
    expect(readings[0]?.error).toBeUndefined();
    await turn(1);
    expect(readings[0]?.data).toEqual(["a"]);
    expect(readings[0]?.error).toMatchObject({ name: "IdleTimeout", streamId: "s" });
  });

  test("what comes after it is another stream", async () => {
    const { readings, receive } = await reading({ idleTimeoutInMs: 200 });
    await receive(fragment(1, "1"));
    await turn(200);
    await receive(fragment(2, "2"), fragment(3, "3"), endOf(4, "4"));
    expect(readings[1]).toMatchObject({ data: ["2", "3", "4"], done: true });
  });

  test("or left out with handleFromStart, until it starts anew", async () => {
    const { readings, receive } = await reading({ idleTimeoutInMs: 200, handleFromStart: true });
    await receive(fragment(1, "1"));
    await turn(200);
    await receive(fragment(2), fragment(3), endOf(4));
    expect(readings).toHaveLength(1);
    await receive(fragment(1, "new"));
    expect(readings[1]?.data).toEqual(["new"]);
  });

  test("of five minutes by default; 0 waits for ever", async () => {
    const { stage, readings, receive } = await reading();
    const patient = reader();
    stage.client.onGroupStream(patient.read, { idleTimeoutInMs: 0 });
    await receive(fragment(1));
    await turn(299_999);
    expect(readings[0]?.error).toBeUndefined();
    await turn(1);
    expect(readings[0]?.error?.name).toBe("IdleTimeout");
    await turn(10_000_000);
    expect(patient.readings[0]?.error).toBeUndefined();
  });

  test("W26: a timeout beyond what timers hold doesn't fire at once", async () => {
    const { readings, receive } = await reading({ idleTimeoutInMs: 2 ** 32 });
    await receive(fragment(1));
    await turn(1_000);
    expect(readings[0]?.error).toBeUndefined();
  });

  test("doesn't count while the link is down", async () => {
    const { stage, readings, receive } = await reading({ idleTimeoutInMs: 2_000 });
    await receive(fragment(1, "a"));
    await turn(1_500);
    await stage.drop();
    await turn(9_000);
    expect(readings[0]?.error).toBeUndefined();
    await stage.recover();
    await turn(1_999);
    await receive(fragment(2, "b"));
    await turn(1_999);
    expect(readings[0]).toMatchObject({ data: ["a", "b"], error: undefined });
    await turn(1);
    expect(readings[0]?.error?.name).toBe("IdleTimeout");
  });

  test("a timeout below 0 is refused, and so are wrong arguments", async () => {
    const { stage } = await reading();
    expect(() => stage.client.onGroupStream(() => undefined, { idleTimeoutInMs: -1 })).toThrow(RangeError);
    expect(() => stage.client.onGroupStream(undefined as never)).toThrow(TypeError);
    const groupNames = "room" as unknown as string[];
    expect(() => stage.client.onGroupStream(() => undefined, { groupNames })).toThrow(TypeError);
  });
});

describe("nothing is merged silently", () => {
  test("a gap fails the stream; its rest is dropped until the end", async () => {
    const { readings, receive } = await reading();
    await receive(fragment(1, "a"), fragment(3, "c"), fragment(4, "d"), endOf(5));
    expect(readings).toHaveLength(1);
    expect(readings[0]?.data).toEqual(["a"]);
    expect(readings[0]?.error).toBeInstanceOf(GroupStreamError);
    expect(readings[0]?.error).toMatchObject({ name: "SequenceGap", code: "SequenceGap" });
    await receive(fragment(1, "new"));
    expect(readings[1]?.data).toEqual(["new"]);
  });

  test("an end behind a gap is no complete stream", async () => {
    const { readings, receive } = await reading();
    await receive(fragment(1), endOf(3));
    expect(readings[0]?.error).toMatchObject({ name: "SequenceGap" });
  });

  test("a fragment that comes twice fails the stream", async () => {
    const { readings, receive } = await reading();
    await receive(fragment(1, "a"), fragment(2, "b"), fragment(2, "b"), fragment(3));
    expect(readings).toHaveLength(1);
    expect(readings[0]?.data).toEqual(["a", "b"]);
    expect(readings[0]?.error).toMatchObject({ name: "DuplicateFragment" });
  });

  test("a failed stream whose end is missed is forgotten after its idle timeout", async () => {
    const { readings, receive } = await reading({ idleTimeoutInMs: 1_000 });
    await receive(fragment(1), fragment(3));
    await turn(999);
    await receive(fragment(4));
    await turn(999);
    await receive(fragment(5));
    expect(readings).toHaveLength(1);
    await turn(1_000);
    await receive(fragment(6, "late"));
    expect(readings[1]?.data).toEqual(["late"]);
  });

  test("an id that starts anew although its end was missed is a new stream", async () => {
    const { readings, receive } = await reading();
    await receive(fragment(1), fragment(3), fragment(1, "new"), endOf(2));
    expect(readings[1]).toMatchObject({ data: ["new"], done: true });
  });
});

describe("W34: a loop that is left", () => {
  test("buffers nothing more, and no second stream begins", async () => {
    const stage = await connectedStage();
    let calls = 0;
    let left: GroupStream | undefined;
    stage.client.onGroupStream(async (stream) => {
      calls++;
      left = stream;
      for await (const { data } of stream) if (data === "a") break;
    });
    for (let id = 1; id <= 100; id++) stage.socket.receiveFrame(fragment(id, id === 1 ? "a" : "x"));
    await turn();
    expect(calls).toBe(1);
    expect(left?.abortSignal.aborted).toBe(true);
    // Nothing waits there for another reader, and it doesn't pass for a complete stream.
    await expect(left?.text()).rejects.toMatchObject({ name: "Left" });
    stage.socket.receiveFrame(endOf(101));
    stage.socket.receiveFrame(fragment(1, "b"));
    await turn();
    expect(calls).toBe(2);
  });

  test("a return() while a next() waits settles it", async () => {
    const stage = await connectedStage();
    const steps: unknown[] = [];
    stage.client.onGroupStream(async (stream) => {
      const iterator = stream[Symbol.asyncIterator]();
      steps.push(await iterator.next());
      const waiting = iterator.next();
      await iterator.return?.();
      steps.push(await waiting);
    });
    stage.socket.receiveFrame(fragment(1, "a"));
    await turn();
    expect(steps).toMatchObject([{ done: false, value: { data: "a" } }, { done: true }]);
  });

  test("doesn't look complete to another one", async () => {
    const stage = await connectedStage();
    const streams: GroupStream[] = [];
    stage.client.onGroupStream((stream) => void streams.push(stream));
    stage.socket.receiveFrame(fragment(1, "a"));
    const [first, second] = [1, 2].map(() => streams[0]?.[Symbol.asyncIterator]());
    expect(await first?.next()).toMatchObject({ value: { data: "a" } });
    const waiting = follow(second?.next() ?? Promise.reject(new Error("No stream came.")));
    await first?.return?.();
    await turn();
    expect(waiting.error).toMatchObject({ name: "Left" });
    expect(await first?.next()).toEqual({ done: true, value: undefined });
  });
});

describe("W35: a callback that fails", () => {
  test.each([
    [
      "throws",
      () => {
        throw new Error("callback");
      },
    ],
    ["rejects", () => Promise.reject(new Error("callback"))],
    [
      "gives a rejecting promise of another kind",
      () => {
        const foreign: unknown = {
          then: (_: unknown, reject: (error: Error) => void) => reject(new Error("callback")),
        };
        return foreign as Promise<void>;
      },
    ],
  ])("that %s is called once per stream, and its stream dropped", async (_name, fail) => {
    const stage = await connectedStage();
    const streams: GroupStream[] = [];
    const { readings, read } = reader();
    stage.client.onGroupStream((stream) => {
      streams.push(stream);
      return fail();
    });
    stage.client.onGroupStream(read);
    stage.socket.receiveFrame(fragment(1, "a"));
    await turn();
    stage.socket.receiveFrame(fragment(2, "b"));
    stage.socket.receiveFrame(fragment(3, "c"));
    await turn();
    expect(streams).toHaveLength(1);
    expect(streams[0]?.abortSignal.aborted).toBe(true);
    expect(readings[0]?.data).toEqual(["a", "b", "c"]);
    stage.socket.receiveFrame(endOf(4));
    stage.socket.receiveFrame(fragment(1));
    await turn();
    expect(streams).toHaveLength(2);
    expect(stage.client.state).toBe("Connected");
  });
});

describe("W36: what ends without its end is no complete stream", () => {
  test("errors are errors", async () => {
    const { readings, receive } = await reading();
    await receive(fragment(1), endOf(2, "", { name: "Cancelled", message: "gone" }));
    expect(readings[0]?.error).toBeInstanceOf(Error);
    expect(readings[0]?.error?.stack).toContain("Cancelled: gone");
  });

  test("stopping", async () => {
    const { stage, readings, receive } = await reading();
    await receive(fragment(1, "a"));
    await stage.client.stop();
    expect(readings[0]).toMatchObject({ data: ["a"], done: false, error: { name: "NotStarted" } });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a lost session", async () => {
    const { stage, readings, receive } = await reading();
    await receive(fragment(1, "a"));
    await stage.drop(1008);
    expect(readings[0]?.error).toMatchObject({ name: "ConnectionLost" });
    expect(readings[0]?.error?.cause).toMatchObject({ name: "ConnectionError" });
    await stage.accept("B");
    await receive(fragment(1, "new"));
    expect(readings[1]?.data).toEqual(["new"]);
  });

  test("a drop of a connection that can't be recovered", async () => {
    const stage = await connectedStage({ protocol: WebPubSubJsonProtocol() });
    const { readings, read } = reader();
    stage.client.onGroupStream(read);
    stage.socket.receiveFrame(fragment(1));
    await stage.drop();
    expect(readings[0]?.error).toMatchObject({ name: "ConnectionLost" });
  });

  test("a closed subscription; what was received can be read still", async () => {
    const stage = await connectedStage();
    const streams: GroupStream[] = [];
    const subscription = stage.client.onGroupStream((stream) => void streams.push(stream));
    stage.socket.receiveFrame(fragment(1, "a"));
    await subscription[Symbol.asyncDispose]();
    const seen: unknown[] = [];
    const loop = (async () => {
      for await (const { data } of streams[0] ?? []) seen.push(data);
    })();
    await expect(loop).rejects.toMatchObject({ name: "SubscriptionClosed" });
    expect(seen).toEqual(["a"]);
  });

  test("a recovery ends nothing", async () => {
    const { stage, readings, receive } = await reading();
    await receive(fragment(1, "a", { sequenceId: 1 }));
    await stage.drop();
    await stage.recover();
    await receive(
      fragment(1, "a", { sequenceId: 1 }),
      fragment(2, "b", { sequenceId: 2 }),
      endOf(3, "", undefined, { sequenceId: 3 }),
    );
    expect(readings).toMatchObject([{ data: ["a", "b"], done: true }]);
  });
});

describe("subscriptions", () => {
  test("one that closes itself in its callback gets nothing of the stream", async () => {
    const stage = await connectedStage();
    const streams: GroupStream[] = [];
    const subscription = stage.client.onGroupStream((stream) => {
      streams.push(stream);
      void subscription.close();
    });
    stage.socket.receiveFrame(fragment(1, "a"));
    stage.socket.receiveFrame(fragment(2, "b"));
    expect(streams).toHaveLength(1);
    await expect(streams[0]?.text()).rejects.toMatchObject({ name: "SubscriptionClosed" });
  });

  test("one that stops the client in its callback gets nothing more, nor do others", async () => {
    const stage = await connectedStage();
    const { readings, read } = reader();
    stage.client.onGroupStream(() => void stage.client.stop());
    stage.client.onGroupStream(read);
    stage.socket.receiveFrame(fragment(1, "a"));
    await turn();
    expect(readings).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("survive stop and start", async () => {
    const { stage, readings, receive } = await reading();
    await stage.client.stop();
    await stage.connect("B");
    await receive(fragment(1, "a"), endOf(2));
    expect(readings).toMatchObject([{ data: ["a"], done: true }]);
  });
});

test("on a protocol without streams onGroupStream is refused at once, in words that say what to do", () => {
  const { client } = new Stage({ protocol: WebPubSubProtobufReliableProtocol() });
  const listen = (): unknown => client.onGroupStream(() => undefined);
  expect(listen).toThrow(TypeError);
  expect(listen).toThrow(
    /^protobuf\.reliable\.webpubsub\.azure\.v1 carries no streams: give it streamFrames/,
  );
  const room = client.group("room");
  expect(() => room.subscribeStreams(() => undefined)).toThrow(/give it streamFrames/);
  expect(room.status, "nothing is joined").toBe("idle");
});

test("a reader that falls behind too far loses the stream, not the memory", async () => {
  const stage = await connectedStage();
  const streams: GroupStream[] = [];
  stage.client.onGroupStream((stream) => void streams.push(stream), { maxBufferedBytes: 10_000 });
  for (let id = 1; id <= 20; id++) stage.socket.receiveFrame(fragment(id, "x".repeat(1_000)));
  let count = 0;
  const loop = (async () => {
    for await (const _message of streams[0] ?? []) count++;
  })();
  await expect(loop).rejects.toMatchObject({ name: "BufferFull" });
  expect(count).toBeGreaterThan(5);
  expect(count).toBeLessThan(11);
  expect(streams).toHaveLength(1);
});

test("a codec that gives bytes of another realm: they are read as bytes, and an empty end adds none", async () => {
  const foreign = (bytes: number[]): ArrayBuffer =>
    runInNewContext("Uint8Array.from(bytes).buffer", { bytes }) as ArrayBuffer;
  const json = WebPubSubJsonProtocol();
  const stage = await connectedStage({
    protocol: {
      ...json,
      parseMessages: (input) => {
        const message = json.parseMessages(input) as { kind: string; data?: unknown };
        if (message.data instanceof ArrayBuffer) message.data = foreign([...new Uint8Array(message.data)]);
        return message as ReturnType<typeof json.parseMessages>;
      },
    },
  });
  const read: unknown[] = [];
  const messages: unknown[] = [];
  stage.client.onGroupStream(async (stream) => void read.push(await stream.bytes()));
  stage.client.onGroupStream(async (stream) => {
    for await (const message of stream) messages.push(message);
  });
  stage.socket.receiveFrame(fragment(1, "AQI=", { dataType: "binary" }));
  stage.socket.receiveFrame(endOf(2, "", undefined, { dataType: "binary" }));
  await turn();
  expect(read).toEqual([Uint8Array.of(1, 2)]);
  expect(messages).toHaveLength(1);
});

test("text is read without a TextDecoder", async () => {
  vi.stubGlobal("TextDecoder", undefined);
  const stage = await connectedStage();
  const read: unknown[] = [];
  stage.client.onGroupStream(async (stream) => void read.push(await stream.text()));
  stage.socket.receiveFrame(fragment(1, "a"));
  stage.socket.receiveFrame(endOf(2, "b"));
  await turn();
  vi.unstubAllGlobals();
  expect(read).toEqual(["ab"]);
});
