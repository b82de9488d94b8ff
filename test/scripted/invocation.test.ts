import { AbortError } from "@azure/abort-controller";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InvocationError, WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "web-pubsub-client";
import { fromGroup } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const answer = (invocationId: string, more: object = { dataType: "text", data: "pong" }) => ({
  type: "invokeResponse",
  invocationId,
  success: true,
  ...more,
});

/** Frames of invocations, without everything else. */
const invoked = (stage: Stage) =>
  stage.sockets.map(({ sent }) =>
    sent
      .filter(({ type }) => type === "invoke" || type === "cancelInvocation")
      .map(({ type, invocationId }) => `${String(type)} ${String(invocationId)}`),
  );

describe("request and reply (2.7)", () => {
  test("the frame names the event; the answer resolves", async () => {
    const stage = new Stage({ keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 });
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("echo", "ping", "text"));
    expect(stage.socket.frames()).toEqual([
      { type: "invoke", invocationId: "1", target: "event", event: "echo", dataType: "text", data: "ping" },
    ]);
    await turn(1_000_000);
    expect(reply.status).toBe("pending");
    stage.socket.receiveFrame(answer("1"));
    await turn();
    expect(reply.value).toEqual({ invocationId: "1", dataType: "text", data: "pong" });
  });

  test("the data type is inferred when none is given", async () => {
    const stage = new Stage();
    await stage.connect();
    void stage.client.invokeEvent("e", "text").catch(() => undefined);
    void stage.client.invokeEvent("e", { a: 1 }).catch(() => undefined);
    void stage.client.invokeEvent("e", null).catch(() => undefined);
    void stage.client.invokeEvent("e", new Uint8Array([1]), { invocationId: "x" }).catch(() => undefined);
    expect(stage.socket.frames("invoke").map(({ dataType, data }) => [dataType, data])).toEqual([
      ["text", "text"],
      ["json", { a: 1 }],
      ["json", null],
      ["binary", "AQ=="],
    ]);
  });

  test.each([
    ["no payload", {}, undefined],
    ["an empty text", { dataType: "text" }, ""],
    ["json null", { dataType: "json", data: null }, null],
    ["bytes", { dataType: "binary", data: "AQI=" }, new Uint8Array([1, 2]).buffer],
  ])("an answer may carry %s", async (_name, payload, data) => {
    const stage = new Stage();
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x"));
    stage.socket.receiveFrame(answer("1", payload));
    await turn();
    expect(reply.status).toBe("resolved");
    expect(reply.value?.data).toEqual(data);
  });

  test("a refusal carries the service's words", async () => {
    const stage = new Stage();
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("echo", "ping", "text"));
    const error = { name: "BadRequest", message: "oops" };
    stage.socket.receiveFrame({ type: "invokeResponse", invocationId: "1", success: false, error });
    await turn();
    expect(reply.error).toBeInstanceOf(InvocationError);
    expect(reply.error).toMatchObject({
      name: "InvocationError",
      message: "oops",
      invocationId: "1",
      errorDetail: error,
      code: "Refused",
    });
    expect(invoked(stage)).toEqual([["invoke 1"]]);
  });

  test("an abort rejects at once and cancels once; a late answer is ignored", async () => {
    const stage = new Stage();
    await stage.connect();
    const abort = new AbortController();
    const reply = follow(stage.client.invokeEvent("e", "x", "text", { abortSignal: abort.signal }));
    abort.abort();
    abort.abort();
    await turn();
    expect(reply.error).toMatchObject({
      name: "InvocationError",
      code: "Aborted",
      message: "Invocation cancelled by abortSignal.",
      invocationId: "1",
    });
    expect(reply.error?.cause).toBeInstanceOf(AbortError);
    stage.socket.receiveFrame(answer("1"));
    await turn();
    expect(invoked(stage)).toEqual([["invoke 1", "cancelInvocation 1"]]);
  });

  test("a signal that has fired before sends nothing (W10)", async () => {
    const stage = new Stage();
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x", "text", { abortSignal: AbortSignal.abort() }));
    await turn(60_000);
    expect(reply.error).toMatchObject({ code: "Aborted" });
    expect(invoked(stage)).toEqual([[]]);
  });

  test("a socket that throws ends the invocation with its words; nothing listens to the signal then", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.sendError = new Error("send failed");
    const abort = new AbortController();
    const removed = vi.spyOn(abort.signal, "removeEventListener");
    const reply = follow(stage.client.invokeEvent("e", "x", "text", { abortSignal: abort.signal }));
    await turn();
    expect(reply.error).toMatchObject({
      name: "InvocationError",
      code: "SendFailed",
      message: "send failed",
    });
    expect(removed).toHaveBeenCalledTimes(1);
    stage.socket.sendError = undefined;
    abort.abort();
    await turn(60_000);
    expect(invoked(stage)).toEqual([[]]);
  });

  test("a listener of a signal is removed with the answer", async () => {
    const stage = new Stage();
    await stage.connect();
    const abort = new AbortController();
    const reply = follow(stage.client.invokeEvent("e", "x", "text", { abortSignal: abort.signal }));
    stage.socket.receiveFrame(answer("1"));
    await turn();
    abort.abort();
    await turn();
    expect(reply.status).toBe("resolved");
    expect(invoked(stage)).toEqual([["invoke 1"]]);
  });
});

