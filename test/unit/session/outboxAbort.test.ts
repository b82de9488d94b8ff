import { AbortError } from "@azure/abort-controller";
import { describe, expect, test } from "vitest";
import { OutboxBench } from "./outboxBench.js";

describe("abort", () => {
  const places: Record<string, (bench: OutboxBench) => void> = {
    "before it is sent": () => undefined,
    "while its answer is due": (bench) => bench.flush(),
    "while it waits for its next try": (bench) => bench.flush().answer("a", "InternalServerError"),
    "while it waits to be sent again": (bench) => bench.flush().outbox.resume(),
  };

  test.each(Object.entries(places))("W9: %s rejects at once; the operation is gone", (_place, prepare) => {
    const bench = new OutboxBench();
    const abort = new AbortController();
    bench.add("a", { signal: abort.signal });
    prepare(bench);
    bench.take();
    abort.abort();
    const { outcome } = bench.call("a");
    expect(outcome).toMatchObject({
      error: { code: "Aborted", ackId: 1, message: "Cancelled by abortSignal" },
    });
    expect(outcome && "error" in outcome && outcome.error.cause).toBeInstanceOf(AbortError);
    expect([bench.outbox.size, bench.idle]).toEqual([0, 1]);
    expect(bench.answer("a").pass(100_000).recover().reconnect().take()).toEqual([]);
    bench.add("b");
    expect(bench.flush().take()).toEqual(["b#2"]);
  });

  test("by a signal that can't be listened to: nothing of the operation stays, its ack id is free", () => {
    const bench = new OutboxBench();
    const broken = Object.assign(new AbortController().signal, {
      addEventListener: () => {
        throw new Error("broken");
      },
    });
    expect(() => bench.add("a", { ackId: 9, signal: broken })).toThrow("broken");
    expect(bench.outbox.size).toBe(0);
    bench.add("b", { ackId: 9 });
    expect(bench.flush().take()).toEqual(["b#9"]);
  });

  test("after the end means nothing, and no listener stays behind", () => {
    const bench = new OutboxBench();
    const abort = new AbortController();
    let listeners = 0;
    const signal = Object.assign(abort.signal, {
      addEventListener: (...args: Parameters<AbortSignal["addEventListener"]>) => {
        listeners++;
        AbortSignal.prototype.addEventListener.apply(abort.signal, args);
      },
      removeEventListener: (...args: Parameters<AbortSignal["removeEventListener"]>) => {
        listeners--;
        AbortSignal.prototype.removeEventListener.apply(abort.signal, args);
      },
    });
    bench.add("a", { signal });
    bench.add("b", { signal });
    expect(listeners, "both share one").toBe(1);
    bench.flush().answer("a");
    expect(listeners).toBe(1);
    bench.answer("b", "Forbidden");
    expect(listeners).toBe(0);
    abort.abort();
    expect([bench.ending("a"), bench.ending("b")]).toEqual(["ok", "Refused"]);
  });

  test("inside the socket's send, which then throws, settles once", () => {
    const bench = new OutboxBench();
    const abort = new AbortController();
    bench.add("a", { signal: abort.signal });
    bench.beforeWrite = () => {
      abort.abort();
      throw new Error("send failed");
    };
    bench.flush().pass(1_000);
    expect([bench.ending("a"), bench.outbox.size, bench.idle]).toEqual(["Aborted", 0, 1]);
    expect(bench.written).toEqual([]);
  });

  test("of a fire-and-forget inside the socket's send settles once", () => {
    const bench = new OutboxBench();
    const abort = new AbortController();
    bench.add("a", { signal: abort.signal, fireAndForget: true });
    bench.beforeWrite = () => abort.abort();
    bench.flush();
    expect([bench.ending("a"), bench.outbox.size, bench.idle]).toEqual(["Aborted", 0, 1]);
  });
});

describe("explicit ids", () => {
  test("W3: are refused while the same id is pending, whoever chose it", () => {
    const bench = new OutboxBench();
    bench.add("automatic");
    bench.add("explicit", { ackId: 5 });
    for (const ackId of [1, 5]) {
      expect(() => bench.outbox.reserveAckId(ackId)).toThrow(
        expect.objectContaining({ code: "AckIdInUse", ackId }) as Error,
      );
    }
    bench.flush().answer("explicit");
    expect(bench.outbox.reserveAckId(5)).toBe(5);
  });

  test("are skipped by the automatic ones", () => {
    const { outbox } = new OutboxBench();
    const ids = [undefined, 2, undefined, 10, 4, undefined, undefined].map((id) => outbox.reserveAckId(id));
    expect(ids).toEqual([1, 2, 3, 10, 4, 11, 12]);
  });

  test("may be used again after an abort", () => {
    const bench = new OutboxBench();
    const abort = new AbortController();
    bench.add("a", { ackId: 2, signal: abort.signal });
    bench.flush();
    abort.abort();
    bench.add("b", { ackId: 2 });
    expect(bench.flush().take()).toEqual(["a#2", "b#2"]);
    expect(bench.answer("b").ending("b")).toBe("ok");
  });

  test("huge ones don't use the automatic ones up", () => {
    const { outbox } = new OutboxBench();
    expect(outbox.reserveAckId(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
    expect(outbox.reserveAckId(2 ** 52)).toBe(2 ** 52);
    expect([outbox.reserveAckId(undefined), outbox.reserveAckId(undefined)]).toEqual([1, 2]);
    expect(outbox.reserveAckId(0)).toBe(0);
  });

  test.each([-1, 1.5, NaN, Infinity, 2 ** 53, "7" as unknown as number])("%s is no id", (ackId) => {
    expect(() => new OutboxBench().outbox.reserveAckId(ackId)).toThrow(RangeError);
  });
});

describe("clear", () => {
  test("rejects everything, wherever it is, with the reason", () => {
    const bench = new OutboxBench();
    for (const name of ["delayed", "again", "aborted"]) bench.add(name);
    const abort = new AbortController();
    bench.add("late", { signal: abort.signal });
    bench.flush().answer("delayed", "InternalServerError").answer("aborted");
    bench.outbox.resume();
    abort.abort();
    bench.add("fresh");
    bench.add("join", { internal: true });
    const cause = new Error("The client was stopped.");
    bench.outbox.clear(cause);
    for (const name of ["delayed", "again", "fresh", "join"]) {
      const { outcome } = bench.call(name);
      expect(outcome).toMatchObject({
        error: { code: "NotStarted", message: "The client was stopped.", cause },
      });
    }
    expect([bench.ending("aborted"), bench.ending("late")]).toEqual(["ok", "Aborted"]);
    expect([bench.outbox.size, bench.idle]).toEqual([0, 1]);
    expect(bench.flush().pass(100_000).take()).toEqual(["delayed#1", "again#2", "aborted#3", "late#4"]);
  });

  test("leaves an outbox that works", () => {
    const bench = new OutboxBench({ maxPendingOperations: 1 });
    bench.add("a");
    bench.outbox.clear(new Error("stopped"));
    bench.add("b");
    bench.flush().answer("b");
    expect(bench.ending("b")).toBe("ok");
  });
});
