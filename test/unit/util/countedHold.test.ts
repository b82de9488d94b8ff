import { expect, test } from "vitest";
import { CountedHold } from "../../../src/core/util/countedHold.js";
import { VirtualWorld } from "../support/virtualWorld.js";

function held(releaseDelayInMs = 1_000) {
  const world = new VirtualWorld();
  const told: string[] = [];
  const tell = (what: string) => () => {
    told.push(what);
  };
  const settings = { environment: world, releaseDelayInMs };
  return { world, told, hold: new CountedHold(settings, tell("take"), tell("give"), tell("linger")) };
}

test("the first takes it, and a while after the last it is given back", async () => {
  const { world, told, hold } = held();
  expect([hold.held, hold.unused]).toEqual([false, true]);
  const first = hold.hold();
  const second = hold.hold();
  expect([hold.held, hold.unused, told]).toEqual([true, false, ["take"]]);
  first();
  expect(hold.held).toBe(true);
  second();
  expect([hold.held, hold.unused, told]).toEqual([false, false, ["take", "linger"]]);
  await world.pass(999);
  expect(told).toEqual(["take", "linger"]);
  await world.pass(1);
  expect([hold.unused, told]).toEqual([true, ["take", "linger", "give"]]);
});

test("who lets go twice has let go once", () => {
  const { told, hold } = held();
  const first = hold.hold();
  hold.hold();
  first();
  first();
  expect([hold.held, told]).toEqual([true, ["take"]]);
});

test("somebody new in the meantime takes it over", async () => {
  const { world, told, hold } = held();
  hold.hold()();
  await world.pass(999);
  hold.hold();
  await world.pass(10_000);
  expect([told, world.timers]).toEqual([["take", "linger", "take"], 0]);
});

test("it can be given back at once, but not while it is held or twice", async () => {
  const { world, told, hold } = held();
  const letGo = hold.hold();
  hold.giveBack();
  letGo();
  hold.giveBack();
  hold.giveBack();
  await world.pass(10_000);
  expect([told, hold.unused, world.timers]).toEqual([["take", "linger", "give"], true, 0]);
});

test("nobody needs to hear of the last holder's going", () => {
  const world = new VirtualWorld();
  const hold = new CountedHold(
    { environment: world, releaseDelayInMs: 0 },
    () => undefined,
    () => undefined,
  );
  hold.hold()();
  expect(hold.held).toBe(false);
});
