import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { WebPubSubClient } from "web-pubsub-client";
import { until } from "./harness.js";

/** A service that would compress, and sends what it likes. */
async function service() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
  const sockets: WebSocket[] = [];
  const offers: (string | undefined)[] = [];
  server.on("connection", (socket, request) => {
    sockets.push(socket);
    offers.push(request.headers["sec-websocket-extensions"]);
    socket.on("error", () => undefined);
    const connectionId = `c${sockets.length}`;
    socket.send(
      JSON.stringify({
        type: "system",
        event: "connected",
        connectionId,
        userId: "u",
        reconnectionToken: "t",
      }),
    );
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const client = new WebPubSubClient(
    `ws://127.0.0.1:${(server.address() as AddressInfo).port}/client/hubs/h`,
  );
  onTestFinished(async () => {
    await client.stop();
    for (const socket of sockets) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return { client, sockets, offers };
}

test("the client offers no compression", async () => {
  const { client, offers } = await service();
  await client.start();
  expect(offers).toEqual([undefined]);
});

test("a frame of more than 16 MiB ends the connection with 1009, and a new one is made", async () => {
  const { client, sockets } = await service();
  const codes: (number | undefined)[] = [];
  client.on("state-changed", ({ state, code }) => state === "Disconnected" && codes.push(code));
  await client.start();
  sockets[0]?.send(Buffer.alloc((1 << 24) + 1));
  await until(() => sockets.length === 2 && client.state === "Connected");
  expect(client.connectionId).toBe("c2");
  expect(codes).toEqual([1009]);
});

test("one of 15 MiB is read", async () => {
  const { client, sockets } = await service();
  await client.start();
  const got = new Promise((resolve) => client.on("server-message", ({ message }) => resolve(message.data)));
  const data = "x".repeat(15 * 2 ** 20);
  sockets[0]?.send(
    JSON.stringify({ type: "message", from: "server", dataType: "text", data, sequenceId: 1 }),
  );
  expect(((await got) as string).length).toBe(data.length);
});
