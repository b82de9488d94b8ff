import { expect, test } from "vitest";
import { House, anyGroup, plain, until } from "./harness.js";

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

test("acknowledged messages are not replayed", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  for (const data of ["a", "b", "c"]) await client.text("g", data);
  client.send({ type: "sequenceAck", sequenceId: 2 });
  await client.settled();
  expect(house.emulator.hub("chat").connection(client.id)?.unacknowledged).toBe(1);
  client.socket.terminate();
  const again = await house.recover(client);
  await again.settled();
  expect(again.data.map(({ data }) => data)).toEqual(["c"]);
});

test("expired messages are not replayed", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  await client.text("g", "short", { ttlSeconds: 1 });
  await client.text("g", "long", { ttlSeconds: 300 });
  const sentBy = Date.now();
  house.emulator.faults.cutTransports();
  await client.gone();
  await until(() => Date.now() > sentBy + 1_000);
  const again = await house.recover(client);
  await again.settled();
  expect(again.data).toMatchObject([{ data: "long", sequenceId: 2 }]);
});

test("ackIds are remembered across a recovery", async () => {
  await using house = await House.open();
  const client = await house.client();
  await client.ask({ type: "joinGroup", group: "g", ackId: 4 });
  client.socket.terminate();
  const again = await house.recover(client);
  expect(await again.ask({ type: "joinGroup", group: "g", ackId: 4 })).toMatchObject({
    error: { name: "Duplicate" },
  });
});

test("a recovery replaces a socket that still looks open", async () => {
  await using house = await House.open();
  const client = await house.client();
  const again = await house.recover(client);
  expect((await client.gone()).code).toBe(1006);
  expect(await again.join("g")).toMatchObject({ success: true });
  expect(house.emulator.hub("chat").connections()).toHaveLength(1);
});

test("a clean close ends the session at once", async () => {
  await using house = await House.open();
  const client = await house.client();
  client.socket.close(1000);
  await until(() => house.emulator.hub("chat").connections().length === 0);
  expect((await client.recovery().gone()).code).toBe(1008);
});

test("a wrong token and an unknown connection are closed with 1008", async () => {
  await using house = await House.open();
  const client = await house.client();
  expect((await client.recovery({ token: "guess" }).gone()).code).toBe(1008);
  house.emulator.hub("chat").closeConnection(client.id);
  expect((await client.recovery().gone()).code).toBe(1008);
});

test("the recovery window ends", async () => {
  await using house = await House.open({ recoveryWindowInMs: 50 });
  const client = await house.client();
  client.socket.terminate();
  await until(() => house.emulator.hub("chat").connections().length === 0);
  expect((await client.recovery().gone()).code).toBe(1008);
});

test("the window is 1,000 messages: one more closes for good", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  const hub = house.emulator.hub("chat");
  for (let i = 1; i <= 1_000; i++) hub.sendToGroup("g", i);
  await until(() => client.data.length === 1_000);
  expect(client.closed).toBeUndefined();
  hub.sendToGroup("g", 1_001);
  expect((await client.gone()).code).toBe(1008);
  expect(client.data).toHaveLength(1_000);
  expect(client.messages.at(-1)).toMatchObject({ event: "disconnected" });
});

test("the window is 16 MB", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  const hub = house.emulator.hub("chat");
  const megabyte = "x".repeat(1_000_000);
  for (let i = 0; i < 16; i++) hub.sendToGroup("g", megabyte);
  await until(() => client.data.length === 16);
  hub.sendToGroup("g", megabyte);
  expect((await client.gone()).code).toBe(1008);
});

test("a full window is replayed, even twice", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  house.emulator.faults.cutTransports();
  await client.gone();
  const hub = house.emulator.hub("chat");
  for (let i = 0; i < 1_000; i++) hub.sendToGroup("g", "x".repeat(16_600));
  house.emulator.faults.replayTwice();
  const again = await house.recover(client);
  await until(() => again.data.length === 2_000);
  await again.settled();
});

test("a client that acknowledges gets as many messages as there are", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  const sender = await house.client();
  for (let i = 1; i <= 5_000; i++) {
    sender.send({ type: "sendToGroup", group: "g", dataType: "json", data: i });
    if (i % 250 === 0) {
      await until(() => client.data.length === i);
      client.send({ type: "sequenceAck", sequenceId: i });
      await client.settled();
    }
  }
  expect(client.data.map(({ data }) => data)).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 1));
});

test("a client that doesn't read holds up nobody and is dropped in the end", async () => {
  await using house = await House.open();
  const lazy = await house.client({ subprotocol: plain, groups: ["g"], roles: anyGroup });
  const keen = await house.client({ subprotocol: plain, groups: ["g"] });
  lazy.socket.pause();
  const hub = house.emulator.hub("chat");
  const megabyte = "x".repeat(1_000_000);
  let sent = 0;
  while (hub.connection(lazy.id) !== undefined) {
    hub.sendToGroup("g", megabyte);
    sent++;
    await until(() => keen.data.length === sent);
  }
  expect(sent).toBeGreaterThan(64);
  expect(await keen.join("h")).toMatchObject({ success: true });
});
