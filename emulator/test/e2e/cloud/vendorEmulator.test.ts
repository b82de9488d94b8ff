import { expect, test } from "vitest";
import { House, plain } from "../harness.js";

/** What the vendor's older tests assert (`WebPubSubEmulator`, `JsonProtocol`) and the newer ones don't. */

test.each([
  ["text/plain", "Hello"],
  ["application/json", '{"hello":"world"}'],
  ["application/octet-stream", new Uint8Array(Buffer.from("Hello"))],
])("a broadcast of %s is answered as the cloud's recorded one: 202, and nothing", async (type, body) => {
  await using house = await House.open();
  const headers = { "Content-Type": type };
  const answer = await house.call("POST", "/api/hubs/testHub/:send", { body, headers });
  expect([answer.status, answer.headers.get("Content-Length"), await answer.text()]).toEqual([202, "0", ""]);
});

test("a message may come in fragments", async () => {
  await using house = await House.open();
  const client = await house.client({ roles: ["webpubsub.joinLeaveGroup.room"] });
  const message = '{"type":"joinGroup","group":"room","ackId":1}';
  client.socket.send(message.slice(0, 12), { fin: false });
  client.socket.send(message.slice(12), { fin: true });
  await client.settled();
  expect(client.messages.slice(1)).toMatchObject([
    { type: "ack", ackId: 1, success: true },
    { type: "pong" },
  ]);
});

const send = { type: "sendToGroup", group: "room", data: "hi" };

test.each<[object]>([
  [{ type: "joinGroup", group: "room", ackId: true }],
  [{ type: "joinGroup", group: "room", ackId: -1 }],
  [{ type: "joinGroup", group: "room", ackId: {} }],
  [{ type: "sequenceAck", sequenceId: [] }],
  [{ type: "sequenceAck" }],
  [{ ...send, noEcho: "true" }],
  [{ ...send, noEcho: 1 }],
  [{ ...send, ttlSeconds: -1 }],
  [{ ...send, ttlSeconds: "30" }],
  [{ ...send, dataType: 42 }],
  [{ ...send, dataType: "text", data: undefined }],
  [{ ...send, metadata: [] }],
  [{ ...send, metadata: { key: 1 } }],
  [{ ...send, metadata: { "bad key": "value" } }],
  [{ type: "event", event: "message", metadata: { key: "非 ASCII" } }],
  [{ type: "setGroupState", group: "room", state: [] }],
  [{ type: "setGroupState", group: "room", state: { activity: 1 } }],
  [{ type: 42 }],
  [["joinGroup"]],
])("%j declines the client", async (message) => {
  await using house = await House.open();
  const client = await house.client({ subprotocol: plain });
  client.socket.send(JSON.stringify(message));
  expect((await client.gone()).code).toBe(1007);
});

test("what may be left out may be null", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["room"] });
  for (const message of [
    { type: "joinGroup", group: "room", ackId: null },
    { ...send, ackId: null, noEcho: null, ttlSeconds: null, metadata: null },
    { type: "setGroupState", group: "room", state: null },
  ])
    client.send(message);
  await client.settled();
  expect(client.messages.slice(1)).toMatchObject([{ type: "message", data: "hi" }, { type: "pong" }]);
});
