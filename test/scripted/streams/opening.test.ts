import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  GroupStreamError,
  WebPubSubJsonReliableProtocol,
  type WebPubSubClientProtocol,
} from "web-pubsub-client";
import { follow } from "../../helpers/settlement.js";
import { Stage } from "../../helpers/stage.js";
import { connectedStage, openStream, sentOf, streamAck, streamClosed, streamNack, turn } from "./wire.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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

  test("before start a stream waits for the connection", async () => {
    const stage = new Stage();
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await turn(2_999);
    const socket = await stage.connect();
    expect(socket.frames()).toMatchObject([{ type: "sendToGroup", stream: { streamId: "s" } }]);
    await turn(5_000);
    expect(opening.status).toBe("pending");
  });

  test("a stopped client refuses after 3 s; stopping ends an opening", async () => {
    const stage = await connectedStage();
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await stage.client.stop();
    expect(opening.error).toMatchObject({ name: "NotStarted" });
    const late = follow(stage.client.openGroupStream("room"));
    await turn(2_999);
    expect(late.status).toBe("pending");
    await turn(1);
    expect(late.error).toMatchObject({ name: "NotStarted" });
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
