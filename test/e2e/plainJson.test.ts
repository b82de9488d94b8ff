import { expect, test } from "vitest";
import { WebPubSubJsonProtocol } from "web-pubsub-client";
import { House, until } from "./harness.js";

const plain = { protocol: WebPubSubJsonProtocol() };

test("on the JSON protocol a cut brings a new connection, and the groups are joined again first", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room", "hall"], plain);
  const before = ann.client.connectionId;
  const groupsAtConnected: (readonly string[] | undefined)[] = [];
  ann.client.on("connected", ({ connectionId }) => {
    groupsAtConnected.push(house.hub.connection(connectionId)?.groups);
  });
  house.faults.cutTransports();
  await until(() => ann.of("connected").length === 2);

  expect(ann.story).toEqual(["connected", "disconnected", "connected"]);
  expect(ann.of("disconnected")).toEqual([{ connectionId: before, message: undefined }]);
  expect(ann.client.connectionId).not.toBe(before);
  expect(groupsAtConnected).toEqual([["room", "hall"]]);
  expect(ann.credentialCalls).toBe(2);
  await ann.client.sendToGroup("room", "back");
  await until(() => ann.heard.length === 1);
  expect(ann.of("group-message")[0]?.message.sequenceId).toBeUndefined();
});

test("autoRejoinGroups false leaves the groups alone", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], { ...plain, autoRejoinGroups: false });
  house.faults.cutTransports();
  await until(() => ann.of("connected").length === 2);
  // Answered after anything that was written before.
  await ann.client.joinGroup("fence");
  expect(house.hub.connections()[0]?.groups).toEqual(["fence"]);
});

test("an unanswered operation is sent again on the new connection and says so", async () => {
  await using house = await House.open();
  const ben = await house.welcome("ben", ["room"]);
  const ann = await house.welcome("ann", [], plain);
  house.faults.holdAcks({ swallow: true, times: 1 });
  const operation = ann.client.sendToGroup("room", "maybe twice");
  await until(() => ben.heard.length === 1);
  house.faults.cutTransports({ userId: "ann" });
  expect(await operation).toMatchObject({ isDuplicated: false, resentOnNewConnection: true });
  await until(() => ben.heard.length === 2);
  expect(ben.heard).toEqual(["maybe twice", "maybe twice"]);
});

test("with resendOnNewConnection false it fails instead, and what was never sent goes out", async () => {
  await using house = await House.open();
  const ben = await house.welcome("ben", ["room"]);
  const ann = await house.welcome("ann", [], { ...plain, resendOnNewConnection: false });
  house.faults.holdAcks({ swallow: true, times: 1 });
  const unanswered = ann.client.sendToGroup("room", "sent").catch((error: unknown) => error);
  await until(() => ben.heard.length === 1);
  house.faults.cutTransports({ userId: "ann" });
  await until(() => ann.client.state !== "Connected");
  const unsent = ann.client.sendToGroup("room", "unsent");

  expect(await unanswered).toMatchObject({ name: "SendMessageError", code: "ConnectionLost" });
  expect((await unsent).resentOnNewConnection).toBeUndefined();
  await until(() => ben.heard.length === 2);
  expect(ben.heard).toEqual(["sent", "unsent"]);
});

test("autoReconnect false stops at the loss", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", [], { ...plain, autoReconnect: false });
  house.faults.cutTransports();
  await until(() => ann.client.state === "Stopped");
  await until(() => ann.story.includes("stopped"));
  expect(ann.story).toEqual(["connected", "disconnected", "stopped"]);
  await ann.client.start();
  expect(ann.client.state).toBe("Connected");
});
