import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GroupStreamError, WebPubSubJsonProtocol, type GroupStreamWriter } from "web-pubsub-client";
import { connected } from "../../helpers/frames.js";
import { follow } from "../../helpers/settlement.js";
import type { Stage } from "../../helpers/stage.js";
import { connectedStage, openStream, sentOf, streamAck, streamClosed, streamNack, turn } from "./wire.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const write = async (writer: GroupStreamWriter, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await writer.write("x");
};

/** What was sent after a call. */
function newly(stage: Stage, action: () => void): string[] {
  const before = sentOf(stage.socket).length;
  action();
  return sentOf(stage.socket).slice(before);
}

describe("W30: a nack rewinds", () => {
  test("everything from the expected fragment is sent again, in order", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await write(writer, 3);
    expect(newly(stage, () => stage.socket.receiveFrame(streamNack(2)))).toEqual(["2", "3"]);
    await writer.write("x");
    expect(sentOf(stage.socket).at(-1)).toBe("4");
  });

  test("the end comes again behind it", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await write(writer, 2);
    const ended = follow(writer.end());
    expect(newly(stage, () => stage.socket.receiveFrame(streamNack(2)))).toEqual(["2", "end"]);
    stage.socket.receiveFrame(streamAck(3));
    stage.socket.receiveFrame(streamClosed());
    await turn();
    expect(ended.status).toBe("resolved");
  });

  test("it acknowledges what is below", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { maxUnackedFragments: 2 });
    await write(writer, 2);
    const third = follow(writer.write("x"));
    expect(newly(stage, () => stage.socket.receiveFrame(streamNack(2)))).toEqual(["2", "3"]);
    await turn();
    expect(third.status).toBe("resolved");
  });

  test("one nack for each fragment on its way causes one resending", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await write(writer, 80);
    const sent = newly(stage, () => {
      for (let i = 0; i < 79; i++) stage.socket.receiveFrame(streamNack(2));
      stage.socket.receiveFrame(streamAck(81));
    });
    expect(sent).toHaveLength(79);
    await turn(100);
    expect(sentOf(stage.socket)).toHaveLength(1 + 80 + 79);
    await writer.write("x");
    expect(sentOf(stage.socket).at(-1)).toBe("81");
  });

  test("a fragment that is refused again and again waits longer each time, at most 5 s", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await writer.write("x");
    const refuse = (): string[] =>
      newly(stage, () => stage.socket.receiveFrame(streamNack(1, "s", "TransientError")));
    expect(refuse()).toEqual(["1"]);
    for (const wait of [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
      expect(refuse()).toEqual([]);
      await turn(wait - 1);
      expect(newly(stage, () => undefined)).toEqual([]);
      const before = sentOf(stage.socket).length;
      await turn(1);
      expect(sentOf(stage.socket).slice(before)).toEqual(["1"]);
    }
    stage.socket.receiveFrame(streamAck(2));
    await writer.write("y");
    expect(refuse2(stage)).toEqual(["2"]);
  });

  test("while a refused fragment waits, nothing else is sent", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await writer.write("x");
    stage.socket.receiveFrame(streamNack(1));
    stage.socket.receiveFrame(streamNack(1));
    const before = sentOf(stage.socket).length;
    await writer.write("y");
    expect(sentOf(stage.socket)).toHaveLength(before);
    await turn(50);
    expect(sentOf(stage.socket).slice(before)).toEqual(["1", "2"]);
  });

  test.each([
    ["not written yet", 9],
    ["acknowledged before", 1],
  ])("a nack for what was %s is a violation", async (_name, expected) => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await write(writer, 3);
    stage.socket.receiveFrame(streamAck(3));
    const errors: Error[] = [];
    writer.onError((error) => errors.push(error));
    stage.socket.receiveFrame(streamNack(expected));
    expect(errors).toMatchObject([
      {
        name: "ProtocolViolation",
        message: `Invalid sequence id ${expected} for nack. Expected range [3, 4].`,
      },
    ]);
    expect(sentOf(stage.socket).at(-1)).toBe("end!");
  });
});

const refuse2 = (stage: Stage): string[] => newly(stage, () => stage.socket.receiveFrame(streamNack(2)));

