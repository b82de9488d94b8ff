import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { onWake } from "../../../src/core/environment/wake.js";

const ends: (() => void)[] = [];

/** Listens until the test is over. */
function listen(): { wakes: number; end: () => void } {
  const heard = { wakes: 0, end: () => undefined as void };
  heard.end = onWake(() => heard.wakes++);
  ends.push(heard.end);
  return heard;
}

/** A page with what the watch looks at. */
function stubPage(): { page: EventTarget & { visibilityState: string }; target: EventTarget } {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const target = new EventTarget();
  vi.stubGlobal("document", page);
  vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
  vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
  return { page, target };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a clock that jumped", () => {
  test("is a wake, told once", () => {
    const heard = listen();
    vi.advanceTimersByTime(100_000);
    expect(heard.wakes).toBe(0);
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(1_000);
    expect(heard.wakes).toBe(1);
    vi.advanceTimersByTime(100_000);
    expect(heard.wakes).toBe(1);
  });

  test("by up to 5 s is only a busy machine; set back it is nothing", () => {
    const heard = listen();
    vi.setSystemTime(Date.now() + 5_000);
    vi.advanceTimersByTime(2_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(10_000);
    expect(heard.wakes).toBe(0);
  });
});

describe("in a page", () => {
  test("online, pageshow, resume and becoming visible are wakes; becoming hidden isn't", () => {
    const { page, target } = stubPage();
    const heard = listen();
    target.dispatchEvent(new Event("online"));
    target.dispatchEvent(new Event("pageshow"));
    expect(heard.wakes).toBe(2);
    page.dispatchEvent(new Event("visibilitychange"));
    expect(heard.wakes).toBe(3);
    page.visibilityState = "hidden";
    page.dispatchEvent(new Event("visibilitychange"));
    target.dispatchEvent(new Event("offline"));
    page.dispatchEvent(new Event("freeze"));
    expect(heard.wakes).toBe(3);
    // Unfrozen, though still hidden.
    page.dispatchEvent(new Event("resume"));
    expect(heard.wakes).toBe(4);
  });

  test("nothing stays behind after the last listener", () => {
    const { page, target } = stubPage();
    const [first, second] = [listen(), listen()];
    first.end();
    first.end();
    target.dispatchEvent(new Event("online"));
    expect([first.wakes, second.wakes]).toEqual([0, 1]);
    second.end();
    target.dispatchEvent(new Event("online"));
    page.dispatchEvent(new Event("visibilitychange"));
    page.dispatchEvent(new Event("resume"));
    expect([second.wakes, vi.getTimerCount()]).toEqual([1, 0]);
  });
});

test.each([{}, null, { addEventListener: () => undefined }])(
  "a document that is only a part of one (%j) does no harm: the clock is still watched",
  (part) => {
    vi.stubGlobal("document", part);
    const heard = listen();
    vi.setSystemTime(Date.now() + 60_000);
    vi.advanceTimersByTime(2_000);
    expect(heard.wakes).toBe(1);
    expect(() => heard.end()).not.toThrow();
    expect(vi.getTimerCount()).toBe(0);
  },
);

test("a watch that can't begin leaves nothing behind", () => {
  vi.stubGlobal("document", {
    addEventListener: () => {
      throw new Error("not implemented");
    },
  });
  expect(listen).toThrow("not implemented");
  vi.unstubAllGlobals();
  const heard = listen();
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(2_000);
  expect(heard.wakes).toBe(1);
});

test("all listeners share one watch, and a listener given twice counts twice", () => {
  let wakes = 0;
  const listener = (): void => {
    wakes++;
  };
  ends.push(onWake(listener), onWake(listener));
  expect(vi.getTimerCount()).toBe(1);
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(2_000);
  expect(wakes).toBe(2);
  ends[0]?.();
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(2_000);
  expect(wakes).toBe(3);
});

test("W25: the watch keeps no process alive", () => {
  vi.useRealTimers();
  const unref = vi.fn();
  const spy = vi.spyOn(globalThis, "setInterval").mockReturnValue({ unref } as unknown as NodeJS.Timeout);
  const heard = listen();
  expect(unref).toHaveBeenCalledTimes(1);
  heard.end();
  spy.mockReturnValue(5 as unknown as NodeJS.Timeout);
  expect(() => listen().end()).not.toThrow();
  spy.mockRestore();
});

test("a listener may leave during a wake, and others come and go", () => {
  const first = onWake(() => first());
  const heard = listen();
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(2_000);
  expect(heard.wakes).toBe(1);
});
