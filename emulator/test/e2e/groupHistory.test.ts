import { expect, test } from "vitest";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient } from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import type { GroupHistory } from "../../src/index.js";
import { House, anyGroup, until } from "./harness.js";

const data = (history: GroupHistory): unknown[] => history.messages().map((message) => message.data);

test("what clients, servers and handlers send to the group is kept in order, whoever gets it", async () => {
  await using house = await House.open({
    hubs: {
      chat: {
        handlers: [
          { events: "shout", onEvent: ({ data: words }) => hub().sendToGroup("g", `${String(words)}!`) },
        ],
      },
    },
  });
  const hub = () => house.emulator.hub("chat");
  const history = hub().history("g");
  const ann = await house.client({ userId: "ann" });
  // Nobody is in the group yet, and nobody else gets what says noEcho.
  await ann.text("g", "to nobody");
  await ann.join("g");
  await ann.text("g", "no echo", { noEcho: true, metadata: { a: "1" } });
  ann.send({ type: "sendToGroup", group: "g", dataType: "text", data: "without an ack" });
  await ann.ask({ type: "event", event: "shout", dataType: "text", data: "handler" });
  const server = new WebPubSubServiceClient(house.emulator.connectionString, "chat", {
    allowInsecureConnection: true,
  });
  await server.group("g").sendToAll({ by: "REST" }, { filter: "userId eq 'nobody'" });
  await server.sendToAll("no message of the group");
  await ann.text("other", "another group");
  expect(history.messages()).toMatchObject([
    { id: 1, data: "to nobody", fromUserId: "ann" },
    { id: 2, data: "no echo", metadata: { a: "1" } },
    { id: 3, data: "without an ack" },
    { id: 4, data: "handler!", fromUserId: undefined },
    { id: 5, data: { by: "REST" }, dataType: "json", fromUserId: undefined },
  ]);
});

test("it is kept over a restart of the service, and what came while a client was away is in it", async () => {
  await using house = await House.open();
  const { emulator } = house;
  const history = emulator.hub("chat").history("g");
  const ann = await house.client();
  await ann.text("g", "before");
  emulator.faults.restartService();
  await ann.gone();
  emulator.hub("chat").sendToGroup("g", "meanwhile");
  await emulator.setHubs({ chat: {} });
  const again = await house.client();
  await again.text("g", "after");
  expect(data(history)).toEqual(["before", "meanwhile", "after"]);
  expect(data(emulator.hub("CHAT").history("g"))).toEqual(data(history));
});

test("what wasn't executed isn't in it, and what is sent again stands once", async () => {
  await using house = await House.open();
  const history = house.emulator.hub("chat").history("g");
  const guest = await house.client({ roles: [] });
  await guest.text("g", "forbidden");
  house.emulator.faults.answerAcks({ error: "InternalServerError", times: 1 });
  const ann = await house.client();
  expect(await ann.text("g", "refused", { ackId: 7 })).toMatchObject({ success: false });
  expect(history.length).toBe(0);
  await ann.text("g", "sent", { ackId: 7 });
  await ann.text("g", "sent", { ackId: 7 });
  expect(data(history)).toEqual(["sent"]);
});

test("JSON and protobuf clients' messages of all types are in it, fragments of streams are not", async () => {
  await using house = await House.open();
  const { emulator } = house;
  const history = emulator.hub("chat").history("g");
  const url = await emulator.clientAccessUrl("chat", { roles: anyGroup });
  const bytes = new Uint8Array([1, 2, 255]).buffer;
  for (const protocol of [undefined, WebPubSubProtobufReliableProtocol()]) {
    await using client = new WebPubSubClient(url, { protocol });
    await client.start();
    await client.joinGroup("g");
    await client.sendToGroup("g", "words", "text");
    await client.sendToGroup("g", { n: 1 }, "json");
    await client.sendToGroup("g", bytes, "binary");
    await client.sendToGroup("g", bytes, "protobuf");
    const stream = await client.group("g").openStream();
    await stream.write("fragment");
    await stream.end();
  }
  const once = [
    ["text", "words"],
    ["json", { n: 1 }],
    ["binary", bytes],
    ["protobuf", bytes],
  ];
  await until(() => history.length === 8);
  expect(history.messages().map((message) => [message.dataType, message.data])).toEqual([...once, ...once]);
});
