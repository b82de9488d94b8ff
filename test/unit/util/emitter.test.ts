import { describe, expect, test, vi } from "vitest";
import { Emitter } from "../../../src/core/util/emitter.js";
import { settle } from "../support/virtualWorld.js";

interface Events {
  a: number;
  b: string;
}

function emitter() {
  const errors: [string, unknown][] = [];
  return { errors, emitter: new Emitter<Events>((event, error) => errors.push([event, error])) };
}

describe("listeners", () => {
  test("are called in their order with the argument, for their event only", () => {
    const { emitter: events } = emitter();
    const calls: unknown[] = [];
    events.on("a", (n) => calls.push(["first", n]));
    events.on("a", (n) => calls.push(["second", n]));
    events.on("b", (s) => calls.push(s));
    events.emit("a", 5);
    expect(calls).toEqual([
      ["first", 5],
      ["second", 5],
    ]);
  });

  test("are removed by the returned function or by off", () => {
    const { emitter: events } = emitter();
    const [first, second] = [vi.fn(), vi.fn()];
    const remove = events.on("a", first);
    events.on("a", second);
    remove();
    remove();
    events.emit("a", 1);
    events.off("a", second);
    events.off("a", second);
    events.emit("a", 2);
    expect([first.mock.calls, second.mock.calls]).toEqual([[], [[1]]]);
    expect(events.has("a")).toBe(false);
  });

  test("the returned function removes its own registration, not another of the same listener", () => {
    const { emitter: events } = emitter();
    const listener = vi.fn();
    const remove = events.on("a", listener);
    events.on("a", listener, true);
    remove();
    events.emit("a", 1);
    events.emit("a", 2);
    expect(listener.mock.calls).toEqual([[1]]);
  });

  test("one that another listener has removed isn't called for the same event", () => {
    const { emitter: events } = emitter();
    const second = vi.fn();
    events.on("a", () => remove());
    const remove = events.on("a", second);
    events.emit("a", 1);
    expect(second).not.toHaveBeenCalled();
  });

  test("once is once, also when the listener emits again; off removes it before", () => {
    const { emitter: events } = emitter();
    const calls: number[] = [];
    events.on(
      "a",
      (n) => {
        calls.push(n);
        if (n < 5) events.emit("a", n + 1);
      },
      true,
    );
    events.emit("a", 1);
    const never = vi.fn();
    events.on("a", never, true);
    events.off("a", never);
    events.emit("a", 2);
    expect([calls, never.mock.calls]).toEqual([[1], []]);
  });

  test("may remove themselves and others while they run", () => {
    const { emitter: events } = emitter();
    const calls: string[] = [];
    const removeFirst = events.on("a", () => {
      calls.push("first");
      removeFirst();
    });
    events.on("a", () => calls.push("second"));
    events.emit("a", 1);
    events.emit("a", 2);
    expect(calls).toEqual(["first", "second", "second"]);
  });

  test("may be many", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const { emitter: events } = emitter();
    for (let i = 0; i < 100; i++) events.on("a", () => undefined);
    expect([warn.mock.calls.length, events.has("a")]).toEqual([0, true]);
    warn.mockRestore();
  });
});

describe("W23: a listener that fails", () => {
  test("is reported and keeps no other from being called", () => {
    const { emitter: events, errors } = emitter();
    const error = new Error("no");
    const after = vi.fn();
    events.on("a", () => {
      throw error;
    });
    events.on("a", after);
    expect(() => events.emit("a", 1)).not.toThrow();
    expect(errors).toEqual([["a", error]]);
    expect(after).toHaveBeenCalledTimes(1);
  });

  test("is reported when its promise rejects", async () => {
    const { emitter: events, errors } = emitter();
    const error = new Error("no");
    events.on("b", async () => {
      await Promise.resolve();
      throw error;
    });
    events.on("b", async () => "fine");
    events.emit("b", "x");
    expect(errors).toEqual([]);
    await settle();
    expect(errors).toEqual([["b", error]]);
  });
});
