import { WebSocket } from "ws";
import { describe, expect, test } from "vitest";
import { House, until } from "../harness.js";
import { application } from "./application.js";
import { ProtobufClient, at, message, reliableProtobuf } from "./protobufClient.js";

/** What the vendor's tests of the protobuf subprotocols assert. Fields by their numbers in the public schema. */

const text = (value: string) => message([1, value]);
/** An Any, as bytes: its type and content. */
const any = message([1, "type.googleapis.com/google.protobuf.StringValue"], [2, message([1, "你好"])]);
const join = (group: string, ackId: number | bigint) => message([6, message([1, group], [2, ackId])]);
const leave = (group: string, ackId: number | bigint) => message([7, message([1, group], [2, ackId])]);
const publish = (
  group: string,
  data: Uint8Array,
  ...more: [number, number | bigint | string | Uint8Array][]
) => message([1, message([1, group], [3, data], ...more)]);
const event = (...fields: [number, string | number | Uint8Array][]) =>
  message([5, message([1, "message"], ...fields)]);
const metadata = (key: string, value: string) => message([1, key], [2, value]);

/** An ack's id, and its error's name. */
const acks = (client: ProtobufClient) =>
  client.all("ack").map((ack) => {
    const error = at(ack, 3, 1);
    // A false `success` isn't on the wire.
    return [at(ack, 1) ?? 0n, error === undefined ? at(ack, 2) : String(error)];
  });

test("groups, by a frame made elsewhere: its ackId is 0 and stands there", async () => {
  await using house = await House.open();
  const receiver = await ProtobufClient.open(house, undefined, { roles: ["webpubsub.joinLeaveGroup.room"] });
  const sender = await ProtobufClient.open(house, undefined, { roles: ["webpubsub.sendToGroup.room"] });
  expect([receiver.connected(2), at(receiver.frames[0] as Buffer, 3, 1, 3)]).toEqual(["alice", undefined]);
  await receiver.send(Buffer.from("32080A04726F6F6D1000", "hex"));
  expect(acks(receiver)).toEqual([[0n, 1n]]);
  await sender.send(publish("room", text("hello"), [2, 1], [5, 300]));
  await receiver.send(leave("room", 2));
  await sender.send(publish("room", text("nobody hears"), [2, 2]));
  await receiver.send();
  expect(acks(sender)).toEqual([
    [1n, 1n],
    [2n, 1n],
  ]);
  const [data, ...rest] = receiver.all("data");
  expect(rest).toEqual([]);
  const fields = [1, 2, 4].map((field) => at(data as Buffer, field)?.toString());
  expect(fields).toEqual(["group", "room", undefined]);
  expect(at(data as Buffer, 3, 1)?.toString()).toBe("hello");
});

test.each([0n, 2n ** 64n - 1n])(
  "ackId %i: what is forbidden isn't remembered, what was done is",
  async (ackId) => {
    await using house = await House.open();
    const client = await ProtobufClient.open(house, undefined, { roles: ["webpubsub.joinLeaveGroup.room"] });
    await client.send(join("denied", ackId), leave("denied", ackId), publish("room", text("x"), [2, ackId]));
    await client.send(join("room", ackId), leave("room", ackId));
    house.emulator.hub("chat").sendToGroup("room", "still joined");
    await client.send();
    const names = ["Forbidden", "Forbidden", "Forbidden", 1n, "Duplicate"];
    expect(acks(client)).toEqual(names.map((name) => [ackId, name]));
    expect(client.all("data").map((data) => at(data, 3, 1)?.toString())).toEqual(["still joined"]);
  },
);

