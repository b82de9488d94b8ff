import type { AddressInfo } from "node:net";
import express from "express";
import { expect, onTestFinished, test } from "vitest";
import { House, type Message, RawClient, plain, until } from "../harness.js";
import { application } from "./application.js";

/** CloudEvents as the cloud sends them, and the answers that it takes. */

const event = { type: "event", event: "e", dataType: "text", data: "x" };

test("events of a connection are numbered from 0, the same for handlers and listeners", async () => {
  const { received, origin } = await application((response) => response.writeHead(204).end());
  const heard: string[] = [];
  const systemEvents = ["connect", "connected", "disconnected"] as const;
  await using house = await House.open({
    hubs: {
      chat: {
        handlers: [{ url: `${origin}/{event}`, systemEvents }],
        listeners: [
          {
            systemEvents: ["connected", "disconnected"],
            onEvent: ({ eventName, id }) => heard.push(`${eventName} ${id}`),
          },
        ],
      },
    },
  });
  for (let i = 0; i < 2; i++) {
    received.length = heard.length = 0;
    const client = await house.client({ subprotocol: plain });
    await until(() => received.length === 2);
    await client.ask({ ...event, event: "one" });
    await client.ask({ ...event, event: "two" });
    client.socket.close(1000);
    await until(() => received.length === 5);
    const ids = received.map(
      ({ headers }) => `${String(headers["ce-eventname"])} ${String(headers["ce-id"])}`,
    );
    expect(ids).toEqual(["connect 0", "connected 1", "one 2", "two 3", "disconnected 4"]);
    expect(heard).toEqual(["connected 1", "one 2", "two 3", "disconnected 4"]);
  }
});

test("the user goes as it is, in UTF-8; the hub in lower case", async () => {
  const { received, origin } = await application((response) => response.writeHead(204).end());
  await using house = await House.open({
    hubs: { Chat: { handlers: [{ url: `${origin}/{hub}/{event}` }] } },
  });
  const userId = "Zoë 100% 字";
  const client = await house.client({ hub: "CHAT", userId });
  await client.ask(event);
  const { url, headers } = await until(() => received[0]);
  expect(url).toBe("/chat/e");
  expect(headers["ce-hub"]).toBe("chat");
  expect(headers["ce-source"]).toBe(`/hubs/chat/client/${client.id}`);
  // Node reads headers as Latin-1.
  expect(Buffer.from(String(headers["ce-userid"]), "latin1").toString()).toBe(userId);
});

test.each([
  ["text/plain; charset=utf-8", "text", "hi"],
  ["application/json", "json", "hi"],
  ["application/octet-stream", "binary", "ImhpIg=="],
  ["application/x-protobuf", "protobuf", "ImhpIg=="],
  [undefined, "binary", "ImhpIg=="],
])("an answer of type %s is %s", async (type, dataType, data) => {
  const { origin } = await application((response) => {
    if (type !== undefined) response.setHeader("Content-Type", type);
    response.end(dataType === "text" ? "hi" : '"hi"');
  });
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin }] } } });
  const client = await house.client();
  expect(await client.ask(event)).toMatchObject({ success: true });
  expect(client.data).toMatchObject([{ from: "server", dataType, data }]);
});

test.each(["text/html", "text/csv", "image/png"])("an answer of type %s fails the event", async (type) => {
  const { origin } = await application((response) => response.setHeader("Content-Type", type).end("hi"));
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin }] } } });
  const client = await house.client();
  expect(await client.ask(event)).toMatchObject({ success: false, error: { name: "InternalServerError" } });
  expect(client.data).toEqual([]);
  expect(house.warnings).toEqual([expect.stringContaining(type)]);
});

test("the log names Express's res.send as what says text/html", async () => {
  const app = express();
  app.options(/.*/, (_request, response) => void response.set("WebHook-Allowed-Origin", "*").end());
  app.post(/.*/, (_request, response) => void response.send("hi"));
  const server = app.listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await using house = await House.open({
    hubs: { chat: { handlers: [{ url: `http://127.0.0.1:${port}/` }] } },
  });
  const client = await house.client();
  expect(await client.ask(event)).toMatchObject({ success: false });
  expect(house.warnings).toEqual([
    expect.stringMatching(/text\/html.*Express's res\.send.*res\.type\("text\/plain"\)/),
  ]);
});

test.each([
  ["the last of several headers", ["Zmlyc3Q=", "bGFzdA=="], "bGFzdA=="],
  ["an empty one that comes last", ["Zmlyc3Q=", ""], ""],
  ["the only one", ["b25seQ=="], "b25seQ=="],
])("the state of a connection is %s", async (_, values, expected) => {
  const { received, origin } = await application((response) => {
    // The array makes a line of each.
    response.writeHead(204, { "ce-connectionState": values }).end();
  });
  await using house = await House.open({
    hubs: { chat: { handlers: [{ url: origin, systemEvents: ["connect"] }] } },
  });
  const client = await house.client();
  await client.ask(event);
  await client.ask(event);
  expect(received.map(({ headers }) => headers["ce-connectionstate"])).toEqual([
    undefined,
    expected,
    expected,
  ]);
});

test("an answer to connect that is no JSON refuses the client, and the log says what it must be", async () => {
  const { origin } = await application((response) => response.end("<p>welcome</p>"));
  await using house = await House.open({
    hubs: { chat: { handlers: [{ url: origin, systemEvents: ["connect"] }] } },
  });
  const client = new RawClient(await house.emulator.clientAccessUrl("chat"));
  await until(() => client.status);
  expect(client.status).toBe(500);
  expect(house.warnings).toEqual([expect.stringContaining("its answer is not JSON")]);
});

test("an answer may have several megabytes", async () => {
  const { origin } = await application((response) =>
    response.setHeader("Content-Type", "text/plain").end("x".repeat(8 * 1024 * 1024)),
  );
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin }] } } });
  const client = await house.client({ subprotocol: plain });
  expect(await client.ask(event)).toMatchObject({ success: true });
  expect(String((client.data[0] as Message)["data"])).toHaveLength(8 * 1024 * 1024);
});

test("protobuf content goes to a handler as application/x-protobuf", async () => {
  const { received, origin } = await application((response) => response.writeHead(204).end());
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin }] } } });
  const client = await house.client();
  await client.ask({ ...event, dataType: "protobuf", data: "aGk=" });
  expect(received[0]).toMatchObject({ headers: { "content-type": "application/x-protobuf" }, body: "hi" });
});