describe("ids (2.9)", () => {
  test("answers find their invocation, in any order; unknown ones are ignored", async () => {
    const stage = new Stage();
    await stage.connect();
    const one = follow(stage.client.invokeEvent("e", "1"));
    const two = follow(stage.client.invokeEvent("e", "2"));
    stage.socket.receiveFrame(answer("99"));
    stage.socket.receiveFrame(answer("2", { dataType: "text", data: "b" }));
    stage.socket.receiveFrame(answer("1", { dataType: "text", data: "a" }));
    stage.socket.receiveFrame(answer("1", { dataType: "text", data: "again" }));
    await turn();
    expect([one.value?.data, two.value?.data]).toEqual(["a", "b"]);
  });

  test("an explicit id that is under way is refused, and usable afterwards", async () => {
    const stage = new Stage();
    await stage.connect();
    const first = follow(stage.client.invokeEvent("e", "1", "text", { invocationId: "id" }));
    const second = follow(stage.client.invokeEvent("e", "2", "text", { invocationId: "id" }));
    await turn();
    expect(second.error).toMatchObject({
      code: "InvocationIdInUse",
      message: "Invocation id is already registered.",
      invocationId: "id",
    });
    stage.socket.receiveFrame(answer("id"));
    await turn();
    expect(first.status).toBe("resolved");
    const third = follow(stage.client.invokeEvent("e", "3", "text", { invocationId: "id" }));
    stage.socket.receiveFrame(answer("id"));
    await turn();
    expect(third.status).toBe("resolved");
    expect(invoked(stage)).toEqual([["invoke id", "invoke id"]]);
  });

  test("the client's own ids never meet explicit ones, across connections too", async () => {
    const stage = new Stage();
    await stage.connect("A");
    const replies = [
      follow(stage.client.invokeEvent("e", "x", "text", { invocationId: "2" })),
      follow(stage.client.invokeEvent("e", "x")),
    ];
    await stage.drop(1008);
    await stage.accept("B");
    replies.push(follow(stage.client.invokeEvent("e", "x")));
    expect(invoked(stage)).toEqual([["invoke 2", "invoke 3"], ["invoke 4"]]);
    expect(replies.map(({ error }) => error?.code)).toEqual(["ConnectionLost", "ConnectionLost", undefined]);
  });

  test.each([[""], [7]])("%j is no id", async (id) => {
    const stage = new Stage();
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x", "text", { invocationId: id as string }));
    await turn();
    expect(reply.error).toMatchObject({ name: "InvocationError", code: "InvalidMessage" });
    expect(invoked(stage)).toEqual([[]]);
  });
});

describe("W28: cancelling and timing", () => {
  test("no spurious cancelInvocation after a failure without words", async () => {
    const stage = new Stage({ protocol: WebPubSubJsonReliableProtocol() });
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x"));
    stage.socket.receiveFrame({ type: "invokeResponse", invocationId: "1", success: false });
    await turn(60_000);
    expect(reply.error).toMatchObject({ code: "Refused", message: "Invocation failed." });
    expect(invoked(stage)).toEqual([["invoke 1"]]);
  });

  test("nor after an answer that says neither yes nor no", async () => {
    const stage = new Stage({ protocol: WebPubSubJsonReliableProtocol() });
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x"));
    stage.socket.receiveFrame({ type: "invokeResponse", invocationId: "1", dataType: "text", data: "?" });
    await turn(60_000);
    expect(reply.error).toMatchObject({
      code: "InvalidResponse",
      message: "Unsupported invoke response frame.",
    });
    expect(invoked(stage)).toEqual([["invoke 1"]]);
  });

  test("a timeout gives up and cancels once", async () => {
    const stage = new Stage();
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x", "text", { timeoutInMs: 3_000 }));
    await turn(2_999);
    expect(reply.status).toBe("pending");
    await turn(1);
    expect(reply.error).toMatchObject({ name: "InvocationError", code: "Timeout", invocationId: "1" });
    await turn(60_000);
    expect(invoked(stage)).toEqual([["invoke 1", "cancelInvocation 1"]]);
  });

  test("an answer ends the timeout", async () => {
    const stage = new Stage();
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x", { timeoutInMs: 3_000 }));
    stage.socket.receiveFrame(answer("1"));
    await turn(60_000);
    expect(reply.status).toBe("resolved");
    expect(invoked(stage)).toEqual([["invoke 1"]]);
  });

  test.each([[-1], [Number.NaN]])("a timeout of %d is refused", async (timeoutInMs) => {
    const stage = new Stage();
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x", { timeoutInMs }));
    await turn();
    expect(reply.error).toMatchObject({ code: "InvalidMessage" });
    expect(invoked(stage)).toEqual([[]]);
  });

  test("a timeout while the link is down cancels once it is back", async () => {
    const stage = new Stage();
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x", { timeoutInMs: 1_000 }));
    await stage.drop();
    await turn(1_000);
    expect(reply.error).toMatchObject({ code: "Timeout" });
    await stage.recover();
    expect(invoked(stage)).toEqual([["invoke 1"], ["cancelInvocation 1"]]);
  });
});