describe("the client is declined", () => {
  test.each<[string, Uint8Array]>([
    ["an empty frame", Buffer.of()],
    ["a byte that is no tag", Buffer.from("FF", "hex")],
    ["a join of no group", Buffer.from("3200", "hex")],
    ["a send of nothing", Buffer.from("0A060A04726F6F6D", "hex")],
    ["an event of nothing", event()],
    ["data of no kind", event([2, ""])],
    ["data of no kind beside metadata", event([2, ""], [4, metadata("tag", "v")])],
    ["a send of data of no kind beside metadata", publish("room", Buffer.of(), [6, metadata("tag", "v")])],
    ["an event's name with a blank", message([5, message([1, "bad event"], [2, text("a")])])],
    ["a time to live of 301 s", publish("room", text("a"), [5, 301])],
    ["a key of metadata that is no token", event([2, text("a")], [4, metadata("bad:key", "v")])],
    ["metadata that isn't ASCII", event([2, text("a")], [4, metadata("tag", "非ASCII")])],
    ["a key of metadata that is too long", event([4, metadata("k".repeat(257), "v")])],
    ["a value of metadata that is too long", event([4, metadata("tag", "v".repeat(1_025))])],
    ["a stream that begins with data", publish("room", text("a"), [7, message([1, "stream"])])],
    ["an invocation without its fields", Buffer.from("5200", "hex")],
  ])("for %s: 1007", async (_, frame) => {
    await using house = await House.open();
    const client = await ProtobufClient.open(house);
    client.socket.send(frame);
    await until(() => client.closed);
    expect(client.closed).toBe(1007);
  });

  test("for a text frame", async () => {
    await using house = await House.open();
    const client = await ProtobufClient.open(house);
    client.socket.send("{}");
    await until(() => client.closed);
    expect(client.closed).toBe(1003);
  });
});

test("data that is selected and empty is there; metadata keeps its case, and may be all there is", async () => {
  const { received, origin } = await application((response) => response.writeHead(204).end());
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin }] } } });
  const client = await ProtobufClient.open(house);
  await client.send(event([2, text("")], [3, 1]), event([2, message([2, ""])], [3, 2]));
  const both: [number, Uint8Array][] = [
    [4, metadata("First", "1")],
    [4, metadata("empty", "")],
  ];
  await client.send(event([3, 3], ...both));
  await until(() => received.length === 3);
  expect(received.map(({ headers, body }) => [headers["content-type"], body])).toEqual([
    [expect.stringContaining("text/plain"), ""],
    ["application/octet-stream", ""],
    [expect.stringContaining("text/plain"), ""],
  ]);
  expect(received[2]?.headers).toMatchObject({
    "x-webpubsub-metadata-first": "1",
    "x-webpubsub-metadata-empty": "",
  });
  await until(() => acks(client).length === 3);
  expect(acks(client).map(([, result]) => result)).toEqual([1n, 1n, 1n]);
});

test("an Any reaches protobuf, JSON and simple clients, and not its sender with no_echo", async () => {
  await using house = await House.open();
  const groups = ["room"];
  const receiver = await ProtobufClient.open(house, undefined, { groups });
  const json = await house.client({ groups });
  const simple = new WebSocket(await house.emulator.clientAccessUrl("chat", { groups }));
  const bare: Buffer[] = [];
  simple.on("message", (frame: Buffer, binary) => binary && bare.push(frame));
  await until(() => house.emulator.hub("chat").connections().length === 3);
  const sender = await ProtobufClient.open(house, undefined, { groups });
  await sender.send(publish("room", message([3, any]), [2, 1], [4, 1], [6, metadata("trace", "mixed")]));
  await receiver.send();
  await until(() => json.data[0] && bare[0]);
  expect(acks(sender)).toEqual([[1n, 1n]]);
  expect(sender.all("data")).toEqual([]);
  const [data = Buffer.of()] = receiver.all("data");
  expect(at(data, 3, 3)).toEqual(Buffer.from(any));
  expect([at(data, 5, 1), at(data, 5, 2)].map(String)).toEqual(["trace", "mixed"]);
  expect(bare).toEqual([Buffer.from(any)]);
  expect(json.data).toMatchObject([
    {
      from: "group",
      group: "room",
      fromUserId: "alice",
      dataType: "protobuf",
      data: Buffer.from(any).toString("base64"),
      metadata: { trace: "mixed" },
    },
  ]);
  simple.terminate();
});

