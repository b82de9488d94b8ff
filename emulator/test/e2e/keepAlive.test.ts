import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { KeepAlive } from "../../src/http/keepAlive.js";
import { SocketTransport } from "../../src/http/socketTransport.js";
import { until } from "./harness.js";

/** A pair of connected sockets, one of them watched. */
async function watched(options: { autoPong: boolean; frozen?: boolean; intervalInMs?: number }) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const keepAlive = new KeepAlive(options.intervalInMs ?? 20);
  const state = { closes: [] as number[], pings: 0, clientClosed: false };
  server.on("connection", (webSocket, request) => {
    const transport = new SocketTransport(webSocket, request.socket);
    const link = { receive() {}, closed: (code: number) => void state.closes.push(code), violated() {} };
    webSocket.on("close", link.closed);
    keepAlive.watch(webSocket, transport, link);
    if (options.frozen) transport.freeze();
  });
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong: options.autoPong });
  client.on("ping", () => state.pings++).on("close", () => (state.clientClosed = true));
  await once(client, "open");
  const stop = () => {
    keepAlive.stop();
    client.terminate();
    server.close();
  };
  return { state, [Symbol.dispose]: stop };
}

test("a peer that answers pings stays", async () => {
  // Long enough for an answer even where the machine is busy.
  using pair = await watched({ autoPong: true, intervalInMs: 300 });
  await until(() => pair.state.pings >= 3);
  expect(pair.state.closes).toEqual([]);
});

test("a peer that doesn't is dropped", async () => {
  using pair = await watched({ autoPong: false });
  await until(() => pair.state.clientClosed && pair.state.closes[0]);
  expect(pair.state.closes).toEqual([1006]);
});

test("of a half-open socket only the service learns that nobody is there", async () => {
  using pair = await watched({ autoPong: true, frozen: true });
  await until(() => pair.state.closes[0]);
  expect(pair.state.closes[0]).toBe(1006);
  expect(pair.state.pings).toBe(0);
  expect(pair.state.clientClosed).toBe(false);
});
