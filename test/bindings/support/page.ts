import { afterEach, beforeEach, expect, vi } from "vitest";
import type { WebPubSubClientOptions } from "web-pubsub-client";
import { eventually, releaseDelayInMs, useEmulator } from "./room.js";
import { spySockets } from "./spySocket.js";

/**
 * A service, sockets and what a page connects with, for each test of the file.
 * @param complaint how the framework tells of mistakes; one fails the test
 * @param leave unmounts everything
 */
export function useBarePage(complaint: "error" | "warn", leave: () => void) {
  const service = useEmulator();
  const complaints = vi.spyOn(console, complaint);
  const page = { service, url: "", options: {} as WebPubSubClientOptions, spy: spySockets() };
  beforeEach(async () => {
    page.url = await service.url();
    page.spy = spySockets();
    page.options = { releaseDelayInMs, environment: page.spy.environment };
    complaints.mockClear();
  });
  afterEach(async () => {
    leave();
    expect(complaints.mock.calls).toEqual([]);
    await eventually(() => expect(service.connections()).toBe(0));
  });
  return page;
}
