import { expect, test } from "vitest";
import { WebPubSubClient, type GetClientAccessUrlOptions } from "web-pubsub-client";
import { anyGroup, hub, House, until } from "./harness.js";

const quick = { reconnectRetryOptions: { retryDelayInMs: 1 }, environment: { random: () => 0.002 } };

test("the credential is asked once for each new connection, and never for a recovery", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", [], quick);
  for (let i = 1; i <= 3; i++) {
    house.faults.cutTransports();
    await until(() => ann.of("recovered").length === i);
  }
  expect(ann.credentialCalls).toBe(1);
  house.faults.restartService();
  await until(() => ann.of("connected").length === 2);
  expect(ann.credentialCalls).toBe(2);
  house.faults.cutTransports();
  await until(() => ann.of("recovered").length === 4);
  expect(ann.credentialCalls).toBe(2);
  await ann.client.stop();
  await ann.client.start();
  expect(ann.credentialCalls).toBe(3);
});

test("an expired token does a recovery no harm, and a new connection gets a fresh one", async () => {
  await using house = await House.open();
  let expiresInMinutes = 1 / 60;
  const url = () => house.emulator.clientAccessUrl(hub, { userId: "ann", roles: anyGroup, expiresInMinutes });
  const ann = house.guestWith(url, quick);
  await ann.client.start();
  expiresInMinutes = 60;
  const expiry = Date.now() + 1_000;
  await until(() => Date.now() > expiry);
  house.faults.cutTransports();
  await until(() => ann.story.includes("recovered"));
  expect(ann.credentialCalls).toBe(1);
  house.faults.restartService();
  await until(() => ann.of("connected").length === 2);
  expect(ann.credentialCalls).toBe(2);
});

test("a credential that fails rejects start with its words, and is asked again while reconnecting", async () => {
  await using house = await House.open();
  let failures = 1;
  const ann = house.guestWith(async () => {
    if (failures-- > 0) throw new Error("no token today");
    return house.emulator.clientAccessUrl(hub, { userId: "ann" });
  }, quick);
  await expect(ann.client.start()).rejects.toMatchObject({
    name: "ConnectionError",
    code: "Credential",
    message: expect.stringContaining("no token today") as string,
  });
  await ann.client.start();
  failures = 2;
  house.faults.restartService();
  await until(() => ann.of("connected").length === 2);
  expect(ann.credentialCalls).toBe(5);
});

test("a URL as a string serves every connection", async () => {
  await using house = await House.open();
  const url = await house.emulator.clientAccessUrl(hub, { userId: "ann" });
  await using client = new WebPubSubClient(url, quick);
  let connections = 0;
  client.on("connected", () => connections++);
  await client.start();
  house.faults.restartService();
  await until(() => connections === 2);
  expect(client.userId).toBe("ann");
});

test("stop aborts the credential's work, and so does the end of the attempt's time", async () => {
  const signals: GetClientAccessUrlOptions["abortSignal"][] = [];
  const hanging = {
    getClientAccessUrl: (options?: GetClientAccessUrlOptions) => {
      signals.push(options?.abortSignal);
      return new Promise<string>(() => undefined);
    },
  };
  const client = new WebPubSubClient(hanging, { connectTimeoutInMs: 20 });
  await expect(client.start()).rejects.toMatchObject({ code: "Timeout" });
  const starting = client.start();
  const stopped = client.stop();
  await expect(starting).rejects.toMatchObject({ code: "Stopped" });
  await stopped;
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
});
