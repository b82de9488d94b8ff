import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebPubSubClient } from "web-pubsub-client";
import { startEmulator, type Emulator } from "web-pubsub-emulator";

const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
let emulator: Emulator;
let client: WebPubSubClient;
let got: number[];
let greatest: number;
let leave: () => void;

beforeEach(async () => {
  emulator = await startEmulator();
  client = new WebPubSubClient(await emulator.clientAccessUrl("chat", { roles }));
  got = [];
  greatest = 0;
  client.on("group-message", ({ message }) => {
    got.push((message.data as { i: number }).i);
    if (got.length % 20 === 0)
      greatest = Math.max(greatest, emulator.hub("chat").connections()[0]?.unacknowledged ?? 0);
  });
  leave = client.on("disconnected", ({ message }) => expect.fail(`disconnected: ${message?.message}`));
  await client.start();
  await client.joinGroup("room");
});
afterEach(async () => {
  leave();
  await client.stop();
  await emulator.close();
});

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test.each([false, true])(
  "9,000 messages to the own group in one turn; fire and forget: %s",
  async (fireAndForget) => {
    const sends = numbers(9_000).map((i) => client.sendToGroup("room", { i }, { fireAndForget }));
    await Promise.all(sends);
    await vi.waitFor(() => expect(got).toHaveLength(9_000));
    expect(got).toEqual(numbers(9_000));
    expect(greatest).toBeLessThanOrEqual(250);
  },
);

test("a burst of large messages keeps within a quarter of the window's 16 MB", async () => {
  const text = "x".repeat(300_000);
  await Promise.all(numbers(60).map((i) => client.sendToGroup("room", { i, text })));
  await vi.waitFor(() => expect(got).toHaveLength(60));
  expect(got).toEqual(numbers(60));
  expect(greatest).toBeLessThanOrEqual(14);
});
