import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebPubSubClient } from "web-pubsub-client";
import { ack } from "../helpers/frames.js";
import { HOP, MockService } from "../helpers/mockService.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

let service: MockService;
beforeEach(() => {
  vi.useFakeTimers();
  service = new MockService();
});
afterEach(() => {
  service.stop();
  vi.useRealTimers();
});

type Call = (
  client: WebPubSubClient,
  options: { ackId?: number; abortSignal?: AbortSignal },
) => Promise<unknown>;
const operations: [string, Call][] = [
  ["joinGroup", (client, options) => client.joinGroup("g", options)],
  ["leaveGroup", (client, options) => client.leaveGroup("g", options)],
  ["sendToGroup", (client, options) => client.sendToGroup("g", "x", "text", options)],
  ["sendEvent", (client, options) => client.sendEvent("e", "x", "text", options)],
];

describe.each(operations)("%s with an explicit ack id", (_name, call) => {
  test("a socket that always throws: 4 tries, then SendFailed", async () => {
    const stage = new Stage({ messageRetryOptions: { retryDelayInMs: 10 } });
    await stage.connect();
    let tries = 0;
    stage.socket.send = (frame) => {
      if (typeof frame === "string" && frame.includes('"ackId":2')) tries++;
      throw new Error("send failed");
    };
    const sent = follow(call(stage.client, { ackId: 2 }));
    await turn(100);
    expect(tries).toBe(4);
    expect(sent.error).toMatchObject({
      name: "SendMessageError",
      code: "SendFailed",
      ackId: 2,
      message: "send failed",
    });
  });

  test("refused for a transient reason: maxRetries 5 makes 6 tries, all with the same id", async () => {
    service.answer = () => "InternalServerError";
    const client = await service.connected({ messageRetryOptions: { maxRetries: 5, retryDelayInMs: 10 } });
    const sent = follow(call(client, { ackId: 2 }));
    await turn(1_000);
    expect(service.peer.frames.map(({ ackId }) => ackId)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(new Set(service.peer.frames.map((frame) => JSON.stringify(frame))).size).toBe(1);
    expect(sent.error).toMatchObject({
      code: "Refused",
      ackId: 2,
      errorDetail: { name: "InternalServerError", message: "InternalServerError!" },
    });
  });

  test("the first try fails, the second succeeds: 2 frames", async () => {
    service.answer = () => (service.peer.frames.length === 1 ? "InternalServerError" : "ok");
    const client = await service.connected({ messageRetryOptions: { retryDelayInMs: 10 } });
    const sent = follow(call(client, { ackId: 2 }));
    await turn(100);
    expect(sent.value).toEqual({ ackId: 2, isDuplicated: false });
    expect(service.peer.frames).toHaveLength(2);
  });

  test.each(["Forbidden", "BadRequest"])("%s ends it at once", async (name) => {
    service.answer = () => name;
    const client = await service.connected();
    const sent = follow(call(client, { ackId: 2 }));
    await turn(HOP);
    expect(sent.error).toMatchObject({ code: "Refused", errorDetail: { name } });
    await turn(60_000);
    expect(service.peer.frames).toHaveLength(1);
  });

  test("Duplicate is a success", async () => {
    service.answer = () => "Duplicate";
    const client = await service.connected();
    const sent = follow(call(client, { ackId: 2 }));
    await turn(HOP);
    expect(sent.value).toEqual({ ackId: 2, isDuplicated: true });
    await turn(60_000);
    expect(service.peer.frames).toHaveLength(1);
  });

  test("an abort with maxRetries 0; the id is free again", async () => {
    // What the client asks by itself, to leave a group that it may be in now, is answered.
    service.answer = () => (service.peer.frames.length === 1 ? "silence" : "ok");
    const client = await service.connected({ messageRetryOptions: { maxRetries: 0 } });
    const abort = new AbortController();
    const sent = follow(call(client, { ackId: 2, abortSignal: abort.signal }));
    abort.abort();
    await turn(HOP);
    expect(sent.error).toMatchObject({ name: "SendMessageError", code: "Aborted" });
    const again = follow(call(client, { ackId: 2 }));
    await turn(HOP * 2);
    expect(again.value).toEqual({ ackId: 2, isDuplicated: false });
  });
});

describe("delays", () => {
  async function tries(options: object, count: number): Promise<number[]> {
    const times: number[] = [];
    service.answer = () => {
      times.push(Date.now());
      return "InternalServerError";
    };
    const client = await service.connected({ messageRetryOptions: { maxRetries: count - 1, ...options } });
    follow(client.sendToGroup("g", "x"));
    await turn(600_000);
    // What the mock takes for the way is not part of the delay.
    return times.slice(1).map((time, index) => time - (times[index] ?? 0) - HOP);
  }

  test("3 retries after 1 s each by default", async () => {
    expect(await tries({ maxRetries: undefined }, 4)).toEqual([1_000, 1_000, 1_000]);
  });

  test("Fixed ignores the cap and isn't jittered", async () => {
    expect(await tries({ retryDelayInMs: 70, maxRetryDelayInMs: 50 }, 3)).toEqual([70, 70]);
  });

  test("Exponential doubles up to the cap", async () => {
    const options = { mode: "Exponential", retryDelayInMs: 100, maxRetryDelayInMs: 500, jitter: false };
    expect(await tries(options, 6)).toEqual([100, 200, 400, 500, 500]);
  });

  test("Exponential is jittered unless told otherwise", async () => {
    expect(await tries({ mode: "Exponential", retryDelayInMs: 100 }, 4)).toEqual([50, 100, 200]);
  });
});

describe("a wall clock that is set back meanwhile", () => {
  test.each([
    ["the delay before a retry", 10_000],
    ["the time for an answer", 30_000],
  ])("changes nothing about %s", async (what, delay) => {
    const stage = new Stage({ messageRetryOptions: { retryDelayInMs: 10_000 } });
    await stage.connect();
    void stage.client.sendToGroup("g", "x");
    if (what.includes("retry")) stage.socket.receiveFrame(ack(1, "InternalServerError"));
    await turn(5_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    await turn(delay - 5_001);
    expect(stage.socket.frames("sendToGroup")).toHaveLength(1);
    await turn(1);
    expect(stage.socket.frames("sendToGroup")).toHaveLength(2);
  });

  test("changes nothing about the delays before attempts either", async () => {
    const stage = new Stage({ reconnectRetryOptions: { retryDelayInMs: 10_000, mode: "Fixed" } });
    await stage.connect("A", "");
    await stage.drop();
    await stage.drop();
    await turn(5_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    await turn(4_999);
    expect(stage.sockets).toHaveLength(2);
    await turn(1);
    expect(stage.sockets).toHaveLength(3);
  });
});

describe("what costs no retry", () => {
  test("waiting for a connection and being sent again after a recovery", async () => {
    const stage = new Stage({ messageRetryOptions: { maxRetries: 0 } });
    await stage.connect("A");
    await stage.drop();
    const sent = follow(stage.client.sendToGroup("g", "x"));
    await turn(5_000);
    for (let cut = 0; cut < 5; cut++) {
      // What was resumed for a moment only would not be resumed at once.
      await turn(1_000);
      if (cut > 0) await stage.drop();
      await stage.recover();
      expect(stage.socket.frames("sendToGroup")).toMatchObject([{ ackId: 1 }]);
    }
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect(sent.value).toEqual({ ackId: 1, isDuplicated: false });
  });
});

describe("what costs one", () => {
  test("an unanswered ack: the same id again on the same connection, then AckTimeout", async () => {
    service.answer = () => "silence";
    const client = await service.connected({ ackTimeoutInMs: 2_000, messageRetryOptions: { maxRetries: 2 } });
    const sent = follow(client.sendToGroup("g", "x"));
    await turn(5_999);
    expect([service.peer.frames.map(({ ackId }) => ackId), sent.status]).toEqual([[1, 1, 1], "pending"]);
    await turn(1);
    expect(sent.error).toMatchObject({ code: "AckTimeout", ackId: 1 });
    expect(service.peers).toHaveLength(1);
  });

  test("ackTimeoutInMs is 30 s by default and 0 switches it off", async () => {
    service.answer = () => "silence";
    const client = await service.connected();
    follow(client.sendToGroup("g", "x"));
    await turn(30_000 - 1);
    expect(service.peer.frames).toHaveLength(1);
    await turn(1 + HOP);
    expect(service.peer.frames).toHaveLength(2);

    const patient = await service.connected({ ackTimeoutInMs: 0 });
    const sent = follow(patient.sendToGroup("g", "x"));
    await turn(600_000);
    expect([service.peer.frames.length, sent.status]).toEqual([1, "pending"]);
    await Promise.all([client.stop(), patient.stop()].map((stopped) => turn(HOP).then(() => stopped)));
  });

  test("a late answer to the first sending settles it", async () => {
    service.answer = () => "silence";
    const client = await service.connected({ ackTimeoutInMs: 2_000 });
    const sent = follow(client.sendToGroup("g", "x"));
    await turn(2_000 + HOP);
    service.peer.send(ack(1));
    service.peer.send(ack(1, "Duplicate"));
    await turn();
    expect(sent.value).toEqual({ ackId: 1, isDuplicated: false });
  });

  test("the time without a connection doesn't count as unanswered", async () => {
    const stage = new Stage({ ackTimeoutInMs: 5_000, messageRetryOptions: { maxRetries: 0 } });
    await stage.connect("A");
    const sent = follow(stage.client.sendToGroup("g", "x"));
    await stage.drop();
    await turn(9_000);
    await stage.recover();
    await turn(4_999);
    expect(sent.status).toBe("pending");
    await turn(1);
    expect(sent.error).toMatchObject({ code: "AckTimeout" });
  });

  test("a socket that threw once", async () => {
    const stage = new Stage({ messageRetryOptions: { maxRetries: 1, retryDelayInMs: 10 } });
    await stage.connect();
    stage.socket.sendError = new Error("buffer full");
    const sent = follow(stage.client.sendToGroup("g", "x"));
    stage.socket.sendError = undefined;
    await turn(10);
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect(sent.value).toEqual({ ackId: 1, isDuplicated: false });
    const again = follow(stage.client.sendToGroup("g", "y"));
    stage.socket.receiveFrame(ack(2, "InternalServerError"));
    stage.socket.sendError = new Error("buffer full");
    await turn(10);
    expect(again.error).toMatchObject({ code: "SendFailed", cause: { message: "buffer full" } });
  });
});

test("a refusal without a reason, or with null for one, is a refusal", async () => {
  const stage = new Stage({ messageRetryOptions: { maxRetries: 1, retryDelayInMs: 10 } });
  await stage.connect();
  const sent = follow(stage.client.sendToGroup("g", "x"));
  stage.socket.receiveFrame({ type: "ack", ackId: 1, success: false, error: null });
  await turn(10);
  stage.socket.receiveFrame({ type: "ack", ackId: 1, success: false, error: null });
  await turn();
  expect(sent.error).toMatchObject({ code: "Refused", ackId: 1 });
  const other = follow(stage.client.sendToGroup("g", "x"));
  stage.socket.receiveFrame({ type: "ack", ackId: 2, success: false });
  await turn(10);
  stage.socket.receiveFrame({ type: "ack", ackId: 2, success: false, error: "no" });
  await turn();
  expect(other.error).toMatchObject({ code: "Refused", ackId: 2 });
});
