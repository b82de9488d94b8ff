import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { EventHandler } from "../../src/index.js";
import { House, RawClient, until } from "./harness.js";

const event = { type: "event", event: "e", dataType: "text", data: "" };

/** The service with one handler, which returns this from its function, as JavaScript lets it. */
async function returning(name: "onConnect" | "onEvent", returned: unknown): Promise<House> {
  return House.open({ hubs: { chat: { handlers: [{ [name]: () => returned }] } } });
}

test.each<[string, unknown, string]>([
  ["a user id that is no string", { userId: 5 }, "userId must be a string, but is a number"],
  ["groups that are no list", { groups: "abc" }, "groups must be an array of strings"],
  ["groups that are no strings", { groups: [5] }, "groups[0] must be a string"],
  ["a group name that is too long", { groups: ["g".repeat(1_025)] }, "1 to 1,024 characters"],
  ["roles that are no list", { roles: null }, "roles must be an array of strings"],
  ["a state that is no object", { state: "x" }, "state must be an object"],
  ["a status that refuses nobody", { status: 200 }, "status must be a number from 400 to 599"],
  ["a message that is no string", { status: 403, message: {} }, "message must be a string"],
  ["an unknown field", { userID: "u" }, 'onConnect returned "userID" (did you mean userId?)'],
  ["no object", "yes", 'onConnect must return an object or nothing, not "yes"'],
])("onConnect that returns %s refuses the client with 500 and says why", async (_, returned, why) => {
  await using house = await returning("onConnect", returned);
  const client = new RawClient(await house.emulator.clientAccessUrl("chat"));
  await until(() => client.status);
  expect(client.status).toBe(500);
  expect(house.warnings).toEqual([expect.stringContaining(why)]);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["an empty object", {}],
  ["the empty string as subprotocol", { subprotocol: "" }],
])("onConnect that returns %s lets the client in as its token says", async (_, returned) => {
  await using house = await returning("onConnect", returned);
  expect((await house.client({ userId: "u" })).connected).toMatchObject({ userId: "u" });
});

test.each<[string, unknown, string]>([
  ["a text", "reply", 'onEvent must return an object or nothing, not "reply"'],
  ["an unknown field", { text: "x" }, 'onEvent returned "text"'],
  ["what is no JSON", { data: () => 1 }, "data is no JSON value"],
  ["a circle", { data: circle() }, "circular"],
  ["an unknown data type", { data: "x", dataType: "xml" }, "dataType must be one of text, json, binary"],
  ["more than 16 MiB", { data: "x".repeat(16 * 1024 * 1024 + 1) }, "data must not be larger than 16 MiB"],
  ["metadata that is no text", { data: "x", metadata: { a: 1 } }, "metadata must be an object of strings"],
  ["metadata that no header can hold", { data: "x", metadata: { "a b": "c" } }, "metadata is not valid"],
  ["a state that is no object", { state: [] }, "state must be an object"],
])("onEvent that returns %s fails the event and says why", async (_, returned, why) => {
  await using house = await returning("onEvent", returned);
  const client = await house.client();
  expect(await client.ask(event)).toMatchObject({ success: false, error: { name: "InternalServerError" } });
  await client.settled();
  expect(client.data).toEqual([]);
  expect(house.warnings).toEqual([expect.stringContaining(why)]);
});

test("metadata alone goes out with an empty text, null as JSON", async () => {
  const returned: unknown[] = [{ metadata: { a: "b" } }, { data: null }, null, {}];
  const handler = { onEvent: () => returned.shift() } as EventHandler;
  await using house = await House.open({ hubs: { chat: { handlers: [handler] } } });
  const client = await house.client();
  for (let i = 0; i < 4; i++) expect(await client.ask(event)).toMatchObject({ success: true });
  expect(client.data).toMatchObject([
    { dataType: "text", data: "", metadata: { a: "b" } },
    { dataType: "json", data: null },
  ]);
  expect(client.data).toHaveLength(2);
});

test("functions that never return hold up neither other clients nor the end", async () => {
  const never = async () => new Promise<undefined>(() => undefined);
  const house = await House.open({
    hubs: {
      door: { handlers: [{ onConnect: never }] },
      chat: {
        handlers: [{ onEvent: never, onConnected: never, onDisconnected: never }],
        listeners: [{ onEvent: never, systemEvents: ["connected"] }],
      },
    },
  });
  const waiting = new RawClient(await house.emulator.clientAccessUrl("door"));
  const client = await house.client();
  client.send({ ...event, ackId: 1 });
  client.send({ type: "invoke", invocationId: "1", target: "event", event: "e" });
  await client.settled();
  expect(await (await house.client()).join("g")).toMatchObject({ success: true });
  await house.emulator.close();
  expect((await client.gone()).code).toBe(1001);
  await waiting.gone();
});

test("a webhook's endless answer is not read to its end", async () => {
  let written = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === "OPTIONS") {
      response.setHeader("WebHook-Allowed-Origin", "*").end();
      return;
    }
    const write = () => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024))) written += 64 * 1024;
    };
    response.on("drain", write);
    write();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await using house = await House.open({ hubs: { chat: { handlers: [{ url }] } } });
  const client = await house.client();
  expect(await client.ask(event)).toMatchObject({ success: false });
  expect(house.warnings).toEqual([expect.stringContaining("its answer is larger than 16 MiB")]);
  // What the network holds comes on top.
  expect(written).toBeLessThan(64 * 1024 * 1024);
});

function circle(): object {
  const value: Record<string, unknown> = {};
  value["self"] = value;
  return value;
}