describe("what gets lost", () => {
  test("an ack that doesn't come is asked for with the oldest fragment, at growing distances", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await write(writer, 3);
    const after = async (ms: number): Promise<string[]> => {
      const before = sentOf(stage.socket).length;
      await turn(ms);
      return sentOf(stage.socket).slice(before);
    };
    expect(await after(999)).toEqual([]);
    expect(await after(1)).toEqual(["1"]);
    expect(await after(2_000)).toEqual(["1"]);
    expect(await after(4_000)).toEqual(["1"]);
    stage.socket.receiveFrame(streamAck(3));
    expect(await after(1_000)).toEqual(["3"]);
    stage.socket.receiveFrame(streamAck(4));
    expect(await after(60_000)).toEqual([]);
  });

  test("an end that isn't answered is sent again, and fails at its deadline", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { closeTimeoutInMs: 5_000 });
    const errors: Error[] = [];
    writer.onError((error) => errors.push(error));
    const ended = follow(writer.end());
    await turn(4_999);
    expect(ended.status).toBe("pending");
    expect(sentOf(stage.socket)).toEqual(["start", "end", "end", "end"]);
    await turn(1);
    expect(ended.error).toBeInstanceOf(GroupStreamError);
    expect(ended.error).toMatchObject({ name: "Timeout", streamId: "s" });
    expect(errors).toHaveLength(1);
  });

  test("W37: the id is free after that deadline, of 30 s by default", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const aborted = follow(writer.abort({ message: "x" }));
    await turn(30_000);
    expect(aborted.error).toMatchObject({ name: "Timeout" });
    await openStream(stage);
  });

  test("the deadline counts from the last sign of progress", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { closeTimeoutInMs: 5_000 });
    await write(writer, 3);
    const ended = follow(writer.end());
    await turn(4_000);
    stage.socket.receiveFrame(streamAck(3));
    await turn(4_000);
    expect(ended.status).toBe("pending");
    await turn(1_000);
    expect(ended.error).toMatchObject({ name: "Timeout" });
  });

  test("the answer to an end that a forgetful service gives to its repetition is an answer", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await writer.write("x");
    stage.socket.receiveFrame(streamAck(2));
    const ended = follow(writer.end());
    await turn(2_000);
    stage.socket.receiveFrame(streamClosed({ name: "StreamNotFound" }));
    await turn();
    expect(ended.status).toBe("resolved");
  });

  test("but not while fragments are unacknowledged", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await writer.write("x");
    const ended = follow(writer.end());
    await stage.drop();
    await stage.recover();
    stage.socket.receiveFrame(streamClosed({ name: "StreamNotFound" }));
    await turn();
    expect(ended.error).toMatchObject({ name: "StreamNotFound" });
  });

  test("a socket that throws in mid-stream loses nothing", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await writer.write("1");
    stage.socket.sendError = new Error("full");
    await writer.write("2");
    await writer.write("3");
    stage.socket.sendError = undefined;
    await turn(1_000);
    expect(sentOf(stage.socket)).toEqual(["start", "1", "1", "2", "3"]);
  });
});

describe("W37: keep-alives", () => {
  test("go out when a third of the idle timeout has passed without a frame", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { idleTimeoutInMs: 3_000 });
    await turn(999);
    expect(sentOf(stage.socket)).toEqual(["start"]);
    await turn(1);
    expect(stage.socket.frames().at(-1)).toEqual({ type: "streamData", streamId: "s" });
    await turn(500);
    await writer.write("x");
    stage.socket.receiveFrame(streamAck(2));
    await turn(999);
    expect(sentOf(stage.socket)).toEqual(["start", "alive", "1"]);
    await turn(1_001);
    expect(sentOf(stage.socket)).toEqual(["start", "alive", "1", "alive", "alive"]);
  });

  test("aren't put off by fragments that the service refuses: it may count what it takes only", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { idleTimeoutInMs: 3_000 });
    await turn(600);
    await writer.write("x");
    await turn(200);
    stage.socket.receiveFrame(streamNack(1));
    await turn(200);
    expect(sentOf(stage.socket)).toEqual(["start", "1", "1", "alive"]);
  });

  test("by the service's 300 s where no timeout is named; none after the end", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await turn(100_000);
    expect(sentOf(stage.socket)).toEqual(["start", "alive"]);
    void writer.end();
    stage.socket.receiveFrame(streamClosed());
    await turn(400_000);
    expect(sentOf(stage.socket)).toEqual(["start", "alive", "end"]);
  });

  test("not while the link is down, and again after it", async () => {
    const stage = await connectedStage();
    await openStream(stage, { idleTimeoutInMs: 3_000 });
    await stage.drop();
    await turn(5_000);
    await stage.recover();
    await turn(999);
    expect(sentOf(stage.socket)).toEqual([]);
    await turn(1);
    expect(sentOf(stage.socket)).toEqual(["alive"]);
  });
});

