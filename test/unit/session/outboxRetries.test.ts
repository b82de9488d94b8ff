import { describe, expect, test } from "vitest";
import { SendMessageError } from "../../../src/core/errors.js";
import { toSettings } from "../../../src/core/options.js";
import { OutboxBench } from "./outboxBench.js";

const retries = (maxRetries: number) => ({
  messageRetry: toSettings({ messageRetryOptions: { maxRetries } }).messageRetry,
});

describe("retries", () => {
  test("W1: an operation keeps its id through all of them; 3 make 4 attempts", () => {
    const bench = new OutboxBench();
    bench.add("a");
    bench.flush();
    for (let i = 0; i < 3; i++) bench.answer("a", "InternalServerError").pass(999).pass(1);
    expect(bench.written).toEqual(["a#1", "a#1", "a#1", "a#1"]);
    bench.answer("a", "InternalServerError");
    expect(bench.ending("a")).toBe("Refused");
  });

  test("waiting and resending after a recovery cost none", () => {
    const bench = new OutboxBench(retries(0));
    bench.add("a");
    bench.pass(1_000_000, false).flush();
    for (let i = 0; i < 50; i++) bench.pass(29_000, false).recover();
    expect(bench.written).toHaveLength(51);
    expect(bench.answer("a").ending("a")).toBe("ok");
  });

  test("an unanswered ack costs one: the same id again on the same connection", () => {
    const bench = new OutboxBench(retries(1));
    bench.add("a");
    bench.flush().pass(29_999);
    expect(bench.take()).toEqual(["a#1"]);
    expect(bench.pass(1).take()).toEqual(["a#1"]);
    bench.pass(30_000);
    expect(bench.call("a").outcome).toMatchObject({
      error: { code: "AckTimeout", message: /30000 ms \(ackTimeoutInMs\)/ },
    });
  });

  test("W4: an ack that never comes isn't waited for for ever, unless ackTimeoutInMs is 0", () => {
    const bench = new OutboxBench({ ackTimeoutInMs: 0 });
    bench.add("a");
    bench.flush().pass(1e9);
    expect(bench.written).toEqual(["a#1"]);
    expect(bench.dueTimes).toEqual([]);
    expect(bench.outbox.nextDue(true)).toBe(Infinity);
  });

  test("the time without a connection doesn't count as waiting for an answer", () => {
    const bench = new OutboxBench(retries(0));
    bench.add("a");
    bench.flush().pass(29_999, false).pass(500_000, false);
    expect(bench.outbox.nextDue(false)).toBe(Infinity);
    bench.recover().pass(29_999);
    expect(bench.ending("a")).toBeUndefined();
  });

  test("a socket that throws costs one", () => {
    const bench = new OutboxBench(retries(1));
    bench.add("a");
    bench.beforeWrite = () => {
      throw new Error("send failed");
    };
    bench.flush().pass(1_000);
    const { outcome } = bench.call("a");
    expect(outcome).toMatchObject({ error: { code: "SendFailed", message: "send failed" } });
    expect(outcome).toHaveProperty("error.cause.message", "send failed");
  });

  test("a failed write delays its operation alone", () => {
    const bench = new OutboxBench();
    bench.add("a");
    bench.add("b");
    bench.beforeWrite = (name) => {
      if (name === "a" && bench.now === 0) throw new Error("send failed");
    };
    expect(bench.flush().take()).toEqual(["b#2"]);
    expect(bench.pass(1_000).take()).toEqual(["a#1"]);
  });

  test("a resend on a new connection costs one, and is told", () => {
    const bench = new OutboxBench(retries(1));
    bench.add("a");
    bench.flush().reconnect();
    expect(bench.written).toEqual(["a#1", "a#1"]);
    bench.answer("a");
    expect(bench.call("a").outcome).toEqual({
      result: { ackId: 1, isDuplicated: false, resentOnNewConnection: true },
    });
    bench.add("b");
    bench.flush().reconnect().reconnect();
    expect(bench.call("b").outcome).toMatchObject({ error: { code: "ConnectionLost" } });
  });

  test("W5: what was never sent waits for the new connection at no cost, and isn't marked", () => {
    const bench = new OutboxBench(retries(0));
    bench.add("a");
    bench.outbox.sessionEnded(new Error("gone"));
    bench.reconnect().answer("a");
    expect(bench.ending("a")).toBe("ok");
  });

  test("what the service has refused wasn't executed: on a new connection it goes again unmarked", () => {
    const bench = new OutboxBench({ resendOnNewConnection: false });
    bench.add("a");
    bench.flush().answer("a", "InternalServerError");
    bench.outbox.sessionEnded(new Error("gone"));
    bench.pass(1_000).answer("a");
    expect(bench.ending("a")).toBe("ok");
  });

  test("nor was what the socket has thrown out, unless an earlier sending is unanswered", () => {
    const bench = new OutboxBench();
    bench.add("a");
    bench.add("b");
    bench.beforeWrite = (name) => {
      if (name === "a") throw new Error("send failed");
    };
    bench.flush();
    bench.beforeWrite = (name) => {
      if (name === "b") throw new Error("send failed");
    };
    bench.recover();
    bench.beforeWrite = undefined;
    bench.outbox.sessionEnded(new Error("gone"));
    bench.pass(1_000).answer("a").answer("b");
    expect([bench.ending("a"), bench.ending("b")]).toEqual(["ok", "ok again"]);
  });

  test("with resendOnNewConnection off, what may have been executed ends with its connection", () => {
    const bench = new OutboxBench({ resendOnNewConnection: false });
    bench.add("sent");
    bench.flush();
    bench.add("fresh");
    bench.outbox.resume();
    bench.reconnect();
    expect(bench.ending("sent")).toBe("ConnectionLost");
    expect(bench.take()).toEqual(["sent#1", "fresh#2"]);
    expect(bench.answer("fresh").ending("fresh")).toBe("ok");
  });

  test("delays follow messageRetryOptions", () => {
    const { messageRetry } = toSettings({
      messageRetryOptions: {
        mode: "Exponential",
        retryDelayInMs: 100,
        maxRetryDelayInMs: 250,
        jitter: false,
      },
    });
    const bench = new OutboxBench({ messageRetry });
    bench.add("a");
    const delays: number[] = [];
    for (let i = 0; i < 3; i++) {
      bench.flush().answer("a", "InternalServerError");
      delays.push(bench.outbox.nextDue(true) - bench.now);
      bench.pass(250);
    }
    expect(delays).toEqual([100, 200, 250]);
  });
});

describe("nextDue", () => {
  test("is the earliest of what waits and what is unanswered", () => {
    const bench = new OutboxBench();
    expect(bench.outbox.nextDue(true)).toBe(Infinity);
    bench.add("a");
    bench.flush();
    expect(bench.outbox.nextDue(true)).toBe(30_000);
    bench.now = 10;
    bench.add("b");
    bench.flush().answer("b", "InternalServerError");
    expect(bench.outbox.nextDue(true)).toBe(1_010);
    expect(bench.outbox.nextDue(false)).toBe(1_010);
    expect(bench.dueTimes).toEqual([30_000, 30_010, 1_010]);
  });

  test("errors are SendMessageErrors", () => {
    const bench = new OutboxBench(retries(0));
    bench.add("a");
    bench.flush().answer("a", "InternalServerError");
    const { outcome } = bench.call("a");
    expect(outcome && "error" in outcome && outcome.error).toBeInstanceOf(SendMessageError);
  });
});
