import { describe, expect, test } from "vitest";
import { toSettings } from "../../../src/core/options.js";
import { OutboxBench } from "./outboxBench.js";

const retries = (maxRetries: number) => ({
  messageRetry: toSettings({ messageRetryOptions: { maxRetries } }).messageRetry,
});

describe("order", () => {
  test("operations first go out in the order of the calls", () => {
    const bench = new OutboxBench();
    for (const name of ["a", "b", "c"]) bench.add(name, { fireAndForget: name === "b" });
    expect(bench.flush().take()).toEqual(["a#1", "b#", "c#2"]);
  });

  test("after a recovery the unanswered ones go first, in their order, with their ids", () => {
    const bench = new OutboxBench();
    for (const name of ["a", "b", "c"]) bench.add(name);
    bench.flush().answer("b");
    bench.add("d");
    bench.take();
    expect(bench.recover().take()).toEqual(["a#1", "c#3", "d#4"]);
  });

  test("one refused for a transient reason goes again after those already sent, before new ones", () => {
    const bench = new OutboxBench();
    bench.add("a");
    bench.add("b");
    bench.flush().answer("a", "InternalServerError");
    bench.take();
    bench.now = 1_000;
    bench.outbox.tick(bench.now, true);
    bench.add("c");
    expect(bench.flush().take()).toEqual(["a#1", "c#3"]);
  });

  test("the client's own joins go before everything, again after a recovery", () => {
    const bench = new OutboxBench();
    bench.add("a");
    bench.add("join", { internal: true });
    expect(bench.flush().take()).toEqual(["join#2", "a#1"]);
    expect(bench.recover().take()).toEqual(["join#2", "a#1"]);
  });
});

describe("an answer", () => {
  test("settles its operation alone", () => {
    const bench = new OutboxBench();
    bench.add("a");
    bench.add("b");
    bench.flush().answer("b");
    expect(bench.call("b").outcome).toEqual({ result: { ackId: 2, isDuplicated: false } });
    expect(bench.ending("a")).toBeUndefined();
  });

  test("Duplicate is a success", () => {
    const bench = new OutboxBench();
    bench.add("a");
    bench.flush().answer("a", "Duplicate");
    expect(bench.call("a").outcome).toEqual({ result: { ackId: 1, isDuplicated: true } });
    expect(bench.pass(100_000).take()).toEqual(["a#1"]);
  });

  test.each(["Forbidden", "BadRequest"])("W2: %s ends the operation at once", (name) => {
    const bench = new OutboxBench();
    bench.add("a");
    bench.flush().answer("a", name);
    const { outcome } = bench.call("a");
    expect(outcome).toMatchObject({
      error: { name: "SendMessageError", code: "Refused", ackId: 1, errorDetail: { name, message: "no" } },
    });
    expect(outcome).toHaveProperty("error.message", `The service refused: ${name}: no`);
  });

  test.each([undefined, null])("a refusal that names no reason (%s) is retried and told", (error) => {
    const bench = new OutboxBench(retries(1));
    bench.add("a");
    const refuse = (): void => {
      bench.flush();
      const ack = { kind: "ack", ackId: 1, success: false, error } as const;
      bench.outbox.answered(ack as Parameters<typeof bench.outbox.answered>[0], bench.now);
    };
    refuse();
    expect(bench.ending("a")).toBeUndefined();
    bench.pass(1_000);
    refuse();
    expect(bench.call("a").outcome).toMatchObject({
      error: { code: "Refused", errorDetail: undefined, message: "The service refused: without a reason" },
    });
  });

  test("for an id that nobody waits for is ignored", () => {
    const bench = new OutboxBench();
    bench.add("a");
    bench.flush().answer("a").answer("a", "Forbidden");
    bench.outbox.answered({ kind: "ack", ackId: 99, success: true }, 0);
    expect(bench.ending("a")).toBe("ok");
  });

  test("that comes before its operation was sent belongs to an earlier owner of the id", () => {
    const bench = new OutboxBench();
    bench.add("a", { ackId: 7 });
    bench.answer("a");
    expect(bench.ending("a")).toBeUndefined();
  });

  test("that comes while the operation waits to be sent again settles it, and it isn't sent", () => {
    const bench = new OutboxBench();
    bench.add("a");
    bench.add("b");
    bench.flush().take();
    bench.outbox.resume();
    bench.answer("a").answer("b", "Forbidden");
    expect(bench.flush().take()).toEqual([]);
    expect([bench.ending("a"), bench.ending("b")]).toEqual(["ok", "Refused"]);
  });

  test("a second refusal while the operation waits for its next try costs nothing", () => {
    const bench = new OutboxBench(retries(1));
    bench.add("a");
    bench.flush().answer("a", "InternalServerError").answer("a", "InternalServerError");
    bench.pass(1_000);
    expect(bench.written).toEqual(["a#1", "a#1"]);
    bench.answer("a");
    expect(bench.ending("a")).toBe("ok");
  });
});