test("an Any goes to a handler and comes back, each with its metadata", async () => {
  const { received, origin } = await application((response) =>
    response
      .writeHead(200, { "Content-Type": "application/x-protobuf", "X-WebPubSub-Metadata-Trace": "reply" })
      .end(any),
  );
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin }] } } });
  const client = await ProtobufClient.open(house);
  const request = event([2, message([3, any])], [3, 42], [4, metadata("Trace", "request")]);
  await client.send(request);
  await until(() => acks(client).length === 1);
  const [data = Buffer.of()] = client.all("data");
  expect([at(data, 1)?.toString(), at(data, 3, 3)]).toEqual(["server", Buffer.from(any)]);
  expect([at(data, 5, 1), at(data, 5, 2)].map(String)).toEqual(["trace", "reply"]);
  expect(received[0]).toMatchObject({
    body: Buffer.from(any).toString(),
    headers: {
      "content-type": "application/x-protobuf",
      "x-webpubsub-metadata-trace": "request",
      "ce-type": "azure.webpubsub.user.message",
      "ce-subprotocol": "protobuf.webpubsub.azure.v1",
      "ce-userid": "alice",
    },
  });
  await client.send(request);
  expect(acks(client)).toEqual([
    [42n, 1n],
    [42n, "Duplicate"],
  ]);
  expect(received).toHaveLength(1);
});

test.each([
  ["text/plain", Buffer.from("你好"), 1],
  ["application/json", Buffer.from('{"answer":42}'), 4],
  ["application/octet-stream", Buffer.of(0, 255), 2],
])("REST content of %s keeps its type", async (type, body, field) => {
  await using house = await House.open();
  const client = await ProtobufClient.open(house);
  const headers = { "Content-Type": type };
  await house.call("POST", "/api/hubs/chat/:send", { body: new Uint8Array(body), headers });
  await client.send();
  const [data = Buffer.of()] = client.all("data");
  expect([at(data, 1)?.toString(), at(data, 2), at(data, 4)]).toEqual(["server", undefined, undefined]);
  expect(at(data, 3, field)).toEqual(body);
});

describe("reliable", () => {
  const sequenceAck = (id: number) => message([8, message([1, id])]);
  const ids = (client: ProtobufClient) => client.all("data").map((data) => at(data, 4));

  test.each([false, true])(
    "what isn't acknowledged is replayed, then what came meanwhile (acks: %s)",
    async (ack) => {
      await using house = await House.open();
      const hub = house.emulator.hub("chat");
      const client = await ProtobufClient.open(house, reliableProtobuf, { groups: ["room"] });
      expect(client.connected(3)).not.toBe("");
      hub.sendToConnection(client.connected(1), "first");
      hub.sendToConnection(client.connected(1), { second: 2 });
      await client.send(publish("room", message([3, any]), [6, metadata("trace", "before")]));
      const received = client.all("data");
      expect(ids(client)).toEqual([1n, 2n, 3n]);
      if (ack) await client.send(sequenceAck(2));
      client.socket.terminate();
      await until(() => hub.connection(client.connected(1))?.status === "waiting");
      hub.sendToConnection(client.connected(1), Uint8Array.of(0, 255));
      hub.sendToGroup("room", "to the group");
      const again = await client.recovery();
      await again.send();
      expect(again.all("data").slice(0, ack ? 1 : 3)).toEqual(received.slice(ack ? 2 : 0));
      hub.sendToConnection(client.connected(1), "live");
      await again.send();
      expect(ids(again)).toEqual((ack ? [] : [1n, 2n]).concat([3n, 4n, 5n, 6n]));
      expect(
        again
          .all("data")
          .slice(-3)
          .map((data) => [2, 1, 1].map((_, i) => at(data, 3, i + 1))),
      ).toEqual([
        [undefined, Buffer.of(0, 255), undefined],
        [Buffer.from("to the group"), undefined, undefined],
        [Buffer.from("live"), undefined, undefined],
      ]);
      expect([again.all("system"), again.all("ack")]).toEqual([[], []]);
      again.socket.terminate();
    },
  );

  test.each([0n, 2n ** 64n - 1n])("groups and ackId %i outlast a recovery", async (ackId) => {
    await using house = await House.open();
    const client = await ProtobufClient.open(house, reliableProtobuf, { groups: ["token-room"] });
    await client.send(join("joined-room", ackId));
    expect(acks(client)).toEqual([[ackId, 1n]]);
    client.socket.terminate();
    const again = await client.recovery();
    await again.send(leave("joined-room", ackId));
    expect(acks(again)).toEqual([[ackId, "Duplicate"]]);
    for (const group of ["token-room", "joined-room"]) house.emulator.hub("chat").sendToGroup(group, "x");
    await again.send();
    expect(again.all("data").map((data) => at(data, 2)?.toString())).toEqual(["token-room", "joined-room"]);
    again.socket.terminate();
  });
});
