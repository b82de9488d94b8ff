import { AbortError } from "@azure/abort-controller";
import { expect, test } from "vitest";
import { ConnectionError, WebPubSubClient } from "web-pubsub-client";
import { House, until } from "./harness.js";

const ways = [503, 401, "reset", "hang"] as const;
type Way = (typeof ways)[number];
const options = {
  reconnectRetryOptions: { retryDelayInMs: 1 },
  // Bounds of seconds become a few ms.
  environment: { random: () => 0.002 },
};
/** Only a handshake that hangs is to run into the deadline, however busy the machine is. */
const against = (way: Way) => ({ ...options, connectTimeoutInMs: way === "hang" ? 1_000 : 30_000 });

test.each(ways)(
  "start against an upgrade refused by %s rejects, and the client may start again",
  async (way) => {
    await using house = await House.open();
    const ann = house.guest("ann", against(way));
    house.faults.refuseUpgrades({ with: way, times: 1 });
    const failure = await ann.client.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConnectionError);
    expect(failure).toMatchObject({ code: way === "hang" ? "Timeout" : "Closed" });
    // The platform's own words, so that nobody has to dig for the reason.
    if (typeof way === "number") expect((failure as Error).message).toContain(`server response: ${way}`);
    if (way === 401) expect((failure as Error).message).toContain("The access token may be missing");
    if (way === "reset") expect((failure as Error).message).toMatch(/closed: 1006 \(.+\)/);
    expect(ann.client.state).toBe("Stopped");
    expect(ann.story).toEqual([]);
    await ann.client.start();
    await until(() => ann.story.length > 0);
    expect(ann.story).toEqual(["connected"]);
  },
);

test.each(["wss:", "https:"])("%s towards a port without TLS is said so", async (scheme) => {
  await using house = await House.open();
  const plain = await house.emulator.clientAccessUrl("chat", { userId: "ann" });
  const url = plain.replace(/^\w+:/, scheme);
  const failure: unknown = await new WebPubSubClient(url).start().catch((error: unknown) => error);
  expect((failure as Error).message).toContain("The port doesn't speak TLS: use ws://.");
});

test.each(ways)("a recovery refused by %s is tried again and loses nothing", async (way) => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], against(way));
  const id = ann.client.connectionId;
  house.faults.refuseUpgrades({ with: way, only: "recovery", times: 2 });
  house.faults.cutTransports();
  house.hub.sendToUser("ann", "meanwhile");
  await ann.client.sendToGroup("room", "and on");
  await until(() => ann.heard.length === 2);

  expect(ann.heard).toEqual(["meanwhile", "and on"]);
  expect(ann.story).toEqual(["connected", "recovering", "recovered"]);
  expect(ann.client.connectionId).toBe(id);
  const attempts = ann.of("state-changed").filter(({ state }) => state === "Recovering");
  expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
});

test("a recovery that is answered by 1008 makes a new connection at once", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], options);
  const id = ann.client.connectionId;
  house.faults.rejectRecovery({ times: 1 });
  house.faults.cutTransports();
  await until(() => ann.of("connected").length === 2);

  expect(ann.story).toEqual(["connected", "recovering", "disconnected", "connected"]);
  expect(ann.of("disconnected")[0]?.connectionId).toBe(id);
  expect(ann.of("state-changed").find(({ state }) => state === "Disconnected")).toMatchObject({ code: 1008 });
  await ann.client.sendToGroup("room", "rejoined");
  await until(() => ann.heard.length === 1);
});

test.each(ways)("a new connection refused by %s is tried until it is let in", async (way) => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], against(way));
  house.faults.refuseUpgrades({ with: way, only: "new", times: 3 });
  house.faults.restartService();
  await until(() => ann.of("connected").length === 2);
  expect(ann.story).toEqual(["connected", "recovering", "disconnected", "connected"]);
  expect(house.faults.active).toEqual([]);
  await ann.client.sendToGroup("room", "rejoined");
  await until(() => ann.heard.length === 1);
});

test("maxRetries ends the attempts: the client stops", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", [], {
    ...options,
    reconnectRetryOptions: { maxRetries: 2, retryDelayInMs: 1 },
  });
  house.faults.refuseUpgrades({ with: 503 });
  house.faults.restartService();
  house.faults.rejectRecovery();
  await until(() => ann.client.state === "Disconnected" || ann.client.state === "Recovering");
  // The session is gone; the recovery hears it as soon as an upgrade is let through.
  house.faults.reset();
  house.faults.refuseUpgrades({ with: 503, only: "new" });
  await until(() => ann.story.includes("stopped"));
  expect(ann.story).toEqual(["connected", "recovering", "disconnected", "stopped"]);
  expect(ann.credentialCalls).toBe(4);
  await expect(ann.client.joinGroup("room")).rejects.toMatchObject({ code: "NotStarted" });
});

test("an abort ends a hung handshake at once", async () => {
  await using house = await House.open();
  const ann = house.guest("ann", { connectTimeoutInMs: 60_000 });
  house.faults.refuseUpgrades({ with: "hang" });
  const abort = new AbortController();
  const starting = ann.client.start({ abortSignal: abort.signal });
  await until(() => ann.credentialCalls === 1);
  abort.abort();
  await expect(starting).rejects.toBeInstanceOf(AbortError);
  expect(ann.client.state).toBe("Stopped");
});
