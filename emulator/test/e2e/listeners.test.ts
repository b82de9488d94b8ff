import { describe, expect, test } from "vitest";
import type { ListenerEvent } from "../../src/index.js";
import { AmqpBroker } from "./amqpBroker.js";
import { House, type Message, until } from "./harness.js";

const event = (name: string, data: unknown = "", dataType = "text"): Message => ({
  type: "event",
  event: name,
  dataType,
  data,
});

describe("an event hub", () => {
  test("gets the events of its listener, in order, with their attributes", async () => {
    await using broker = await AmqpBroker.open();
    const eventHubs = { connectionString: broker.connectionString, eventHubName: "hub-of-events" };
    await using house = await House.open({
      hubs: {
        chat: { listeners: [{ events: "a,b", systemEvents: ["connected", "disconnected"], eventHubs }] },
      },
    });
    const client = await house.client({ userId: "ann" });
    expect(await client.ask(event("a", "text ä"))).toMatchObject({ success: true });
    expect(await client.ask(event("B", { n: 1 }, "json"))).toMatchObject({ success: true });
    const metadata = { Trace: "1, 2" };
    expect(await client.ask({ ...event("a", "AP8=", "binary"), metadata })).toMatchObject({ success: true });
    expect(await client.ask(event("c"))).toMatchObject({
      success: false,
      error: { name: "InternalServerError" },
    });
    await until(() => broker.events.length === 4);
    client.socket.close(1000);
    await until(() => broker.events.length === 5);

    expect(broker.tokens).toContain("put-token");
    expect(broker.events.map(({ body, contentType }) => [body.toString(), contentType])).toEqual([
      ["{}", "application/json"],
      ["text ä", "text/plain"],
      ['{"n":1}', "application/json"],
      [Buffer.of(0, 255).toString(), "application/octet-stream"],
      ['{"reason":""}', "application/json"],
    ]);
    expect(broker.events.map(({ properties }) => properties["cloudEvents:type"])).toEqual([
      "azure.webpubsub.sys.connected",
      "azure.webpubsub.user.a",
      "azure.webpubsub.user.B",
      "azure.webpubsub.user.a",
      "azure.webpubsub.sys.disconnected",
    ]);
    const [, first] = broker.events;
    expect(first).toMatchObject({ address: "hub-of-events", partitionKey: client.id });
    expect(first?.properties).toEqual({
      "cloudEvents:specversion": "1.0",
      "cloudEvents:awpsversion": "1.0",
      "cloudEvents:type": "azure.webpubsub.user.a",
      "cloudEvents:source": `/hubs/chat/client/${client.id}`,
      "cloudEvents:id": expect.any(String) as string,
      "cloudEvents:time": expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      "cloudEvents:hub": "chat",
      "cloudEvents:connectionid": client.id,
      "cloudEvents:eventname": "a",
      "cloudEvents:userid": "ann",
      "cloudEvents:subprotocol": "json.reliable.webpubsub.azure.v1",
    });
    expect(broker.events[3]?.properties).toMatchObject({ "x-webpubsub-metadata-trace": "1, 2" });
    expect(first?.messageId).toBe(`${client.id}/${String(first?.properties["cloudEvents:id"])}`);
    expect(new Set(broker.events.map(({ messageId }) => messageId)).size).toBe(5);
  });

  test("gets a burst of several connections in each one's order", async () => {
    await using broker = await AmqpBroker.open();
    const eventHubs = { connectionString: `${broker.connectionString}EntityPath=burst` };
    await using house = await House.open({ hubs: { chat: { listeners: [{ eventHubs }] } } });
    const clients = [await house.client(), await house.client()];
    for (let i = 0; i < 100; i++) for (const client of clients) client.send(event("e", String(i)));
    await until(() => broker.events.length === 200);
    for (const { id } of clients) {
      const bodies = broker.events
        .filter(({ partitionKey }) => partitionKey === id)
        .map(({ body }) => String(body));
      expect(bodies).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
    }
  });

  test("that refuses an event is only logged: the client's event succeeds, the next one arrives", async () => {
    await using broker = await AmqpBroker.open();
    const eventHubs = { connectionString: broker.connectionString, eventHubName: "h" };
    await using house = await House.open({ hubs: { chat: { listeners: [{ eventHubs }] } } });
    const client = await house.client();
    broker.refusals = 1;
    expect(await client.ask(event("lost"))).toMatchObject({ success: true });
    await until(() => house.warnings.length === 1);
    expect(house.warnings[0]).toMatch(/azure\.webpubsub\.user\.lost was not delivered.*refused by the test/);
    expect(await client.ask(event("next"))).toMatchObject({ success: true });
    await until(() => broker.events.length === 1);
  });

  test("has what is on its way when the service closes", async () => {
    await using broker = await AmqpBroker.open();
    const eventHubs = { connectionString: broker.connectionString, eventHubName: "h" };
    await using house = await House.open({
      hubs: { chat: { listeners: [{ eventHubs, systemEvents: ["disconnected"] }] } },
    });
    const client = await house.client();
    await client.ask(event("first"));
    await until(() => broker.events.length === 1);
    await house.emulator.close();
    expect(broker.events.map(({ body }) => String(body))).toEqual([
      "",
      '{"reason":"The service is stopping."}',
    ]);
  });

  test("that isn't there holds up neither clients nor the end", async () => {
    const connectionString =
      "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=s;UseDevelopmentEmulator=true;EntityPath=h";
    const house = await House.open({ hubs: { chat: { listeners: [{ eventHubs: { connectionString } }] } } });
    const client = await house.client();
    expect(await client.ask(event("e"))).toMatchObject({ success: true });
    client.socket.close(1000);
    await house.emulator.close();
  });

  test.each([
    ["a connection string that is none", { connectionString: "x" }],
    [
      "no name of the event hub",
      { connectionString: "Endpoint=sb://x;SharedAccessKeyName=k;SharedAccessKey=s" },
    ],
  ])("with %s is refused at once", async (_, eventHubs) => {
    await expect(House.open({ hubs: { chat: { listeners: [{ eventHubs }] } } })).rejects.toThrow();
  });
});

