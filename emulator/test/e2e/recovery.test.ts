import { expect, test } from "vitest";
import { House, until } from "./harness.js";

test("a cut connection gets back what it missed, in order, before new messages", async () => {
  await using house = await House.open();
  const receiver = await house.client({ userId: "r" });
  const sender = await house.client({ userId: "s" });
  await receiver.join("g");
  await sender.text("g", "one");
  await until(() => receiver.data[0]);
  expect(house.emulator.faults.cutTransports({ userId: "r" })).toBe(1);
  expect((await receiver.gone()).code).toBe(1006);
  await sender.text("g", "two");

  const again = await house.recover(receiver);
  await sender.text("g", "three");
  await until(() => again.data[2]);
  expect(again.id).toBe(receiver.id);
  expect(again.data.map(({ data, sequenceId }) => [data, sequenceId])).toEqual([
    ["one", 1],
    ["two", 2],
    ["three", 3],
  ]);
});
