import { expect, test } from "vitest";
import {
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
  type WebPubSubClientProtocol,
} from "web-pubsub-client";
import { WebPubSubProtobufProtocol, WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { House, until } from "../harness.js";
import { SimpleClient } from "./simpleClient.js";

const protocols: readonly WebPubSubClientProtocol[] = [
  WebPubSubProtobufReliableProtocol(),
  WebPubSubProtobufProtocol(),
  WebPubSubJsonReliableProtocol(),
  WebPubSubJsonProtocol(),
];

test("protobuf, JSON and simple clients share a group: what each of them receives", async () => {
  await using house = await House.open();
  const guests = await Promise.all(
    protocols.map((protocol) => house.welcome(protocol.name, ["room"], { protocol })),
  );
  const simple = await SimpleClient.join(house, "room");
  expect(house.hub.connections().map(({ subprotocol }) => subprotocol)).toEqual(
    expect.arrayContaining([...protocols.map(({ name }) => name), ""]),
  );

  const bytes = new Uint8Array([0, 255, 128, 7]);
  // A google.protobuf.Any: its type's URL and its value.
  const any = new Uint8Array([10, 3, 97, 47, 98, 18, 1, 7]);
  const inOrder: [fromUserId: string, dataType: string, data: unknown][] = [];
  // One after the other, so that there is one order for all.
  for (const [index, { client }] of guests.entries()) {
    const name = protocols[index]?.name ?? "";
    await client.sendToGroup("room", `häl😀o of ${name}`, "text", { metadata: { trace: name } });
    await client.sendToGroup("room", { of: name, list: [1, null, "ß"] }, "json");
    await client.sendToGroup("room", bytes.buffer, "binary");
    await client.sendToGroup("room", any.buffer, "protobuf");
    inOrder.push(
      [name, "text", `häl😀o of ${name}`],
      [name, "json", { of: name, list: [1, null, "ß"] }],
      [name, "binary", bytes.buffer],
      [name, "protobuf", any.buffer],
    );
  }
  simple.send("häl😀o of simple");
  simple.send('{"stays":"text"}');
  simple.send(Buffer.from(bytes));
  inOrder.push(
    ["simple", "text", "häl😀o of simple"],
    ["simple", "text", '{"stays":"text"}'],
    ["simple", "binary", bytes.buffer],
  );

  for (const [index, guest] of guests.entries()) {
    const { name = "", isReliableSubProtocol = false } = protocols[index] ?? {};
    await until(() => guest.heard.length >= inOrder.length);
    expect(
      guest.of("group-message").map(({ message }) => message),
      name,
    ).toEqual(
      inOrder.map(([sender, dataType, data], position) => ({
        kind: "groupData",
        group: "room",
        // Protobuf doesn't tell who sent a message, the plain subprotocols don't number it.
        fromUserId: name.startsWith("protobuf") ? "" : sender,
        sequenceId: isReliableSubProtocol ? position + 1 : undefined,
        dataType,
        data,
        metadata: dataType === "text" && sender !== "simple" ? { trace: sender } : undefined,
      })),
    );
  }
  await until(() => simple.frames.length >= inOrder.length);
  expect(simple.frames).toEqual(
    inOrder.map(([, dataType, data]) => {
      if (data instanceof ArrayBuffer) return Buffer.from(data);
      return dataType === "json" ? JSON.stringify(data) : data;
    }),
  );
});