describe("a listening function", () => {
  test("gets every event that matches, beside the handler, whose answer counts", async () => {
    const [all, some]: ListenerEvent[][] = [[], []];
    await using house = await House.open({
      hubs: {
        chat: {
          handlers: [{ events: "answered", onEvent: () => ({ data: "reply" }) }],
          listeners: [
            { onEvent: (heard) => void all?.push(heard), systemEvents: ["connected"] },
            { onEvent: (heard) => void some?.push(heard), events: ["quiet"] },
          ],
        },
      },
    });
    const client = await house.client({ userId: "u" });
    await client.ask(event("answered", { a: 1 }, "json"));
    expect(await client.ask({ ...event("quiet"), metadata: { k: "v" } })).toMatchObject({ success: true });
    expect(client.data.map(({ data }) => data)).toEqual(["reply"]);
    expect(all?.map(({ type }) => type)).toEqual([
      "azure.webpubsub.sys.connected",
      "azure.webpubsub.user.answered",
      "azure.webpubsub.user.quiet",
    ]);
    expect(some).toEqual([
      {
        id: expect.any(String) as string,
        time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        type: "azure.webpubsub.user.quiet",
        hub: "chat",
        connectionId: client.id,
        userId: "u",
        subprotocol: "json.reliable.webpubsub.azure.v1",
        eventName: "quiet",
        dataType: "text",
        data: "",
        metadata: { k: "v" },
      },
    ]);
  });

  test("that throws changes nothing", async () => {
    const onEvent = () => {
      throw new Error("broken");
    };
    await using house = await House.open({ hubs: { chat: { listeners: [{ onEvent }] } } });
    const client = await house.client();
    expect(await client.ask(event("e"))).toMatchObject({ success: true });
    expect(house.warnings).toEqual(["A listener failed: Error: broken"]);
  });

  test("doesn't answer an invocation", async () => {
    await using house = await House.open({ hubs: { chat: { listeners: [{ onEvent: () => undefined }] } } });
    const client = await house.client();
    client.send({
      type: "invoke",
      invocationId: "1",
      target: "event",
      event: "e",
      dataType: "text",
      data: "",
    });
    const response = await until(() => client.messages.find(({ type }) => type === "invokeResponse"));
    expect(response).toMatchObject({ success: false, error: { name: "NotFound" } });
  });
});

test.each<[string, unknown, string]>([
  ["neither", {}, "either eventHubs or onEvent"],
  ["both", { onEvent: () => undefined, eventHubs: { connectionString: "x" } }, "either eventHubs or onEvent"],
  ["an unknown system event", { onEvent: () => undefined, systemEvents: ["connect"] }, "systemEvents"],
])("a listener with %s is refused", async (_, listener, message) => {
  await expect(House.open({ hubs: { chat: { listeners: [listener as object] } } })).rejects.toThrow(message);
});
