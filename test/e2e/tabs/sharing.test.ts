import { expect, test } from "vitest";
import { until } from "../harness.js";
import { Office } from "./office.js";

test("two tabs share one connection, and each gets what it has joined", async () => {
  await using office = await Office.open();
  const red = await office.enter(["red", "both"]);
  const blue = await office.enter(["blue", "both"]);
  const { hub } = office.house;

  expect(hub.connections().map(({ connectionId }) => connectionId)).toEqual([office.client.connectionId]);
  expect([red.client.connectionId, blue.client.connectionId]).toEqual([
    office.client.connectionId,
    office.client.connectionId,
  ]);
  expect(red.client.userId).toBe("ann");

  const other = await office.house.welcome("bob", ["both"]);
  await other.client.sendToGroup("red", 1);
  await other.client.sendToGroup("blue", 2);
  await other.client.sendToGroup("both", 3);
  hub.sendToAll("all");
  await until(() => red.heard.length === 3 && blue.heard.length === 3);
  expect(red.heard).toEqual([1, 3, "all"]);
  expect(blue.heard).toEqual([2, 3, "all"]);

  await red.client.leaveGroup("both");
  await other.client.sendToGroup("both", 4);
  await until(() => blue.heard.length === 4);
  expect(red.heard).toHaveLength(3);

  await red.client.sendToGroup("both", new Uint8Array([1, 2]), "binary", { noEcho: true });
  await until(() => other.heard.length === 4 && blue.heard.length === 5);
  expect(other.heard.at(-1)).toEqual(new Uint8Array([1, 2]));
  expect(blue.heard.at(-1)).toEqual(new Uint8Array([1, 2]));
  await red.client.sendToGroup("both", null, "json", { noEcho: true });
  await until(() => other.heard.length === 5 && blue.heard.length === 6);
  expect([other.heard.at(-1), blue.heard.at(-1)]).toEqual([null, null]);
  expect(red.heard).toHaveLength(3);
  expect(hub.groups()).toEqual(expect.arrayContaining(["red", "blue", "both"]));

  // Who has been removed by the server comes back by joining again.
  hub.removeFromGroup(office.client.connectionId as string, "both");
  await blue.client.joinGroup("both");
  await other.client.sendToGroup("both", 5);
  await until(() => blue.heard.length === 7);

  await red.client.stop();
  await until(() => !hub.groups().includes("red"));
  await blue.client.stop();
  await until(() => office.client.state === "Stopped");
  expect(hub.connections()).toHaveLength(1);
});
