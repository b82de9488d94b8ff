import { describe, expect, test } from "vitest";
import type { GroupStateItem } from "web-pubsub-client";
import { StateCache as Cache } from "../../../src/features/presence/stateCache.js";

const RETENTION = 300_000;

class StateCache extends Cache {
  update(items: readonly GroupStateItem[], now: number): boolean {
    return this.take(items, false, now);
  }

  snapshot(items: readonly GroupStateItem[], now: number): boolean {
    return this.take(items, true, now);
  }
}

function item(connectionId: string, updatedAt: number, status?: string): GroupStateItem {
  return status === undefined ? { connectionId, updatedAt } : { connectionId, updatedAt, state: { status } };
}

const shown = (cache: StateCache) =>
  cache.list().map(({ connectionId, state }) => `${connectionId}:${state["status"]}`);

describe("which record wins (2.14)", () => {
  test("only a larger updatedAt does", () => {
    const cache = new StateCache();
    expect(cache.update([item("a", 10, "x")], 0)).toBe(true);
    expect(cache.update([item("a", 10, "same age")], 0)).toBe(false);
    expect(cache.update([item("a", 9, "older")], 0)).toBe(false);
    expect(cache.snapshot([item("a", 10, "same age")], 0)).toBe(false);
    expect(shown(cache)).toEqual(["a:x"]);
    expect(cache.update([item("a", 11, "y")], 0)).toBe(true);
    expect(shown(cache)).toEqual(["a:y"]);
  });

  test("a cleared state is hidden and blocks what is older", () => {
    const cache = new StateCache();
    cache.update([item("a", 10, "x")], 0);
    expect(cache.update([item("a", 20)], 0)).toBe(true);
    expect(shown(cache)).toEqual([]);
    expect(cache.snapshot([item("a", 15, "old")], 0)).toBe(false);
    expect(cache.update([item("a", 20, "same age")], 0)).toBe(false);
    expect(shown(cache)).toEqual([]);
    expect(cache.update([item("a", 21, "back")], 0)).toBe(true);
    expect(shown(cache)).toEqual(["a:back"]);
  });

  test("clearing what was never seen changes nothing visible", () => {
    const cache = new StateCache();
    expect(cache.update([item("a", 20)], 0)).toBe(false);
    expect(cache.update([item("a", 21)], 0)).toBe(false);
    expect(cache.update([item("a", 20, "late")], 0)).toBe(false);
  });
});

describe("snapshots (2.14)", () => {
  test("what came from one and is missing in the next is gone", () => {
    const cache = new StateCache();
    expect(cache.snapshot([item("a", 1, "x"), item("b", 2, "y")], 0)).toBe(true);
    expect(cache.snapshot([item("b", 2, "y")], 0)).toBe(true);
    expect(shown(cache)).toEqual(["b:y"]);
    expect(cache.snapshot([item("b", 2, "y")], 0)).toBe(false);
    expect(cache.snapshot([], 0)).toBe(true);
    expect(cache.list()).toEqual([]);
  });

  test("an update outlives a snapshot that lacks it for five minutes, the last one included", () => {
    const cache = new StateCache();
    cache.update([item("a", 1, "x")], 1_000);
    expect(cache.snapshot([], 1_000 + RETENTION)).toBe(false);
    expect(shown(cache)).toEqual(["a:x"]);
    expect(cache.snapshot([], 1_001 + RETENTION)).toBe(true);
    expect(cache.list()).toEqual([]);
  });

  test("an update that a snapshot has confirmed doesn't", () => {
    const cache = new StateCache();
    cache.update([item("a", 1, "x")], 0);
    cache.snapshot([item("a", 1, "x")], 10);
    expect(cache.snapshot([], 20)).toBe(true);
    expect(cache.list()).toEqual([]);
  });

  test("an old clearing is forgotten with a snapshot, so that an older entry can show again", () => {
    const cache = new StateCache();
    cache.update([item("a", 20)], 0);
    expect(cache.snapshot([item("a", 15, "x")], RETENTION)).toBe(false);
    expect(cache.snapshot([item("a", 15, "x")], RETENTION + 1)).toBe(true);
    expect(shown(cache)).toEqual(["a:x"]);
  });
});

describe("no more than 200 clearings are remembered", () => {
  const many = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => item(`c${from + i}`, 1_000 + from + i));
  const older = (id: number) => [item(`c${id}`, 500, "old")];

  test("the oldest by arrival is forgotten (2.14)", () => {
    const cache = new StateCache();
    for (const each of many(0, 201)) cache.update([each], 0);
    expect(cache.update(older(1), 0)).toBe(false);
    expect(cache.update(older(0), 0)).toBe(true);
  });

  test("a clearing that was renewed counts as new", () => {
    const cache = new StateCache();
    cache.update(many(0, 200), 0);
    cache.update([item("c0", 5_000)], 0);
    cache.update(many(200, 1), 0);
    expect(cache.update(older(0), 0)).toBe(false);
    expect(cache.update(older(1), 0)).toBe(true);
  });

  test("W41: snapshots keep to the bound too", () => {
    const cache = new StateCache();
    cache.snapshot(many(0, 5_000), 0);
    let forgotten = 0;
    for (let id = 0; id < 5_000; id++) if (cache.update(older(id), 0)) forgotten++;
    expect(forgotten).toBe(4_800);
  });
});

describe("W40: copies", () => {
  test("neither what came in nor what went out changes the cache", () => {
    const cache = new StateCache();
    const given = { connectionId: "a", userId: "ann", updatedAt: 1, state: { status: "x" } };
    cache.update([given], 0);
    given.state.status = "changed";
    given.userId = "changed";
    const [record] = cache.list();
    expect(record).toEqual({ connectionId: "a", userId: "ann", updatedAt: 1, state: { status: "x" } });
    if (record !== undefined) record.state["status"] = "changed";
    expect(shown(cache)).toEqual(["a:x"]);
  });

  test("states that aren't made of strings don't get in", () => {
    const cache = new StateCache();
    const nested = { connectionId: "a", updatedAt: 1, state: { deep: {} } } as unknown as GroupStateItem;
    expect(cache.update([nested, item("b", 1, "x")], 0)).toBe(true);
    expect(shown(cache)).toEqual(["b:x"]);
  });
});

test("broken items are skipped", () => {
  const cache = new StateCache();
  const broken = [null, {}, { connectionId: 5, updatedAt: 1 }, { connectionId: "a" }, "x"];
  expect(cache.update(broken as unknown as GroupStateItem[], 0)).toBe(false);
  expect(cache.snapshot(broken as unknown as GroupStateItem[], 0)).toBe(false);
  expect(cache.list()).toEqual([]);
});

test("a user is left out where there is none", () => {
  const cache = new StateCache();
  cache.update([item("a", 1, "x")], 0);
  expect(Object.keys(cache.list()[0] ?? {})).not.toContain("userId");
});

test("records keep the order in which connections appeared", () => {
  const cache = new StateCache();
  cache.update([item("a", 1, "x"), item("b", 2, "x")], 0);
  cache.update([item("a", 3, "y")], 0);
  expect(shown(cache)).toEqual(["a:y", "b:x"]);
});
