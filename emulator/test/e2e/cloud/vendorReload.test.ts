import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { HubOptions } from "../../../src/index.js";
import { AmqpBroker } from "../amqpBroker.js";
import { House, type RawClient, plain, until } from "../harness.js";
import { application } from "./application.js";

/** What the vendor's tests of reloading assert: of handlers, of listeners, and of what is on its way meanwhile. */

const event = (name = "message") => ({ type: "event", event: name, dataType: "text", data: "hello" });

describe("an event that is on its way", () => {
  const triggers: Record<string, (house: House, client: RawClient) => unknown> = {
    message: async (_, client) => client.ask(event()),
    connected: async (house) => house.client({ subprotocol: plain }),
    disconnected: (_, client) => client.socket.close(1000),
  };

  test.each([
    ["message", true],
    ["message", false],
    ["connected", true],
    ["disconnected", true],
  ])("%s keeps its routes, also when it is tried again (the next has one: %s)", async (name, wanted) => {
    const held: ServerResponse[] = [];
    const { received, origin } = await application((response) => {
      if (received.length === 1) held.push(response);
      else response.writeHead(204).end();
    });
    const heard: string[] = [];
    const routes = (to: string, takes: boolean): HubOptions => {
      const events = takes && name === "message" ? "message" : "other";
      const systemEvents = takes && name !== "message" ? [name as "connected" | "disconnected"] : [];
      return {
        handlers: [{ url: `${origin}/${to}`, events, systemEvents }],
        listeners: [{ events, systemEvents, onEvent: ({ id }) => heard.push(`${to} ${id}`) }],
      };
    };
    await using house = await House.open({ hubs: { chat: routes("original", true) } });
    const [one, two] = [
      await house.client({ subprotocol: plain }),
      await house.client({ subprotocol: plain }),
    ];
    if (name === "connected") await until(() => received.length === 2);
    else void triggers[name]?.(house, one);
    const first = await until(() => held[0]);
    const before = received.length;

    await house.emulator.setHubs({ chat: routes("updated", wanted) });
    first.writeHead(503).end();
    await until(() => received.length > before);
    const again = received[before];
    expect([again?.url, again?.headers["ce-id"]]).toEqual(["/original", received[0]?.headers["ce-id"]]);

    await triggers[name]?.(house, two);
    if (wanted) {
      await until(() => received.length > before + 1);
      expect(received.at(-1)).toMatchObject({ url: "/updated", headers: { "ce-eventname": name } });
    }
    await house.emulator.close();
    expect(received.filter(({ url }) => url === "/updated")).toHaveLength(wanted ? 1 : 0);
    const updates = heard.filter((entry) => entry.startsWith("updated"));
    expect([heard[0]?.split(" ")[0], updates.length]).toEqual(["original", wanted ? 1 : 0]);
  });
});

test("handlers that are taken away and given back: the connection stays", async () => {
  const { received, origin } = await application((response) => response.writeHead(204).end());
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: `${origin}/first` }] } } });
  const client = await house.client();
  const succeeds = async () => (await client.ask(event()))["success"];
  expect(await succeeds()).toBe(true);
  await house.emulator.setHubs({});
  expect(await succeeds()).toBe(false);
  await house.emulator.setHubs({ chat: { handlers: [{ url: `${origin}/added` }] } });
  expect(await succeeds()).toBe(true);
  expect(received.map(({ url }) => url)).toEqual(["/first", "/added"]);
});

test.each<[string, HubOptions]>([
  ["a URL of another scheme", { handlers: [{ url: "ftp://localhost/wrong" }] }],
  ["a pattern within a name", { handlers: [{ url: "http://localhost:1/", events: "room.*" }] }],
  [
    "an unknown system event",
    { handlers: [{ url: "http://localhost:1/", systemEvents: ["none" as "connect"] }] },
  ],
  ["an unknown key", { handlers: [{ url: "http://localhost:1/", more: true } as { url: string }] }],
  ["a listener to nothing", { handlers: [{ url: "http://localhost:1/" }], listeners: [{}] }],
  ["a bad connection string", { listeners: [{ eventHubs: { connectionString: "x", eventHubName: "h" } }] }],
])("new settings with %s change neither handlers nor listeners", async (_, settings) => {
  const { received, origin } = await application((response) => response.writeHead(204).end());
  const heard: string[] = [];
  const listeners = [{ onEvent: ({ eventName }: { eventName: string }) => heard.push(eventName) }];
  await using house = await House.open({
    hubs: { chat: { handlers: [{ url: `${origin}/first` }], listeners } },
  });
  const client = await house.client();
  await expect(house.emulator.setHubs({ chat: settings })).rejects.toThrow();
  expect(await client.ask(event())).toMatchObject({ success: true });
  expect([received[0]?.url, heard]).toEqual(["/first", ["message"]]);
  await house.emulator.setHubs({ chat: { handlers: [{ url: `${origin}/recovered` }] } });
  expect(await client.ask(event())).toMatchObject({ success: true });
  expect([received[1]?.url, heard]).toEqual(["/recovered", ["message"]]);
});

test("a connection's events go to the new event hub, by the same partition key", async () => {
  await using broker = await AmqpBroker.open();
  const { connectionString } = broker;
  const to = (eventHubName: string): HubOptions => ({
    listeners: [{ events: "message", eventHubs: { connectionString, eventHubName } }],
  });
  await using house = await House.open({ hubs: { chat: to("first") } });
  const client = await house.client();
  expect(await client.ask(event())).toMatchObject({ success: true });
  await until(() => broker.events.length === 1);
  await house.emulator.setHubs({ chat: to("second") });
  expect(await client.ask(event())).toMatchObject({ success: true });
  await until(() => broker.events.length === 2);
  await house.emulator.setHubs({});
  expect(await client.ask(event())).toMatchObject({ success: false });
  await house.emulator.setHubs({ chat: to("first") });
  expect(await client.ask(event())).toMatchObject({ success: true });
  await until(() => broker.events.length === 3);
  expect(broker.events.map(({ address, partitionKey }) => [address, partitionKey])).toEqual([
    ["first", client.id],
    ["second", client.id],
    ["first", client.id],
  ]);
});
