import { WebSocket } from "ws";
import { expect, test } from "vitest";
import { AmqpBroker } from "../amqpBroker.js";
import { House, type Message, plain, reliable, until } from "../harness.js";
import { application } from "./application.js";
import { ProtobufClient, at, message } from "./protobufClient.js";

/** What the vendor's tests of event listeners (`EventHubNotifier`, `EventHubLive`) assert, against an AMQP broker. */

const systemEvents = ["connected", "disconnected"] as const;
const event = { type: "event", event: "message", dataType: "text", data: "hello" };

async function open(events = "*", more: { url?: string } = {}) {
  const broker = await AmqpBroker.open();
  const eventHubs = { connectionString: broker.connectionString, eventHubName: "events" };
  const handlers = more.url === undefined ? [] : [{ url: more.url }];
  const house = await House.open({
    hubs: { chat: { handlers, listeners: [{ events, systemEvents, eventHubs }] } },
  });
  return { broker, house };
}

test.each([
  ["*", "room.message", true],
  ["room, join", "room.message", false],
  [" JOIN, message", "join", true],
  ["connected", "message", false],
])("a listener of %j takes %s: %s", async (events, name, taken) => {
  const { broker, house } = await open(events);
  await using _broker = broker;
  await using _house = house;
  const client = await house.client({ subprotocol: plain });
  expect(await client.ask({ ...event, event: name })).toMatchObject({ success: taken });
  client.socket.close(1000);
  await until(() => broker.events.length === (taken ? 3 : 2));
  const types = broker.events.map(({ properties }) => properties["cloudEvents:type"]);
  expect(types).toEqual([
    "azure.webpubsub.sys.connected",
    ...(taken ? [`azure.webpubsub.user.${name}`] : []),
    "azure.webpubsub.sys.disconnected",
  ]);
});

test.each([
  [plain, {}],
  [plain, { dataType: undefined, data: undefined }],
  [reliable, {}],
  [reliable, { dataType: undefined, data: undefined }],
])("metadata of a message (%s, %j) are properties of its event alone", async (subprotocol, change) => {
  const { broker, house } = await open();
  await using _broker = broker;
  await using _house = house;
  const client = await house.client({ subprotocol });
  const metadata = { TraceId: "first", traceid: "last", Tag: "", "File-Name": "a.txt", Values: " a, b " };
  const sent: Message = { ...event, ...change, metadata, ackId: 1 };
  expect(await client.ask(sent)).toMatchObject({ success: true });
  client.socket.close(1000);
  await until(() => broker.events.length === 3);
  const about = broker.events.map(({ properties }) =>
    Object.fromEntries(Object.entries(properties).filter(([name]) => !name.startsWith("cloudEvents:"))),
  );
  expect(about).toEqual([
    {},
    {
      "x-webpubsub-metadata-traceid": "last",
      "x-webpubsub-metadata-tag": "",
      "x-webpubsub-metadata-file-name": "a.txt",
      "x-webpubsub-metadata-values": " a, b ",
    },
    {},
  ]);
  expect(broker.events[1]).toMatchObject({ contentType: "text/plain" });
  expect(broker.events[1]?.body.toString()).toBe("dataType" in change ? "" : "hello");
});

test("names of attributes are in lower case; the state is there once there is one", async () => {
  const states = ["c3RhdGU=", "", undefined];
  const { origin } = await application((response) => {
    const state = states.shift();
    response.writeHead(204, state === undefined ? {} : { "ce-connectionState": state }).end();
  });
  const { broker, house } = await open("*", { url: origin });
  await using _broker = broker;
  await using _house = house;
  const client = await house.client({ userId: "用户", subprotocol: plain });
  for (let i = 0; i < 3; i++) await client.ask(event);
  await until(() => broker.events.length === 4);
  const seen = broker.events.map(({ properties }) => properties["cloudEvents:connectionstate"]);
  expect(seen).toEqual([undefined, undefined, "c3RhdGU=", undefined]);
  const { properties = {} } = broker.events[2] ?? {};
  expect(properties).toMatchObject({
    "cloudEvents:connectionid": client.id,
    "cloudEvents:eventname": "message",
    "cloudEvents:userid": "用户",
    "cloudEvents:subprotocol": plain,
  });
  expect(
    Object.keys(properties).filter((name) => name !== `cloudEvents:${name.slice(12).toLowerCase()}`),
  ).toEqual([]);
});

