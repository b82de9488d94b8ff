import { createHmac } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebPubSubClient } from "@azure/web-pubsub-client";
import {
  type ConnectRequest,
  type ConnectedRequest,
  type DisconnectedRequest,
  type UserEventRequest,
  WebPubSubEventHandler,
  type WebPubSubEventHandlerOptions,
} from "@azure/web-pubsub-express";
import express from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import { developmentAccessKey } from "../../src/index.js";
import { House, RawClient, anyGroup, reliable, until } from "./harness.js";

const systemEvents = ["connect", "connected", "disconnected"] as const;

/** An application with the official middleware, as its documents set it up. */
async function application(options: WebPubSubEventHandlerOptions, hub = "chat"): Promise<string> {
  const app = express();
  app.use(new WebPubSubEventHandler(hub, options).getMiddleware());
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/webpubsub/hubs/${hub}/`;
}

describe("the official Express middleware", () => {
  test("lets clients in with another identity, hears of them and answers their events", async () => {
    const seen: (ConnectRequest | ConnectedRequest | DisconnectedRequest | UserEventRequest)[] = [];
    const url = await application({
      handleConnect(request, response) {
        seen.push(request);
        response.setState("visits", 1);
        response.success({ userId: "ann", groups: ["g"], roles: ["webpubsub.sendToGroup.g"] });
      },
      onConnected: (request) => void seen.push(request),
      onDisconnected: (request) => void seen.push(request),
      handleUserEvent(request, response) {
        seen.push(request);
        if (request.context.eventName === "count") {
          const visits = Number(request.context.states["visits"]) + 1;
          response.setState("visits", visits);
          response.success(String(visits), "text");
        } else if (request.context.eventName === "json") {
          response.success(JSON.stringify({ got: request.data }), "json");
        } else if (request.context.eventName === "bytes") {
          response.success(request.data as ArrayBuffer);
        } else response.success();
      },
    });
    await using house = await House.open({ hubs: { chat: { handlers: [{ url, systemEvents }] } } });
    const { host } = new URL(house.emulator.endpoint);
    const clientUrl = `${await house.emulator.clientAccessUrl("chat", { userId: "token", roles: anyGroup })}&page=1`;
    const client = await house.connected(new RawClient(clientUrl, reliable, { "X-Mine": "yes" }));
    expect(client.connected).toMatchObject({ userId: "ann" });
    expect(house.emulator.hub("chat").connection(client.id)?.groups).toEqual(["g"]);
    expect(await client.text("g", "x", { noEcho: true })).toMatchObject({ success: true });
    expect(await client.text("h", "x")).toMatchObject({ success: false, error: { name: "Forbidden" } });

    const connect = seen[0] as ConnectRequest;
    expect(connect.context).toMatchObject({
      hub: "chat",
      connectionId: client.id,
      userId: "token",
      eventName: "connect",
      origin: host,
      signature: `sha256=${createHmac("sha256", developmentAccessKey).update(client.id).digest("hex")}`,
    });
    expect(connect).toMatchObject({
      claims: { sub: ["token"], role: anyGroup },
      queries: { page: ["1"] },
      headers: { "x-mine": ["yes"] },
      subprotocols: [reliable],
      clientCertificates: [],
    });
    expect(JSON.stringify(connect)).not.toContain("access_token");
    await until(() => seen[1]);
    expect(seen[1]?.context).toMatchObject({ eventName: "connected", userId: "ann", states: { visits: 1 } });

    const event = (name: string, dataType: string, data: unknown) => ({
      type: "event",
      event: name,
      dataType,
      data,
    });
    expect(await client.ask(event("count", "text", ""))).toMatchObject({ success: true });
    expect(await client.ask(event("count", "text", ""))).toMatchObject({ success: true });
    expect(await client.ask(event("json", "json", { n: [1] }))).toMatchObject({ success: true });
    expect(await client.ask(event("bytes", "binary", "AP8="))).toMatchObject({ success: true });
    expect(await client.ask(event("quiet", "text", "ä"))).toMatchObject({ success: true });
    expect(client.data.map(({ from, dataType, data }) => [from, dataType, data])).toEqual([
      ["server", "text", "2"],
      ["server", "text", "3"],
      ["server", "json", { got: { n: [1] } }],
      ["server", "binary", "AP8="],
    ]);
    const events = seen.slice(2) as UserEventRequest[];
    expect(events.map(({ dataType }) => dataType)).toEqual(["text", "text", "json", "binary", "text"]);
    expect(events[4]).toMatchObject({ data: "ä", context: { userId: "ann", states: { visits: 3 } } });
    // The reply came before its ack.
    expect(client.messages.findIndex(({ data }) => data === "2")).toBeLessThan(
      client.messages.findIndex(({ type, ackId }) => type === "ack" && ackId === 3),
    );

    client.socket.close(1000);
    await until(() => seen[7]);
    expect(seen[7]?.context).toMatchObject({ eventName: "disconnected", connectionId: client.id });
    expect(house.warnings).toEqual([]);
  });

  test("refuses clients with a status and a reason", async () => {
    const url = await application({ handleConnect: (_, response) => response.fail(401, "not you") });
    await using house = await House.open({ hubs: { chat: { handlers: [{ url, systemEvents }] } } });
    const client = new RawClient(await house.emulator.clientAccessUrl("chat"));
    await until(() => client.status);
    expect(client.status).toBe(401);
    expect(client.body).toContain("not you");
  });

  test("fails an event: the ack says so, the connection stays", async () => {
    const url = await application({ handleUserEvent: (_, response) => response.fail(400, "bad") });
    await using house = await House.open({ hubs: { chat: { handlers: [{ url }] } } });
    const client = await house.client();
    const event = { type: "event", event: "e", dataType: "text", data: "" };
    expect(await client.ask(event)).toMatchObject({
      success: false,
      error: { name: "InternalServerError" },
    });
    client.send(event);
    await until(() => house.warnings.length === 3);
    await client.settled();
    expect(house.warnings[0]).toContain("status 400");
  });

  test("is asked whether it wants this service's events; if it doesn't, it gets none", async () => {
    let handled = 0;
    const house = await House.open({});
    const { endpoint } = house.emulator;
    await house.emulator.close();
    const count: WebPubSubEventHandlerOptions["handleUserEvent"] = (_, response) => {
      handled++;
      response.success();
    };
    const port = Number(new URL(endpoint).port);
    const wanted = await application({ handleUserEvent: count, allowedEndpoints: ["https://x.y", endpoint] });
    const unwanted = await application({ handleUserEvent: count, allowedEndpoints: ["https://x.y"] });
    await using again = await House.open({
      port,
      hubs: {
        chat: {
          handlers: [
            { url: wanted, events: "wanted" },
            { url: unwanted, events: ["unwanted"] },
          ],
        },
      },
    });
    const client = await again.client();
    const event = { type: "event", dataType: "text", data: "" };
    expect(await client.ask({ ...event, event: "WANTED" })).toMatchObject({ success: true });
    expect(await client.ask({ ...event, event: "unwanted" })).toMatchObject({ success: false });
    expect(handled).toBe(1);
    expect(again.warnings).toEqual([
      expect.stringMatching(/doesn't allow 127\.0\.0\.1:\d+ \(WebHook-Allowed-Origin: x\.y\)/),
    ]);
  });

  test("doesn't read protobuf content: it passes the event on, and it fails", async () => {
    let handled = 0;
    const url = await application({ handleUserEvent: () => void handled++ });
    await using house = await House.open({ hubs: { chat: { handlers: [{ url }] } } });
    const client = await house.client();
    expect(await client.ask({ type: "event", event: "e", dataType: "protobuf", data: "aGk=" })).toMatchObject(
      {
        success: false,
      },
    );
    expect([handled, house.warnings]).toEqual([0, [expect.stringContaining("status 404")]]);
  });

  test("works with the reference client", async () => {
    const url = await application({
      handleUserEvent: (request, response) => response.success(`echo ${String(request.data)}`, "text"),
    });
    await using house = await House.open({ hubs: { chat: { handlers: [{ url, systemEvents }] } } });
    const client = new WebPubSubClient(await house.emulator.clientAccessUrl("chat", { roles: anyGroup }));
    const replies: unknown[] = [];
    client.on("server-message", ({ message }) => void replies.push(message.data));
    await client.start();
    await client.sendEvent("e", "hi", "text");
    await until(() => replies[0]);
    expect(replies).toEqual(["echo hi"]);
    client.stop();
  });
});

test("a function in the process keeps state and picks groups as a webhook does", async () => {
  const states: unknown[] = [];
  await using house = await House.open({
    hubs: {
      chat: {
        handlers: [
          { onConnect: () => ({ userId: "", groups: ["g"], roles: [], state: { n: 1 } }) },
          {
            events: "count",
            onEvent({ state }) {
              states.push(state);
              return { state: { n: Number(state["n"]) + 1 } };
            },
          },
          { onEvent: () => ({ data: "other" }), onConnect: () => ({ status: 500 }) },
        ],
      },
    },
  });
  const client = await house.client({ userId: "u" });
  expect(client.connected).toMatchObject({ userId: "" });
  const event = { type: "event", event: "count", dataType: "text", data: "" };
  await client.ask(event);
  await client.ask(event);
  await client.ask({ ...event, event: "x" });
  expect(states).toEqual([{ n: 1 }, { n: 2 }]);
  expect(client.data.map(({ data }) => data)).toEqual(["other"]);
  expect(await client.join("g")).toMatchObject({ success: false });
});

test.each<[string, unknown, string]>([
  ["a URL that is none", { url: "localhost:3000" }, "must be an HTTP URL"],
  ["{event} in the host", { url: "http://{event}.x/" }, "must not have {event} in its host"],
  [
    "an unknown name in braces",
    { url: "http://x/{Event}/{hubs}" },
    "may hold {event} and {hub}, but not {hubs}",
  ],
  ["an unknown system event", { url: "http://x", systemEvents: ["closed"] }, "systemEvents"],
  ["functions beside a URL", { url: "http://x", onEvent: () => undefined }, 'no "onEvent"'],
])("a handler with %s is refused at once", async (_, handler, message) => {
  await expect(House.open({ hubs: { chat: { handlers: [handler as object] } } })).rejects.toThrow(message);
});
