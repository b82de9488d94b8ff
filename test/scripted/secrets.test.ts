import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebPubSubClient, type WebSocketLike } from "web-pubsub-client";
import { capturedLog } from "../helpers/capturedLog.js";
import { disconnected } from "../helpers/frames.js";
import { Stage } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const lines = capturedLog();

/** A socket of the application's that tells why it ends, with the address it was given. */
class Talkative implements WebSocketLike {
  readyState = 0;
  binaryType = "blob";
  onopen = null;
  onmessage = null;
  onerror: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;

  constructor(url: string) {
    const { pathname, search } = new URL(url);
    queueMicrotask(() => {
      this.onerror?.({ message: `cannot reach ${pathname}${search}` } as never);
      this.onclose?.({ code: 1006, reason: `no way to ${url}` } as never);
    });
  }
  send(): void {}
  close(): void {}
}

test("a service that quotes the address in its farewell brings no token into state-changed", async () => {
  const stage = new Stage();
  const told: unknown[] = [];
  stage.client.on("state-changed", (args) => told.push(args));
  await stage.connect("A", "RECONNECT");
  stage.socket.receiveFrame(disconnected(`bye ${stage.socket.url.href} RECONNECT`));
  await stage.drop();
  expect(told.at(-1)).toMatchObject({ reason: expect.stringContaining("bye ws") as string });
  const everything = inspect([told, lines], { depth: 9 });
  expect(everything).not.toContain(stage.socket.url.search);
  expect(everything).not.toContain("RECONNECT");
});

test("a socket that quotes its URL brings no token and no password into errors, events and the log", async () => {
  const client = new WebPubSubClient("ws://user:PASSWORD@host/client/hubs/chat?access_token=SECRET", {
    webSocket: Talkative,
  });
  const told: unknown[] = [];
  client.on("state-changed", (args) => told.push(args));
  const failure: unknown = await client.start().catch((error: unknown) => error);
  expect(failure).toMatchObject({
    message: "The WebSocket was closed: 1006 (no way to ws://host/client/hubs/chat)",
    cause: { message: "cannot reach /client/hubs/chat" },
  });
  const everything = inspect([failure, told, lines], { depth: 9, showHidden: true });
  expect(everything).toContain("no way to");
  expect(everything).not.toContain("SECRET");
  expect(everything).not.toContain("PASSWORD");
});

test("a credential that quotes a URL in its error brings no token into errors, events and the log", async () => {
  const url = "wss://host.example/client/hubs/chat?access_token=SECRET.SECRET.SECRET&x=1";
  const stage = new Stage({
    credential: { getClientAccessUrl: () => Promise.reject(new Error(`Failed to fetch "${url}".`)) },
  });
  const told: unknown[] = [];
  stage.client.on("state-changed", ({ error }) => told.push(error?.message));
  const started = await stage.begin();
  const message =
    'Could not get the client access URL: Failed to fetch "wss://host.example/client/hubs/chat?access_token=...&x=1".';
  expect(started.error?.message).toBe(message);
  expect(told).toContain(message);
  expect(lines.join("\n")).not.toContain("SECRET");
});
