import { createServer } from "node:net";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { capturedLog } from "../helpers/capturedLog.js";
import { anyGroup, type Guest, House, hub, until } from "./harness.js";

const lines = capturedLog();

/** Everything an error holds, causes and fields that aren't listed included. */
const everything = (value: unknown): string =>
  inspect(value, { depth: 20, showHidden: true, maxStringLength: null });

/** A client at a real service whose tokens are written down, and what it told. */
async function suspect(
  house: House,
  connectTimeoutInMs = 30_000,
): Promise<{ guest: Guest; secrets: string[] }> {
  const secrets: string[] = [];
  const guest = house.guestWith(
    async () => {
      const url = await house.emulator.clientAccessUrl(hub, { userId: "ann", roles: anyGroup });
      secrets.push(new URL(url).searchParams.get("access_token") ?? "");
      return url;
    },
    {
      connectTimeoutInMs,
      environment: { random: () => 0.002 },
      reconnectRetryOptions: { retryDelayInMs: 1 },
    },
  );
  return { guest, secrets };
}

/** Neither a token nor a piece of one that could be used. */
function expectNone(text: string, secrets: readonly string[]): void {
  expect(secrets.length).toBeGreaterThan(0);
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(20);
    for (const part of [
      secret,
      encodeURIComponent(secret),
      ...secret.split(".").filter((each) => each.length > 40),
    ]) {
      expect(text.includes(part), `a token is in ${text.slice(0, 2_000)}`).toBe(false);
    }
  }
  expect(text).not.toMatch(/access_token|awps_reconnection_token=/);
}

test.each([401, 503, "reset", "hang"] as const)(
  "no token in errors, events and logs when handshakes meet %s: start, recovery, new connection",
  async (way) => {
    await using house = await House.open();
    // Only a handshake that hangs is to run into the deadline.
    const { guest, secrets } = await suspect(house, way === "hang" ? 1_000 : undefined);
    // The reconnection tokens are on the wire only: they are taken from the service's own mouth.
    const { client } = guest;
    house.faults.refuseUpgrades({ with: way, times: 1 });
    const failures: unknown[] = [await client.start().catch((error: unknown) => error)];
    await client.start();
    house.faults.refuseUpgrades({ with: way, only: "recovery", times: 2 });
    house.faults.cutTransports();
    await until(() => guest.story.includes("recovered"));
    house.faults.rejectRecovery({ times: 1 });
    house.faults.refuseUpgrades({ with: way, only: "new", times: 2 });
    house.faults.cutTransports();
    await until(() => guest.of("connected").length === 2);
    failures.push(await client.joinGroup("").catch((error: unknown) => error));
    await client.stop();
    failures.push(await client.joinGroup("g").catch((error: unknown) => error));
    expect(failures.every((failure) => failure instanceof Error)).toBe(true);
    expect(lines.length).toBeGreaterThan(10);
    expectNone([...lines, ...guest.told.map(everything), ...failures.map(everything)].join("\n"), secrets);
  },
);

test("no reconnection token either, which the client itself receives", async () => {
  await using house = await House.open();
  const { guest, secrets } = await suspect(house);
  const tokens: string[] = [];
  const { WebSocket } = await import("ws");
  class Spy extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      this.on("message", (data: Buffer) => {
        const { reconnectionToken } = JSON.parse(data.toString()) as { reconnectionToken?: string };
        if (reconnectionToken !== undefined) tokens.push(reconnectionToken);
      });
    }
  }
  const spied = house.guestWith(async () => house.emulator.clientAccessUrl(hub, { roles: anyGroup }), {
    webSocket: Spy,
    environment: { random: () => 0.002 },
  });
  await guest.client.start();
  await spied.client.start();
  house.faults.announceRecovery();
  house.faults.refuseUpgrades({ with: 503, only: "recovery", times: 3 });
  house.faults.cutTransports();
  await until(() => spied.story.includes("recovered") && guest.story.includes("recovered"));
  expect(tokens.length).toBeGreaterThanOrEqual(2);
  const told = [...lines, ...spied.told.map(everything), everything(spied.client.connectionInfo)].join("\n");
  for (const token of tokens) expect(told.includes(token)).toBe(false);
  expectNone(told, secrets);
});

test("no token when nobody listens, the URL is no URL, or the credential's own error is told", async () => {
  await using house = await House.open();
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const address = closed.address();
  await new Promise((resolve) => closed.close(resolve));
  const port = typeof address === "object" ? address?.port : 0;
  const secret = "eyJ-TOP-SECRET-that-nobody-may-read-anywhere";
  const failures: unknown[] = [];
  for (const url of [
    `ws://127.0.0.1:${port}/client/hubs/chat?access_token=${secret}`,
    `ws://[no host]/client/hubs/chat?access_token=${secret}`,
    `ftp://127.0.0.1/client/hubs/chat?access_token=${secret}`,
    `/client/hubs/chat?access_token=${secret}`,
    `ws://127.0.0.1:99999/client?access_token=${secret}#${secret}`,
  ]) {
    const guest = house.guestWith(async () => url);
    failures.push(await guest.client.start().catch((error: unknown) => error));
    failures.push(...guest.of("state-changed"));
  }
  expect(failures.filter((failure) => failure instanceof Error)).toHaveLength(5);
  const told = [...lines, ...failures.map(everything)].join("\n");
  expect(told).not.toContain(secret);
});
