import { once } from "node:events";
import { type IncomingHttpHeaders, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type GroupJoinedRequest, WebPubSubEventHandler } from "@azure/web-pubsub-express";
import express from "express";
import { expect, onTestFinished, test } from "vitest";
import { House, type RawClient, until } from "./harness.js";

interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string | string[]>;
}

/** An application that takes every event. @param answer by `ce-type`'s last part. */
async function application(answer: (name: string, seen: Seen) => Answer | Promise<Answer> = () => ({})) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
      if (request.method === "OPTIONS") {
        response.writeHead(200, { "WebHook-Allowed-Origin": "*" }).end();
        return;
      }
      const one = { url: request.url ?? "", headers: request.headers, body };
      seen.push(one);
      const { status = 204, headers = {} } = await answer(nameOf(one), one);
      response.writeHead(status, headers).end();
    })();
  });
  return { seen, url: await listen(server) };
}

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const nameOf = ({ headers }: Seen) => String(headers["ce-type"]).replace(/^azure\.webpubsub\./, "");
const story = (seen: readonly Seen[]) => seen.map((one) => `${nameOf(one)} ${one.body}`);
const both = { eventNames: ["joined", "left"] } as const;

test("handlers hear of every join and leave, in order, by whoever's doing", async () => {
  const { url, seen } = await application();
  await using house = await House.open({
    hubs: {
      Chat: {
        handlers: [
          {
            url: `${url}/{event}`,
            systemEvents: ["connected", "disconnected"],
            groupPresenceEvents: both,
          },
        ],
      },
    },
  });
  const client = await house.client({ userId: "ann", groups: ["token"] });
  await client.join("own");
  await client.join("own");
  const connection = `/api/hubs/chat/groups/rest/connections/${client.id}`;
  expect((await house.call("PUT", connection)).status).toBe(200);
  expect((await house.call("PUT", connection)).status).toBe(200);
  expect((await house.call("DELETE", connection)).status).toBe(204);
  expect((await house.call("DELETE", connection)).status).toBe(204);
  house.emulator.hub("chat").addToGroup(client.id, "inside");
  await client.ask({ type: "leaveGroup", group: "own" });
  await client.ask({ type: "leaveGroup", group: "own" });
  client.socket.close(1000);
  await until(() => seen.some((one) => nameOf(one) === "sys.disconnected"));
  const group = (name: string) => JSON.stringify({ group: name });
  expect(story(seen.slice(0, -1))).toEqual([
    "sys.connected {}",
    `gp.joined ${group("token")}`,
    `gp.joined ${group("own")}`,
    `gp.joined ${group("rest")}`,
    `gp.left ${group("rest")}`,
    `gp.joined ${group("inside")}`,
    `gp.left ${group("own")}`,
    `gp.left ${group("token")}`,
    `gp.left ${group("inside")}`,
  ]);
  const joined = seen[1];
  expect(joined?.url).toBe("/joined");
  expect(joined?.headers).toMatchObject({
    "ce-type": "azure.webpubsub.gp.joined",
    "ce-eventname": "joined",
    "ce-connectionid": client.id,
    "ce-userid": "ann",
    "ce-specversion": "1.0",
    "content-type": "application/json; charset=utf-8",
    "ce-signature": expect.stringMatching(/^sha256=/) as string,
  });
  expect(house.warnings).toEqual([]);
});

test("only the events that were asked for, of the groups that fit; the first handler that fits gets one", async () => {
  const [first, second] = [await application(), await application()];
  await using house = await House.open({
    hubs: {
      chat: {
        handlers: [
          {
            url: first.url,
            groupPresenceEvents: { eventNames: ["joined"], groupFilters: ["room.*", "exact"] },
          },
          { url: second.url, groupPresenceEvents: { ...both, groupFilters: [] } },
        ],
      },
    },
  });
  const client = await house.client();
  for (const group of ["room.1", "room.1.2", "exact", "exactly"]) await client.join(group);
  await client.ask({ type: "leaveGroup", group: "exact" });
  await until(() => first.seen.length + second.seen.length === 5);
  const groups = (seen: readonly Seen[]) => seen.map((one) => `${nameOf(one)} ${one.body}`);
  expect(groups(first.seen)).toEqual(['gp.joined {"group":"room.1"}', 'gp.joined {"group":"exact"}']);
  expect(groups(second.seen)).toEqual([
    'gp.joined {"group":"room.1.2"}',
    'gp.joined {"group":"exactly"}',
    'gp.left {"group":"exact"}',
  ]);
});

test("a slow or failing handler keeps nobody waiting, and what comes later waits for what came before", async () => {
  let release: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (release = resolve));
  const { url, seen } = await application(async (name) => {
    if (name !== "gp.joined") return {};
    await slow;
    return { status: 400 };
  });
  await using house = await House.open({
    hubs: { chat: { handlers: [{ url, groupPresenceEvents: both }] } },
  });
  const client = await house.client();
  expect(await client.join("g")).toMatchObject({ success: true });
  expect(await client.ask({ type: "leaveGroup", group: "g" })).toMatchObject({ success: true });
  await until(() => seen.length === 1);
  await client.settled();
  expect(story(seen)).toEqual(['gp.joined {"group":"g"}']);
  release();
  await until(() => seen.length === 2);
  expect(house.warnings).toEqual(["The handler of joined failed: it answered with status 400"]);
});

