import { expect, test } from "vitest";
import { RefCount } from "../../../src/core/util/refCount.js";
import { VirtualWorld } from "../support/virtualWorld.js";

function held(releaseDelayInMs = 1_000) {
  const world = new VirtualWorld();
  const told: string[] = [];
  const tell = (what: string) => () => {
    told.push(what);
  };
  const settings = { environment: world, releaseDelayInMs };
  return {
    world,
    told,
    count: new RefCount(settings, {
      onUsed: tell("used"),
      onReleased: tell("released"),
      onIdle: tell("idle"),
    }),
  };
}

test("the first takes it, and a while after the last it is given back", async () => {
  const { world, told, count } = held();
  expect([count.held, count.unused]).toEqual([false, true]);
  const first = count.hold();
  const second = count.hold();
  expect([count.held, count.unused, told]).toEqual([true, false, ["used"]]);
  first();
  expect(count.held).toBe(true);
  second();
  expect([count.held, count.unused, told]).toEqual([false, false, ["used", "idle"]]);
  await world.pass(999);
  expect(told).toEqual(["used", "idle"]);
  await world.pass(1);
  expect([count.unused, told]).toEqual([true, ["used", "idle", "released"]]);
});

test("who lets go twice has let go once", () => {
  const { told, count } = held();
  const first = count.hold();
  count.hold();
  first();
  first();
  expect([count.held, told]).toEqual([true, ["used"]]);
});

test("somebody new in the meantime takes it over", async () => {
  const { world, told, count } = held();
  count.hold()();
  await world.pass(999);
  count.hold();
  await world.pass(10_000);
  expect([told, world.timers]).toEqual([["used", "idle", "used"], 0]);
});

test("it can be given back at once, but not while it is held or twice", async () => {
  const { world, told, count } = held();
  const letGo = count.hold();
  count.releaseNow();
  letGo();
  count.releaseNow();
  count.releaseNow();
  await world.pass(10_000);
  expect([told, count.unused, world.timers]).toEqual([["used", "idle", "released"], true, 0]);
});

test("nobody needs to hear of the last holder's going", () => {
  const world = new VirtualWorld();
  const count = new RefCount(
    { environment: world, releaseDelayInMs: 0 },
    { onUsed: () => undefined, onReleased: () => undefined },
  );
  count.hold()();
  expect(count.held).toBe(false);
});
