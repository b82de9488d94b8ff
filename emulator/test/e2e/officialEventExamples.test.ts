import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { expect, onTestFinished, test } from "vitest";
import { House, type Message, RawClient, until } from "./harness.js";
import { examplesOf, runExample } from "./officialExamples.js";

/** The examples in the README of the official Express middleware, as they stand, against the service. */

const examples = examplesOf("@azure/web-pubsub-express");
const systemEvents = ["connect", "connected", "disconnected"] as const;
const groupPresenceEvents = { eventNames: ["joined", "left"] } as const;
const event: Message = { type: "event", event: "message", dataType: "text", data: "hello" };

/** Express as it is, but for the port, which is a free one whatever the example says. */
function onFreePort(opened: (server: Server) => void) {
  return () => {
    const app = express();
    const listen = app.listen.bind(app);
    app.listen = ((_port: number, ready: () => void) => {
      const server = listen(0, "127.0.0.1", ready);
      opened(server);
      return server;
    }) as typeof app.listen;
    return app;
  };
}

/** A service, and the example as the application behind it. */
async function open(name: string, service = "own") {
  const house = await House.open();
  onTestFinished(async () => house[Symbol.asyncDispose]());
  const servers: Server[] = [];
  const allowed = service === "own" ? house.emulator.endpoint : service;
  const printed = await runExample(examples.get(name) ?? "", {
    placeholders: {
      "https://<yourAllowedService>.webpubsub.azure.com": allowed,
      "https://<yourAllowedService1>.webpubsub.azure.com": "https://another.example",
      "https://<yourAllowedService2>.webpubsub.azure.com": allowed,
    },
    modules: { express: onFreePort((server) => servers.push(server)) },
  });
  onTestFinished(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });
  const [ready] = await until(() => printed.length > 0 && printed);
  const path = /^Azure WebPubSub Upstream ready at http:\/\/localhost:3000(\S+)$/.exec(String(ready))?.[1];
  const { port } = servers[0]?.address() as AddressInfo;
  const handler = { url: `http://127.0.0.1:${port}${path ?? ""}`, systemEvents, groupPresenceEvents };
  await house.emulator.setHubs({ chat: { handlers: [handler] } });
  /** What it prints once it is ready. */
  const said = () => printed.slice(1);
  return { house, path, said };
}

/** A client that was refused: with which status and words. */
async function refused(house: House) {
  const client = new RawClient(await house.emulator.clientAccessUrl("chat"));
  await until(() => client.status);
  return [client.status, client.body];
}

test("these are all the examples", () => {
  expect([...examples.keys()]).toEqual([
    "ReadmeSampleCreateClient",
    "ReadmeSampleConnect",
    "ReadmeSampleConnectAndReject",
    "ReadmeSampleConnected",
    "ReadmeSampleGroupJoined",
    "ReadmeSampleGroupLeft",
    "ReadmeSampleDisconnected",
    "ReadmeSampleConnectMqtt",
    "ReadmeSampleConnectMqttAndReject",
    "ReadmeSampleDisconnectedMqtt",
    "ReadmeSampleAllowedEndpoints",
    "ReadmeSampleCustomPath",
    "ReadmeSampleState",
    "SetLogLevel",
  ]);
});

test.each([
  ["ReadmeSampleCreateClient", "/api/webpubsub/hubs/chat/", "token-user"],
  ["ReadmeSampleConnect", "/api/webpubsub/hubs/chat/", "<userId>"],
  ["ReadmeSampleConnected", "/api/webpubsub/hubs/chat/", "token-user"],
  ["ReadmeSampleDisconnected", "/api/webpubsub/hubs/chat/", "token-user"],
  ["ReadmeSampleConnectMqtt", "/api/webpubsub/hubs/chat/", "user1"],
  ["ReadmeSampleConnectMqttAndReject", "/api/webpubsub/hubs/chat/", "token-user"],
  ["ReadmeSampleAllowedEndpoints", "/api/webpubsub/hubs/chat/", "token-user"],
  ["ReadmeSampleCustomPath", "/custompath1/", "token-user"],
])("%s: at %s, its clients are %s, and every event is taken", async (name, path, userId) => {
  const example = await open(name);
  expect(example.path).toBe(path);
  const client = await example.house.client({ userId: "token-user" });
  expect(client.connected).toMatchObject({ userId });
  expect(await client.ask(event)).toMatchObject({ success: true });
  await client.join("g");
  client.socket.close(1000);
  await client.gone();
  // Whatever fails is reported by then.
  await example.house.emulator.close();
  expect([example.house.warnings, example.said()]).toEqual([[], []]);
});

test("ReadmeSampleConnectAndReject", async () => {
  const { house } = await open("ReadmeSampleConnectAndReject");
  expect(await refused(house)).toEqual([401, expect.stringContaining("Unauthorized")]);
});

test.each(["ReadmeSampleAllowedEndpoints", "ReadmeSampleConnect"])(
  "%s gets nothing of a service that it doesn't allow",
  async (name) => {
    const { house } = await open(name, "https://other.example");
    expect(await refused(house)).toEqual([500, expect.anything()]);
    expect(house.warnings).toEqual([expect.stringContaining("WebHook-Allowed-Origin")]);
  },
);

test.each([
  ["ReadmeSampleGroupJoined", "joined"],
  ["ReadmeSampleGroupLeft", "left"],
])("%s", async (name, deed) => {
  const { house, said } = await open(name);
  const client = await house.client();
  await client.join("room");
  await client.ask({ type: "leaveGroup", group: "room" });
  await until(() => said().length > 0);
  expect(said()).toEqual([`Connection ${client.id} ${deed} group room`]);
});

test("ReadmeSampleDisconnectedMqtt", async () => {
  const { house, said } = await open("ReadmeSampleDisconnectedMqtt");
  const client = await house.client({ userId: "ann" });
  client.socket.close(1000, "bye");
  await until(() => said().length > 0);
  expect(said()).toMatchObject([
    {
      reason: "bye",
      context: { hub: "chat", connectionId: client.id, userId: "ann", eventName: "disconnected" },
    },
  ]);
});

test("ReadmeSampleState", async () => {
  const { house, said } = await open("ReadmeSampleState");
  const client = await house.client();
  for (let i = 0; i < 3; i++) expect(await client.ask(event)).toMatchObject({ success: true });
  // The example counts after it has read, and keeps what it has read.
  expect(said()).toEqual([1, 1, 1]);
});
