import { expect, test, vi } from "vitest";
import { startEmulator } from "../../src/index.js";

vi.mock("@azure/event-hubs", () => {
  throw new Error("Cannot find package '@azure/event-hubs'");
});

test("without the package, a listener to an event hub is refused with what to install", async () => {
  const connectionString = "Endpoint=sb://x;SharedAccessKeyName=k;SharedAccessKey=s;EntityPath=h";
  const started = startEmulator({ hubs: { chat: { listeners: [{ eventHubs: { connectionString } }] } } });
  await expect(started).rejects.toThrow("needs the package @azure/event-hubs: install it");
});

test("every other service starts without it", async () => {
  await using emulator = await startEmulator({
    hubs: { chat: { listeners: [{ onEvent: () => undefined }] } },
  });
  expect(emulator.endpoint).toContain("127.0.0.1");
});