describe("fire-and-forget", () => {
  test("resolves when the socket has taken it and is never resent", () => {
    const bench = new OutboxBench();
    bench.add("a", { fireAndForget: true });
    expect(bench.ending("a")).toBeUndefined();
    bench.flush();
    expect(bench.call("a").outcome).toEqual({ result: { isDuplicated: false } });
    expect(bench.recover().reconnect().take()).toEqual(["a#"]);
  });

  test("that the socket threw out is tried again", () => {
    const bench = new OutboxBench();
    bench.add("a", { fireAndForget: true });
    bench.beforeWrite = () => {
      bench.beforeWrite = undefined;
      throw new Error("send failed");
    };
    expect(bench.flush().take()).toEqual([]);
    expect(bench.pass(1_000).take()).toEqual(["a#"]);
    expect(bench.ending("a")).toBe("ok");
  });
});

describe("the client's own joins", () => {
  test("end with the connection id they were made for, wherever they are", () => {
    const bench = new OutboxBench();
    for (const name of ["sent", "delayed", "again"]) bench.add(name, { internal: true });
    bench.flush().answer("delayed", "InternalServerError");
    bench.add("fresh", { internal: true });
    bench.outbox.sessionEnded(new Error("gone"));
    for (const name of ["sent", "delayed", "again", "fresh"])
      expect(bench.ending(name)).toBe("ConnectionLost");
    expect(bench.outbox.takeNext(0)).toBeUndefined();
  });

  test("aren't counted", () => {
    const bench = new OutboxBench({ maxPendingOperations: 1 });
    bench.add("a", { internal: true });
    bench.add("b", { internal: true });
    bench.add("c");
    expect(bench.outbox.size).toBe(1);
    bench.flush().answer("c");
    expect([bench.outbox.size, bench.idle]).toEqual([0, 1]);
    bench.answer("a").answer("b");
    expect(bench.idle).toBe(1);
  });
});

describe("maxPendingOperations", () => {
  test("bounds what waits unsent; past it an operation is refused at once", () => {
    const bench = new OutboxBench({ maxPendingOperations: 2 });
    bench.add("a");
    bench.add("b", { fireAndForget: true });
    expect(() => bench.add("c")).toThrow(
      expect.objectContaining({ name: "SendMessageError", code: "TooManyPending", ackId: 2 }) as Error,
    );
    bench.flush();
    // Unanswered ones don't count, nor do those that wait for another try.
    bench.add("c");
    bench.add("d");
    expect(() => bench.add("e")).toThrow(/2 operations are waiting already/);
    bench.outbox.resume();
    expect(() => bench.add("e")).toThrow();
  });

  test("has room again when a waiting one is aborted", () => {
    const bench = new OutboxBench({ maxPendingOperations: 1 });
    const abort = new AbortController();
    bench.add("a", { signal: abort.signal });
    abort.abort();
    expect(bench.ending("a")).toBe("Aborted");
    bench.add("b");
    expect(bench.flush().take()).toEqual(["b#2"]);
  });

  test("holds however many wait and are aborted in between", () => {
    const bench = new OutboxBench({ maxPendingOperations: 1_000 });
    const kept: string[] = [];
    for (let i = 0; i < 5_000; i++) {
      const abort = new AbortController();
      bench.add(`${i}`, { signal: abort.signal });
      if (i % 7 === 0) kept.push(`${i}#${i + 1}`);
      else abort.abort();
    }
    expect(bench.outbox.size).toBe(kept.length);
    expect(bench.flush().take()).toEqual(kept);
  });
});