describe("without a connection", () => {
  test("what was never sent waits, in order, and needs no cancel", async () => {
    const stage = new Stage();
    await stage.connect();
    await stage.drop();
    const abort = new AbortController();
    void stage.client.sendEvent("first", "x", { fireAndForget: true });
    const one = follow(stage.client.invokeEvent("e", "1"));
    const gone = follow(stage.client.invokeEvent("e", "2", { abortSignal: abort.signal }));
    const two = follow(stage.client.invokeEvent("e", "3"));
    abort.abort();
    await stage.recover();
    expect(gone.error).toMatchObject({ code: "Aborted" });
    expect(stage.socket.frames().map(({ type }) => type)).toEqual(["event", "invoke", "invoke"]);
    expect(invoked(stage)).toEqual([[], ["invoke 1", "invoke 3"]]);
    stage.socket.receiveFrame(answer("1"));
    stage.socket.receiveFrame(answer("3"));
    await turn();
    expect([one.status, two.status]).toEqual(["resolved", "resolved"]);
  });

  test("waiting invocations survive a new connection", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop(1008);
    const reply = follow(stage.client.invokeEvent("e", "x"));
    await stage.accept("B");
    stage.socket.receiveFrame(answer("1"));
    await turn();
    expect(reply.status).toBe("resolved");
  });

  test("too many are refused at once", async () => {
    const stage = new Stage({ maxPendingOperations: 1 });
    await stage.connect();
    await stage.drop();
    const one = follow(stage.client.invokeEvent("e", "1"));
    const two = follow(stage.client.invokeEvent("e", "2"));
    await turn();
    expect([one.status, two.error?.code]).toEqual(["pending", "TooManyPending"]);
  });

  test("a call on a stopped client waits for start, and is refused after 3 s", async () => {
    const stage = new Stage();
    const early = follow(stage.client.invokeEvent("e", "x", "text", { invocationId: "i" }));
    await turn(2_999);
    expect(early.status).toBe("pending");
    await turn(1);
    expect(early.error).toMatchObject({ name: "InvocationError", code: "NotStarted" });
  });

  test("a call before start is sent when the client is connected", async () => {
    const stage = new Stage();
    const early = follow(stage.client.invokeEvent("e", "x", "text", { invocationId: "i" }));
    await turn(2_000);
    const socket = await stage.connect();
    expect(socket.frames()).toMatchObject([{ type: "invoke", invocationId: "i" }]);
    await turn(60_000);
    expect(early.status).toBe("pending");
  });

  test("an id that was given free before start isn't refused in the place of the call that had it", async () => {
    const stage = new Stage();
    const abort = new AbortController();
    const options = { invocationId: "i" };
    follow(stage.client.invokeEvent("e", "x", "text", { ...options, abortSignal: abort.signal }));
    await turn(1_000);
    abort.abort();
    const again = follow(stage.client.invokeEvent("e", "x", "text", options));
    await turn(2_500);
    expect(again.status).toBe("pending");
    await turn(500);
    expect(again.error).toMatchObject({ code: "NotStarted" });
  });

  test("stop ends all of them", async () => {
    const stage = new Stage();
    await stage.connect();
    const sent = follow(stage.client.invokeEvent("e", "x", { timeoutInMs: 60_000 }));
    await stage.drop();
    const waiting = follow(stage.client.invokeEvent("e", "x"));
    await stage.client.stop();
    await turn();
    expect([sent.error?.code, waiting.error?.code]).toEqual(["NotStarted", "NotStarted"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a draining stop waits for the answer", async () => {
    const stage = new Stage();
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x"));
    const stopped = follow(stage.client.stop({ drainInMs: 5_000 }));
    await turn(1_000);
    expect(stopped.status).toBe("pending");
    stage.socket.receiveFrame(answer("1"));
    await turn(100);
    expect([reply.status, stopped.status]).toEqual(["resolved", "resolved"]);
  });
});

describe("a drop", () => {
  test("that can't be recovered fails what was sent, and sends nothing again", async () => {
    const stage = new Stage({ protocol: WebPubSubJsonProtocol() });
    await stage.connect("A");
    const reply = follow(stage.client.invokeEvent("e", "x"));
    await stage.drop();
    expect(reply.error).toMatchObject({
      name: "InvocationError",
      code: "ConnectionLost",
      message: "Connection is disconnected before receiving invoke response from the service",
    });
    await stage.accept("B");
    await turn(60_000);
    expect(invoked(stage)).toEqual([["invoke 1"], []]);
  });

  test("that is recovered may still bring the answer", async () => {
    const stage = new Stage();
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x"));
    await stage.drop();
    await stage.recover();
    await turn(29_999);
    expect(reply.status).toBe("pending");
    stage.socket.receiveFrame(answer("1"));
    await turn();
    expect(reply.status).toBe("resolved");
    expect(invoked(stage)).toEqual([["invoke 1"], []]);
  });

  test("that is recovered without an answer fails it in the end", async () => {
    const stage = new Stage({ ackTimeoutInMs: 4_000 });
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x"));
    const short = follow(stage.client.invokeEvent("e", "x", { timeoutInMs: 3_000 }));
    await stage.drop();
    await stage.recover();
    await turn(3_000);
    expect(short.error).toMatchObject({ code: "Timeout" });
    await turn(1_000);
    expect(reply.error).toMatchObject({ name: "InvocationError", code: "ConnectionLost" });
    await turn(60_000);
    expect(invoked(stage)).toEqual([
      ["invoke 1", "invoke 2"],
      ["cancelInvocation 2", "cancelInvocation 1"],
    ]);
  });
});

describe("an outage after a recovery", () => {
  test("takes none of the time that the next recovery gives", async () => {
    const stage = new Stage({ ackTimeoutInMs: 4_000 });
    await stage.connect();
    const reply = follow(stage.client.invokeEvent("e", "x"));
    const short = follow(stage.client.invokeEvent("e", "x", { timeoutInMs: 7_000 }));
    await stage.drop();
    await stage.recover();
    await turn(3_000);
    await stage.drop();
    await turn(3_999);
    expect([reply.status, short.status, stage.client.state]).toEqual(["pending", "pending", "Recovering"]);
    await turn(1);
    expect(short.error).toMatchObject({ code: "Timeout" });
    await stage.recover();
    await turn(3_999);
    expect(reply.status).toBe("pending");
    stage.socket.receiveFrame(answer("1"));
    await turn();
    expect(reply.status).toBe("resolved");
  });

  test("that ends the connection takes the cancels with it that nobody has heard", async () => {
    const stage = new Stage();
    await stage.connect("A");
    const reply = follow(stage.client.invokeEvent("e", "x", { timeoutInMs: 1_000 }));
    await stage.drop();
    await turn(1_000);
    expect(reply.error).toMatchObject({ code: "Timeout" });
    await stage.drop(1008);
    await stage.accept("B");
    const next = follow(stage.client.invokeEvent("e", "x", { invocationId: "1" }));
    await stage.drop();
    await stage.recover();
    expect(invoked(stage).flat()).toEqual(["invoke 1", "invoke 1"]);
    expect(next.status).toBe("pending");
  });
});

describe("what can't be sent", () => {
  test.each([
    ["a number as text", 5 as unknown as string, "text"],
    ["text as bytes", "x", "binary"],
    ["a frame over 1 MB", "x".repeat(1 << 20), "text"],
  ] as const)("%s is refused at once and harms nothing", async (_name, content, dataType) => {
    const stage = new Stage();
    await stage.connect();
    const bad = follow(stage.client.invokeEvent("e", content, dataType));
    const good = follow(stage.client.invokeEvent("e", "x"));
    await turn();
    expect(bad.error).toMatchObject({ name: "InvocationError", code: "InvalidMessage" });
    expect(bad.error?.cause).toBeInstanceOf(Error);
    stage.socket.receiveFrame(answer("2"));
    await turn();
    expect(good.status).toBe("resolved");
  });

  test("an event needs a name", async () => {
    const stage = new Stage();
    await stage.connect();
    const bad = follow(stage.client.invokeEvent("", "x"));
    await turn();
    expect(bad.error).toMatchObject({ code: "InvalidMessage" });
  });
});

test("an answer from the other kinds of traffic is none", async () => {
  const stage = new Stage({ protocol: WebPubSubJsonReliableProtocol() });
  await stage.connect();
  const reply = follow(stage.client.invokeEvent("e", "x"));
  stage.socket.receiveFrame(fromGroup("1", 1));
  stage.socket.receiveFrame({ type: "ack", ackId: 1, success: true });
  stage.socket.receiveFrame({ type: "cancelInvocation", invocationId: "1" });
  await turn();
  expect(reply.status).toBe("pending");
});