describe("recovery (2.17)", () => {
  test("15: sends what isn't acknowledged again, without a start, and nothing else", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await write(writer, 2);
    stage.socket.receiveFrame(streamAck(2));
    await stage.drop();
    stage.socket.receiveOpen();
    stage.socket.receiveFrame(connected("A"));
    await turn(300);
    expect(stage.sockets).toHaveLength(2);
    expect(stage.socket.frames()).toEqual([
      { type: "streamData", streamId: "s", streamSequenceId: 2, dataType: "text", data: "x" },
    ]);
  });

  test("W17: doesn't need a connected message", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await write(writer, 2);
    await stage.drop();
    await stage.recover();
    expect(sentOf(stage.socket)).toEqual(["1", "2"]);
  });

  test("comes after the operations that wait for their answers, and before nothing is lost", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await writer.write("x");
    void stage.client.joinGroup("other").catch(() => undefined);
    await stage.drop();
    await writer.write("y");
    void stage.client.sendToGroup("room", "z").catch(() => undefined);
    await stage.recover();
    expect(stage.socket.frames().map(({ type }) => type)).toEqual([
      "joinGroup",
      "sendToGroup",
      "streamData",
      "streamData",
    ]);
  });

  test("what is written meanwhile is sent with it, as far as the window goes", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { maxUnackedFragments: 2 });
    await writer.write("1");
    await stage.drop();
    await writer.write("2");
    const third = follow(writer.write("3"));
    await stage.recover();
    expect(third.status).toBe("pending");
    expect(sentOf(stage.socket)).toEqual(["1", "2"]);
    stage.socket.receiveFrame(streamAck(2));
    await turn();
    expect(third.status).toBe("resolved");
    expect(sentOf(stage.socket)).toEqual(["1", "2", "3"]);
  });

  test("18: an ack during the resending skips what it covers and no more", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await write(writer, 4);
    stage.socket.receiveFrame(streamAck(2));
    await stage.drop();
    stage.socket.onSent = ({ streamSequenceId }) => {
      if (streamSequenceId === 2) stage.socket.receiveFrame(streamAck(4));
    };
    await stage.recover();
    expect(sentOf(stage.socket)).toEqual(["2", "4"]);
  });

  test("an end without its answer is sent again behind the rest", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    await writer.write("x");
    const ended = follow(writer.end());
    await stage.drop();
    await stage.recover();
    expect(sentOf(stage.socket)).toEqual(["1", "end"]);
    stage.socket.receiveFrame(streamClosed());
    await turn();
    expect(ended.status).toBe("resolved");
  });

  test("the time without a link doesn't count against the end's deadline", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { closeTimeoutInMs: 3_000 });
    const ended = follow(writer.end());
    await turn(1_000);
    await stage.drop();
    await turn(5_000);
    expect(ended.status).toBe("pending");
    await stage.recover();
    await turn(2_999);
    expect(ended.status).toBe("pending");
    await turn(1);
    expect(ended.error).toMatchObject({ name: "Timeout" });
  });
});

describe("a new connection", () => {
  test("16: fails the writer and says so; nothing is sent again; a new stream starts at 1", async () => {
    const stage = await connectedStage();
    await stage.client.stop();
    await stage.connect("A", "");
    const writer = await openStream(stage);
    const errors: Error[] = [];
    writer.onError((error) => errors.push(error));
    await write(writer, 2);
    await stage.drop();
    await stage.accept("B");
    expect(errors).toMatchObject([
      {
        name: "ConnectionLost",
        message: "Stream session aborted because the connection cannot be recovered.",
        streamId: "s",
      },
    ]);
    expect(errors[0]?.cause).toMatchObject({ name: "ConnectionError" });
    await expect(writer.write("x")).rejects.toThrow("is completed");
    expect(sentOf(stage.socket)).toEqual([]);
    const next = await openStream(stage);
    await next.write("x");
    expect(sentOf(stage.socket)).toEqual(["start", "1"]);
  });

  test("17: a stream that was ending fails too, and isn't ended there", async () => {
    const stage = await connectedStage({ protocol: WebPubSubJsonProtocol() });
    const writer = await openStream(stage);
    await writer.write("x");
    const ended = follow(writer.end());
    await stage.drop();
    expect(ended.error).toMatchObject({ name: "ConnectionLost" });
    await stage.accept("B");
    await turn(60_000);
    expect(sentOf(stage.socket)).toEqual([]);
  });

  test("fails what waits for the window", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage, { maxUnackedFragments: 1 });
    await writer.write("a");
    const waiting = follow(writer.write("b"));
    await stage.drop(1008);
    expect(waiting.error).toMatchObject({ name: "ConnectionLost" });
  });
});

describe("signals of end and abort", () => {
  test("stop the waiting; the end is sent and settles the stream", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const abort = new AbortController();
    const ended = follow(writer.end({ abortSignal: abort.signal }));
    abort.abort();
    await turn();
    expect(ended.error).toMatchObject({ name: "Aborted" });
    stage.socket.receiveFrame(streamClosed());
    await turn();
    expect(sentOf(stage.socket)).toEqual(["start", "end"]);
    await openStream(stage);
  });

  test("that have fired before leave the stream open", async () => {
    const stage = await connectedStage();
    const writer = await openStream(stage);
    const signal = AbortSignal.abort();
    await expect(writer.end({ abortSignal: signal })).rejects.toMatchObject({ name: "Aborted" });
    await expect(writer.abort({}, { abortSignal: signal })).rejects.toMatchObject({ name: "Aborted" });
    await writer.write("x");
    expect(sentOf(stage.socket)).toEqual(["start", "1"]);
  });
});