test("a recovery joins nothing anew; a session that ends leaves all its groups", async () => {
  const told: string[] = [];
  await using house = await House.open({
    hubs: {
      chat: {
        handlers: [
          {
            onConnected: () => told.push("connected"),
            onDisconnected: () => told.push("disconnected"),
            onJoined: ({ group, userId }) => told.push(`${String(userId)} joined ${group}`),
            onLeft: ({ group, userId }) => told.push(`${String(userId)} left ${group}`),
          },
        ],
      },
    },
  });
  const client = await house.client({ userId: "ann", groups: ["a", "b"] });
  house.emulator.faults.cutTransports();
  await client.gone();
  const again = await house.recover(client);
  await again.settled();
  expect(told).toEqual(["connected", "ann joined a", "ann joined b"]);
  house.emulator.hub("chat").closeConnection(client.id);
  expect(told.slice(3)).toEqual(["ann left a", "ann left b", "disconnected"]);
});

test("the official Express middleware hears of groups", async () => {
  const told: string[] = [];
  const note = (name: string) => (request: GroupJoinedRequest) =>
    void told.push(`${name} ${request.group} ${request.context.userId ?? ""} ${request.context.hub}`);
  const app = express();
  const handler = new WebPubSubEventHandler("chat", {
    onGroupJoined: note("joined"),
    onGroupLeft: note("left"),
  });
  app.use(handler.getMiddleware());
  const url = `${await listen(createServer(app))}/api/webpubsub/hubs/chat/`;
  await using house = await House.open({
    hubs: { chat: { handlers: [{ url, groupPresenceEvents: both }] } },
  });
  const client = await house.client({ userId: "ann" });
  await client.join("grüße");
  client.socket.close(1000);
  await until(() => told.length === 2);
  expect(told).toEqual(["joined grüße ann chat", "left grüße ann chat"]);
  expect(house.warnings).toEqual([]);
});

test.each<[string, unknown, string]>([
  ["without names", {}, "groupPresenceEvents.eventNames must be an array"],
  ["with an unknown name", { eventNames: ["join"] }, "must be one of joined, left"],
  ["with an unknown key", { eventNames: [], groups: [] }, 'no "groups"'],
  ["with a pattern that is none", { eventNames: [], groupFilters: ["******"] }, "is no pattern"],
])("groupPresenceEvents %s are refused at once", async (_, groupPresenceEvents, message) => {
  const handler = { url: "http://x", groupPresenceEvents } as object as { url: string };
  await expect(House.open({ hubs: { chat: { handlers: [handler] } } })).rejects.toThrow(message);
});

test("cookies that the answer to connect sets come back with the connection's later events", async () => {
  const set = [
    "affinity=a=1; Path=/; HttpOnly; SameSite=Lax",
    "here=2",
    "there=3; Path=/elsewhere",
    "gone=4; Max-Age=0",
    "old=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "safe=6; Secure; Path=/",
  ];
  let clients = 0;
  const { url, seen } = await application((name) => {
    if (name === "sys.connect")
      return { headers: { "Set-Cookie": clients++ === 0 ? set : ["affinity=other; Path=/"] } };
    return { headers: { "Set-Cookie": "late=7; Path=/" } };
  });
  const systemEvents = ["connect", "connected", "disconnected"] as const;
  await using house = await House.open({
    hubs: {
      chat: { handlers: [{ url: `${url}/api/events`, systemEvents, groupPresenceEvents: both }] },
    },
  });
  const ann = await house.client({ userId: "ann" });
  const bob = await house.client({ userId: "bob" });
  await ann.join("g");
  const event = { type: "event", event: "e", dataType: "text", data: "" };
  await ann.ask(event);
  await ann.ask(event);
  await bob.ask(event);
  ann.socket.close(1000);
  await until(() => seen.some((one) => nameOf(one) === "sys.disconnected"));
  const cookies = (user: string) =>
    seen.filter((one) => one.headers["ce-userid"] === user).map((one) => [nameOf(one), one.headers.cookie]);
  const expected = "here=2; affinity=a=1; safe=6";
  expect(cookies("ann")).toHaveLength(7);
  expect(cookies("ann")[0]).toEqual(["sys.connect", undefined]);
  for (const [, cookie] of cookies("ann").slice(1)) expect(cookie).toBe(expected);
  for (const [, cookie] of cookies("bob").slice(1)) expect(cookie).toBe("affinity=other");
});

test("cookies stay with the host that set them, and survive a recovery", async () => {
  const other = await application();
  const own = await application((name) =>
    name === "sys.connect" ? { headers: { "Set-Cookie": "secret=1; Path=/" } } : {},
  );
  await using house = await House.open({
    hubs: {
      chat: {
        handlers: [
          { url: own.url, systemEvents: ["connect"], events: "own" },
          { url: other.url.replace("127.0.0.1", "localhost"), events: "other" },
        ],
      },
    },
  });
  const client = await house.client();
  house.emulator.faults.cutTransports();
  await client.gone();
  const again: RawClient = await house.recover(client);
  const event = { type: "event", dataType: "text", data: "" };
  await again.ask({ ...event, event: "own", ackId: 1 });
  await again.ask({ ...event, event: "other", ackId: 2 });
  expect(own.seen.at(-1)?.headers.cookie).toBe("secret=1");
  expect(other.seen.map(({ headers }) => headers.cookie)).toEqual([undefined]);
});
