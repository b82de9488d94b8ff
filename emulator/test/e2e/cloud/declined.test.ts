import { describe, expect, test } from "vitest";
import { House, type Message, type RawClient, plain, until } from "../harness.js";

/** Messages that aren't of the described format decline the client; which field was wrong is in its log. */

const ask = { type: "sendToGroup", group: "g", ackId: 1, dataType: "text", data: "x" };
const event = { type: "event", event: "e", ackId: 1, dataType: "text", data: "x" };

describe("the client is declined", () => {
  test.each<[string, Message | string, string]>([
    ["an unknown type", { type: "explode" }, 'type is unknown: "explode"'],
    ["no type", {}, "type is unknown: missing"],
    ["no JSON", "{", "not JSON"],
    ["no object", "[]", "not a JSON object"],
    ["no group", { type: "joinGroup", ackId: 1 }, "group must be"],
    ["an empty group", { ...ask, group: "" }, "group must be"],
    ["a group of blanks", { ...ask, group: " \t" }, "group must be"],
    ["a group that is too long", { ...ask, group: "g".repeat(1_025) }, "group must be"],
    ["no data", { ...ask, data: undefined }, "data is missing".replace("is missing", "must be a string")],
    ["a time to live of 301 s", { ...ask, ttlSeconds: 301 }, "ttlSeconds must be"],
    ["metadata that is no object", { ...ask, metadata: "x" }, "metadata must be"],
    ["binary data that is no base64", { ...ask, dataType: "binary", data: "%" }, "data must be base64"],
    ["an unknown dataType", { ...ask, dataType: "xml" }, "dataType must be"],
    ["an ackId that is none", { ...ask, ackId: -1 }, "ackId must be"],
    ["an event that begins with a digit", { ...event, event: "1event" }, "event must begin with a letter"],
    ["an event with a slash", { ...event, event: "bad/event" }, 'but is "bad/event"'],
    ["an event with a blank", { ...event, event: "bad event" }, "event must begin"],
    ["an event that is too long", { ...event, event: `a${"b".repeat(128)}` }, "at most 128"],
    [
      "an invocation of such an event",
      { type: "invoke", invocationId: "i", target: "event", event: "1" },
      "event",
    ],
    [
      "a stream without an idle time",
      { type: "sendToGroup", group: "g", stream: { streamId: "" } },
      "streamId",
    ],
  ])("for %s", async (_, message, field) => {
    await using house = await House.open();
    const client = await house.client();
    client.socket.send(typeof message === "string" ? message : JSON.stringify(message));
    const { code, reason } = await client.gone();
    expect(code).toBe(1007);
    // A close frame has room for 123 bytes.
    expect(reason).toMatch(/^The client message is not valid: /);
    expect(client.messages.slice(1)).toEqual([
      { type: "system", event: "disconnected", message: expect.stringContaining(field) as string },
    ]);
    expect(house.warnings).toEqual([
      expect.stringMatching(/^The client was declined: its message is not valid: /) as string,
    ]);
    expect(house.warnings[0]).toContain(field);
    expect((await client.recovery().gone()).code).toBe(1008);
  });
});

test.each<[string, (client: RawClient) => void, number, RegExp]>([
  [
    "a frame of more than 1 MB",
    (client) => client.socket.send("x".repeat(1024 * 1024 + 1)),
    1009,
    /^The client was declined: its frame is larger than 1 MB \(1,048,576 bytes\)\.$/,
  ],
  [
    "text that is no UTF-8",
    (client) => client.socket.send(Uint8Array.of(0xff, 0xfe), { binary: false }),
    1007,
    /^The client was declined: .*UTF-8.*\.$/,
  ],
])("the developer is told of a client that sends %s", async (_, send, code, words) => {
  await using house = await House.open();
  const client = await house.client();
  send(client);
  expect((await client.gone()).code).toBe(code);
  await until(() => house.warnings.length > 0);
  expect(house.warnings).toEqual([expect.stringMatching(words)]);
});

test.each(["event-name_1.2", "E", `a${"b".repeat(127)}`])("%s is an event", async (name) => {
  const names: string[] = [];
  await using house = await House.open({
    hubs: { chat: { handlers: [{ onEvent: ({ eventName }) => void names.push(eventName) }] } },
  });
  const client = await house.client();
  expect(await client.ask({ ...event, event: name })).toMatchObject({ success: true });
  expect(names).toEqual([name]);
});

test("JSON may come in a binary frame", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  client.socket.send(Buffer.from(JSON.stringify({ ...ask, data: "é" })), { binary: true });
  await client.settled();
  expect(client.data).toMatchObject([{ data: "é" }]);
});

test("a message of metadata alone is an empty text", async () => {
  const seen: unknown[] = [];
  await using house = await House.open({
    hubs: {
      chat: {
        handlers: [{ onEvent: ({ dataType, data, metadata }) => void seen.push([dataType, data, metadata]) }],
      },
    },
  });
  const client = await house.client({ groups: ["g"] });
  const metadata = { trace: "1" };
  expect(await client.ask({ type: "sendToGroup", group: "g", metadata })).toMatchObject({ success: true });
  expect(await client.ask({ type: "event", event: "e", metadata })).toMatchObject({ success: true });
  await client.settled();
  expect(client.data).toMatchObject([{ dataType: "text", data: "", metadata }]);
  expect(seen).toEqual([["text", "", metadata]]);
});

test("who has no user is null: in connected, and as the sender", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"], subprotocol: plain });
  await client.text("g", "x");
  await house.call("POST", "/api/hubs/chat/groups/g/:send", {
    body: "y",
    headers: { "Content-Type": "text/plain" },
  });
  await client.settled();
  expect(client.connected).toHaveProperty("userId", null);
  expect(client.data.map((message) => message["fromUserId"])).toEqual([null, null]);
});

test("what was executed is told in the cloud's words", async () => {
  await using house = await House.open();
  const client = await house.client({ roles: ["webpubsub.joinLeaveGroup.g"] });
  await client.ask({ type: "joinGroup", group: "g", ackId: 7 });
  expect((await client.ask({ type: "joinGroup", group: "g", ackId: 7 }))["error"]).toEqual({
    name: "Duplicate",
    message: "Message with ack-id: 7 has been processed",
  });
  const refused = [
    { type: "joinGroup", group: "h" },
    { type: "leaveGroup", group: "h" },
    { ...ask, ackId: undefined },
  ];
  const words = [];
  for (const message of refused) words.push(((await client.ask(message))["error"] as Message)["message"]);
  expect(words).toEqual([
    "The client does not have permission to join group 'h'.",
    "The client does not have permission to leave group 'h'.",
    "The client does not have permission to send to group 'g'.",
  ]);
});
