import { cleanup, configure, screen, waitFor } from "@testing-library/react";
import type { ReactElement, ReactNode } from "react";
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { WebPubSubClientOptions } from "web-pubsub-client";
import { useGroup, useGroupMessages, WebPubSubProvider } from "web-pubsub-client/react";
import { releaseDelayInMs, useEmulator } from "./room.js";
import { spySockets } from "./spySocket.js";

/** A page, a service and sockets for each test of the file. What React complains of fails the test. */
export function usePage() {
  configure({ asyncUtilTimeout: 5_000 });
  const service = useEmulator();
  // React tells of mistakes (updates after unmounting, mismatches on hydration) by console.error.
  const complaints = vi.spyOn(console, "error");
  const page = {
    service,
    /** Where and how `Provider` connects; a test may change both. */
    url: "",
    options: {} as WebPubSubClientOptions,
    spy: spySockets(),
    Provider({ children }: { children: ReactNode }): ReactElement {
      return (
        <WebPubSubProvider url={page.url} options={page.options}>
          {children}
        </WebPubSubProvider>
      );
    },
  };
  beforeEach(async () => {
    page.url = await service.url();
    page.spy = spySockets();
    page.options = { releaseDelayInMs, environment: page.spy.environment };
    complaints.mockClear();
  });
  afterEach(async () => {
    cleanup();
    expect(complaints.mock.calls).toEqual([]);
    await waitFor(() => expect(service.connections()).toBe(0));
  });
  return page;
}

export function Status({ group = "room" }: { group?: string }): ReactElement {
  const { status, error } = useGroup(group);
  return (
    <p data-testid="status">
      {status}
      {error && ` (${error.name})`}
    </p>
  );
}

export function Log({ group = "room", limit }: { group?: string; limit?: number }): ReactElement {
  const messages = useGroupMessages<string>(group, { limit });
  return (
    <ol data-testid="log">
      {messages.map(({ key, data }) => (
        <li key={key}>{data}</li>
      ))}
    </ol>
  );
}

export const statuses = (): (string | null)[] =>
  screen.getAllByTestId("status").map(({ textContent }) => textContent);
export const logs = (): (string | null)[][] =>
  screen.getAllByTestId("log").map((list) => Array.from(list.children, ({ textContent }) => textContent));
