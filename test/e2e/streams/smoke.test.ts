import { expect, test } from "vitest";
import { House, until } from "../harness.js";

test("smoke", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"]);
  const bob = await house.welcome("bob", ["room"]);
  const got: string[] = [];
  bob.client.onGroupStream(async (stream) => void got.push(await stream.text()));
  const writer = await ann.client.openGroupStream("room");
  await writer.write("hello ");
  await writer.write("world");
  await writer.end();
  await until(() => got.length === 1);
  expect(got).toEqual(["hello world"]);
});