test.each([0, 1])(
  "a client without a subprotocol: ids go on, one partition (%i events refused)",
  async (refusals) => {
    const { broker, house } = await open();
    await using _broker = broker;
    await using _house = house;
    broker.refusals = refusals;
    const client = new WebSocket(await house.emulator.clientAccessUrl("chat", { userId: "ann" }));
    await until(() => broker.events.length + house.warnings.length === 1);
    client.send("hello");
    await until(() => broker.events.length === 2 - refusals);
    client.close(1000, "done");
    await until(() => broker.events.length === 3 - refusals);
    const all = [
      ["1", "{}"],
      ["2", "hello"],
      ["3", '{"reason":"done"}'],
    ];
    expect(broker.events.map(({ properties, body }) => [properties["cloudEvents:id"], String(body)])).toEqual(
      all.slice(refusals),
    );
    for (const { partitionKey, properties, messageId } of broker.events) {
      expect(partitionKey).toBe(properties["cloudEvents:connectionid"]);
      expect(messageId).toBe(`${String(partitionKey)}/${String(properties["cloudEvents:id"])}`);
      expect(properties).not.toHaveProperty("cloudEvents:subprotocol");
    }
  },
);

test("an ackId that was used isn't sent to the listener again", async () => {
  const { broker, house } = await open();
  await using _broker = broker;
  await using _house = house;
  const client = await house.client();
  expect(await client.ask({ ...event, ackId: 1 })).toMatchObject({ success: true });
  expect(await client.ask({ ...event, ackId: 1 })).toMatchObject({ error: { name: "Duplicate" } });
  client.socket.close(1000);
  await until(() => broker.events.length === 3);
});

test("an Any of a protobuf client arrives as it was packed", async () => {
  const { broker, house } = await open("message");
  await using _broker = broker;
  await using _house = house;
  const any = message(
    [1, "type.googleapis.com/google.protobuf.StringValue"],
    [2, message([1, "real-event"])],
  );
  const client = await ProtobufClient.open(house);
  await client.send(
    message([
      5,
      message(
        [1, "message"],
        [2, message([3, any])],
        [3, 1],
        [4, message([1, "TraceId"], [2, "first"])],
        [4, message([1, "traceid"], [2, "last"])],
      ),
    ]),
  );
  await until(() => client.all("ack")[0]);
  expect(at(client.all("ack")[0] ?? Buffer.of(), 2)).toBe(1n);
  await until(() => broker.events.length === 2);
  const [, sent] = broker.events;
  expect(sent).toMatchObject({
    contentType: "application/x-protobuf",
    messageId: `${client.connected(1)}/2`,
    properties: { "x-webpubsub-metadata-traceid": "last" },
  });
  expect(sent?.body).toEqual(Buffer.from(any));
});

test("two listeners to one event hub: each of them sends", async () => {
  await using broker = await AmqpBroker.open();
  const listener = (eventHubName: string) => ({
    eventHubs: { connectionString: broker.connectionString, eventHubName },
  });
  await using house = await House.open({
    hubs: { chat: { listeners: [listener("events"), listener("events"), listener("other")] } },
  });
  const client = await house.client();
  expect(await client.ask(event)).toMatchObject({ success: true });
  await until(() => broker.events.length === 3);
  expect(broker.events.map(({ address }) => address).sort()).toEqual(["events", "events", "other"]);
});
