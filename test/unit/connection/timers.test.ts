import { expect, test } from "vitest";
import { WebPubSubClient, type WebPubSubClientOptions } from "web-pubsub-client";
import { settle, VirtualWorld } from "../support/virtualWorld.js";

async function connected(options: WebPubSubClientOptions = {}) {
  const world = new VirtualWorld();
  const client = new WebPubSubClient("ws://host/client/hubs/chat?access_token=t", {
    environment: world,
    keepAliveIntervalInMs: 0,
    ...options,
  });
  const started = client.start();
  await settle();
  world.socket.opens();
  world.socket.receives({
    type: "system",
    event: "connected",
    connectionId: "a",
    userId: "ann",
    reconnectionToken: "r",
  });
  await started;
  return { world, client };
}

test("a next delay of 0 that begins on the very millisecond of a timeout still ends", async () => {
  const { world, client } = await connected({ reconnectRetryOptions: { retryDelayInMs: 0 } });
  world.socket.closes(1008);
  await world.pass(0);
  expect(world.sockets).toHaveLength(2);
  // The handshake hangs: the attempt's timer fires exactly when the attempt is due.
  await world.pass(10_000);
  expect(world.sockets).toHaveLength(3);
  await world.pass(10_000);
  expect(world.sockets).toHaveLength(4);
  await client.stop();
});

test("a jitter of 0 after a recovery attempt that timed out doesn't end the recovery", async () => {
  const { world, client } = await connected();
  world.socket.closes(1006);
  expect(world.sockets).toHaveLength(2);
  await world.pass(10_000);
  expect(client.state).toBe("Recovering");
  expect(world.sockets).toHaveLength(3);
  await client.stop();
});

test("after stop no timer is left in any state", async () => {
  const { world, client } = await connected();
  world.socket.closes(1006);
  expect(world.timers).toBeGreaterThan(0);
  await client.stop();
  expect(world.timers).toBe(0);
});
