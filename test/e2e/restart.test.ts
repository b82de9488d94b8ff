import { expect, test } from "vitest";
import { House, until } from "./harness.js";

// 1012 spreads the first attempt over 5 s; this draws 0.
const options = { environment: { random: () => 0 } };

test.each(["close", "cut"] as const)(
  "after a restart of the service (%s) everyone is back, in their groups, and talks on",
  async (sockets) => {
    await using house = await House.open();
    const ann = await house.welcome("ann", ["room"], options);
    const ben = await house.welcome("ben", ["room"], options);
    const before = [ann.client.connectionId, ben.client.connectionId];
    house.faults.restartService({ sockets });
    await until(() => ann.of("connected").length === 2 && ben.of("connected").length === 2);

    expect(before).not.toContain(ann.client.connectionId);
    expect(before).not.toContain(ben.client.connectionId);
    await ann.client.sendToGroup("room", "again");
    await until(() => ben.heard.length === 1 && ann.heard.length === 1);
    expect(ann.credentialCalls).toBe(2);
    // The service says goodbye where it closes in good order.
    const words = sockets === "close" ? "The service restarts." : undefined;
    expect(ann.of("disconnected").map(({ message }) => message?.message)).toEqual([words]);
  },
);

test("a group that can't be joined again is reported, stays wished for and holds nothing up", async () => {
  await using house = await House.open();
  let roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
  const url = () => house.emulator.clientAccessUrl("chat", { userId: "ann", roles });
  const ann = house.guestWith(url, options);
  await ann.client.start();
  await ann.client.joinGroup("room");
  await ann.client.joinGroup("hall");

  roles = ["webpubsub.joinLeaveGroup.hall"];
  house.faults.restartService();
  await until(() => ann.of("connected").length === 2);
  expect(ann.of("rejoin-group-failed")).toEqual([
    {
      group: "room",
      error: expect.objectContaining({
        errorDetail: { name: "Forbidden", message: expect.any(String) as string },
      }) as Error,
    },
  ]);
  expect(house.hub.connections()[0]?.groups).toEqual(["hall"]);

  roles = ["webpubsub.joinLeaveGroup"];
  house.faults.restartService();
  await until(() => ann.of("connected").length === 3);
  expect(house.hub.connections()[0]?.groups).toEqual(["room", "hall"]);
});

test("a group that was left isn't joined again", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room", "hall"], options);
  await ann.client.leaveGroup("room");
  house.faults.restartService();
  await until(() => ann.of("connected").length === 2);
  expect(house.hub.connections()[0]?.groups).toEqual(["hall"]);
});

test("groups outlive stop and start", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"]);
  await ann.client.stop();
  await until(() => house.hub.connections().length === 0);
  await ann.client.start();
  await until(() => ann.of("connected").length === 2);
  expect(house.hub.connections()[0]?.groups).toEqual(["room"]);
  expect(ann.story).toEqual(["connected", "disconnected", "stopped", "connected"]);
});

test("the server ends one connection: its words arrive, and a new connection follows", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], options);
  const id = ann.client.connectionId ?? "";
  house.hub.closeConnection(id, "You were away too long.");
  const words = "Application server closed the connection.";
  await until(() => ann.of("connected").length === 2);
  expect(ann.of("disconnected")).toEqual([
    {
      connectionId: id,
      message: { kind: "disconnected", message: `${words} Reason: You were away too long.` },
    },
  ]);
  // The service closes with 1000, after which the client asks once whether its session is really gone.
  expect(ann.story).toEqual(["connected", "recovering", "disconnected", "connected"]);
});

test("a newer reconnection token is no news to the application, and the next recovery works", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], options);
  expect(house.faults.renewTokens()).toBe(1);
  await ann.client.sendToGroup("room", "after it", "text");
  house.faults.cutTransports();
  await until(() => ann.story.includes("recovered"));
  expect(ann.story).toEqual(["connected", "recovering", "recovered"]);
});
