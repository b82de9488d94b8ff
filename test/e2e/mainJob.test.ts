import { afterEach, beforeEach, expect, test } from "vitest";
import { WebPubSubClient } from "web-pubsub-client";
import { startEmulator, type Emulator } from "web-pubsub-emulator";

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

test("a message crosses and a cut is recovered", async () => {
  const client = new WebPubSubClient(await emulator.clientAccessUrl("chat", { userId: "ann", roles }));
  const seen: unknown[] = [];
  const states: string[] = [];
  client.on("group-message", ({ message }) => seen.push(message.data));
  client.on("state-changed", ({ state }) => states.push(state));
  client.on("recovered", () => states.push("recovered!"));
  client.on("connected", () => states.push("connected!"));
  client.on("disconnected", () => states.push("disconnected!"));
  client.on("stopped", () => states.push("stopped!"));
  await client.start();
  await client.joinGroup("room");
  await client.sendToGroup("room", "one");
  emulator.faults.cutTransports();
  await client.sendToGroup("room", { two: 2 });
  await client.sendToGroup("room", new Uint8Array([1, 2]));
  await client.stop();
  expect(seen).toEqual(["one", { two: 2 }, new Uint8Array([1, 2]).buffer]);
  expect(states).toEqual([
    "Connecting",
    "Connected",
    "connected!",
    "Recovering",
    "Connected",
    "recovered!",
    "Stopping",
    "disconnected!",
    "Stopped",
    "stopped!",
  ]);
});
