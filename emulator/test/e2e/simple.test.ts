import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import type { HandlerEvent, HubOptions } from "../../src/index.js";
import { House, RawClient, anyGroup, plain, reliable, until } from "./harness.js";

/** A client that knows nothing of the service: frames are all content. */
class SimpleClient {
  readonly socket: WebSocket;
  readonly frames: (string | Buffer)[] = [];
  closed: { code: number; reason: string } | undefined;

  constructor(url: string, subprotocols: string[] = []) {
    this.socket = new WebSocket(url, subprotocols);
    this.socket.on("message", (data: Buffer, binary) => this.frames.push(binary ? data : data.toString()));
    this.socket.on("close", (code, reason) => (this.closed = { code, reason: reason.toString() }));
    this.socket.on("error", () => undefined);
    onTestFinished(() => this.socket.terminate());
  }

  async opened(): Promise<this> {
    await until(() => this.socket.readyState === WebSocket.OPEN || this.closed);
    if (this.closed !== undefined) throw new Error(`Not open: ${this.closed.code}`);
    return this;
  }
}

async function simple(
  house: House,
  { query = "", subprotocols = [] as string[], roles = [] as string[], userId = "u", hub = "chat" } = {},
): Promise<SimpleClient> {
  const url = await house.emulator.clientAccessUrl(hub, { roles, userId });
  return new SimpleClient(url + query, subprotocols).opened();
}

/** The status and body that an upgrade is refused with. */
async function refusal(house: House, query: string, roles: string[] = []): Promise<RawClient> {
  const client = new RawClient((await house.emulator.clientAccessUrl("chat", { roles })) + query, []);
  await until(() => client.status);
  return client;
}

const echo = (events: HandlerEvent[] = []): HubOptions => ({
  handlers: [
    {
      events: "message",
      onEvent(event) {
        events.push(event);
        return event.data === "quiet" ? undefined : { data: event.data as string | Uint8Array };
      },
    },
  ],
});

describe("a client without a subprotocol", () => {
  test("a byte order mark is a part of its text", async () => {
    await using house = await House.open({ hubs: { chat: echo() } });
    const client = await simple(house);
    client.socket.send("\ufeffhello");
    await until(() => client.frames.length === 1);
    expect(client.frames).toEqual(["\ufeffhello"]);
  });

  test("tells the handler every frame as a message event, and gets the answers as bare frames", async () => {
    const events: HandlerEvent[] = [];
    await using house = await House.open({ hubs: { chat: echo(events) } });
    const client = await simple(house);
    expect(client.socket.protocol).toBe("");
    client.socket.send("héllo");
    client.socket.send(Buffer.of(0, 255));
    client.socket.send("quiet");
    client.socket.send('{"type":"ping"}');
    await until(() => client.frames.length === 3);
    expect(client.frames).toEqual(["héllo", Buffer.of(0, 255), '{"type":"ping"}']);
    expect(
      events.map(({ eventName, dataType, subprotocol, userId }) => [
        eventName,
        dataType,
        subprotocol,
        userId,
      ]),
    ).toEqual([
      ["message", "text", undefined, "u"],
      ["message", "binary", undefined, "u"],
      ["message", "text", undefined, "u"],
      ["message", "text", undefined, "u"],
    ]);
  });

  test("gets what servers and groups send, and nothing else", async () => {
    await using house = await House.open();
    const server = new WebPubSubServiceClient(house.emulator.connectionString, "chat", {
      allowInsecureConnection: true,
    });
    const client = await simple(house);
    const [{ connectionId } = { connectionId: "" }] = house.emulator.hub("chat").connections();
    await server.group("g").addUser("u");
    await server.sendToAll("text", { contentType: "text/plain" });
    await server.sendToUser("u", { a: [1, "x"] });
    await server.sendToConnection(connectionId, Uint8Array.of(1, 2).buffer);
    await server.group("g").sendToAll("group", { contentType: "text/plain" });
    await server.sendToAll("filtered", { contentType: "text/plain", filter: "protocol ne null" });
    const other = await house.client();
    await other.text("g", "from a client");
    await until(() => client.frames.length === 5);
    expect(client.frames).toEqual(["text", '{"a":[1,"x"]}', Buffer.of(1, 2), "group", "from a client"]);
    await server.closeAllConnections({ reason: "over" });
    await until(() => client.closed);
    expect(client.closed).toEqual({ code: 1000, reason: "" });
    expect(client.frames).toHaveLength(5);
  });

  test("is closed with 1011 when its event fails or nobody takes it", async () => {
    await using house = await House.open({
      hubs: {
        broken: { handlers: [{ onEvent: () => Promise.reject(new Error("no")) }] },
        heard: { listeners: [{ onEvent: () => undefined }] },
      },
    });
    for (const hub of ["broken", "nobody"]) {
      const client = await simple(house, { hub });
      client.socket.send("x");
      await until(() => client.closed);
      expect(client.closed?.code).toBe(1011);
      expect(house.emulator.hub(hub).connections()).toEqual([]);
    }
    const heard = await simple(house, { hub: "heard" });
    heard.socket.send("x");
    house.emulator.hub("heard").sendToAll("still there");
    await until(() => heard.frames[0]);
  });

  test("can't be recovered", async () => {
    await using house = await House.open();
    const client = await simple(house);
    house.emulator.faults.cutTransports();
    await until(() => client.closed && house.emulator.hub("chat").connections().length === 0);
    const url = await house.emulator.clientAccessUrl("chat");
    const again = new RawClient(`${url}&awps_connection_id=x&awps_reconnection_token=y`, []);
    expect((await again.gone()).code).toBe(1008);
  });
});

describe("a client in mode sendToGroup", () => {
  const mode = "&webpubsub_mode=sendToGroup&group=g";

  test("sends every frame to the group, without being a member", async () => {
    await using house = await House.open();
    const member = await house.client({ groups: ["g"] });
    const client = await simple(house, { query: mode, roles: ["webpubsub.sendToGroup.g"] });
    client.socket.send("text");
    client.socket.send(Buffer.of(255));
    await until(() => member.data.length === 2);
    expect(member.data).toMatchObject([
      { from: "group", group: "g", fromUserId: "u", dataType: "text", data: "text" },
      { dataType: "binary", data: "/w==" },
    ]);
    expect(client.frames).toEqual([]);
    expect(house.emulator.hub("chat").members("g")).toHaveLength(1);
  });

  test("hears its own frames as a member, unless noEcho; names stand in any case", async () => {
    await using house = await House.open();
    const query = "&WebPubSub_Mode=SendToGroup&GROUP=g&NOECHO=";
    const quiet = await simple(house, { query: `${query}True`, roles: anyGroup });
    const loud = await simple(house, { query: `${query}false`, roles: anyGroup });
    for (const { connectionId } of house.emulator.hub("chat").connections()) {
      house.emulator.hub("chat").addToGroup(connectionId, "g");
    }
    quiet.socket.send("quiet");
    await until(() => loud.frames.length === 1);
    loud.socket.send("loud");
    await until(() => loud.frames.length === 2 && quiet.frames.length === 1);
    expect([loud.frames, quiet.frames]).toEqual([["quiet", "loud"], ["loud"]]);
  });

  test.each([
    ["an unknown mode", "&webpubsub_mode=broadcast", 400],
    ["no group", "&webpubsub_mode=sendToGroup", 400],
    ["a group name that is too long", `&webpubsub_mode=sendToGroup&group=${"g".repeat(1_025)}`, 400],
    ["a noEcho that is none", `${mode}&noEcho=1`, 400],
    ["another group than its role allows", "&webpubsub_mode=sendToGroup&group=h", 403],
  ])("is refused with %s", async (_, query, status) => {
    await using house = await House.open();
    expect((await refusal(house, query, ["webpubsub.sendToGroup.g"])).status).toBe(status);
    expect(house.emulator.hub("chat").connections()).toEqual([]);
  });

  test("is closed when it loses the permission", async () => {
    await using house = await House.open();
    const client = await simple(house, { query: mode, roles: ["webpubsub.sendToGroup.g"] });
    const [connection] = house.emulator.hub("chat").connections();
    house.emulator.hub("chat").revokePermission(connection?.connectionId ?? "", "sendToGroup", "g");
    client.socket.send("x");
    await until(() => client.closed);
    expect(client.closed?.code).toBe(1011);
  });
});

describe("a subprotocol of the application's own", () => {
  const choosing = (subprotocol: string): HubOptions => ({
    handlers: [{ onConnect: () => ({ subprotocol }), ...echo().handlers?.[0] }],
  });

  test("is spoken when the connect handler picks it, in bare frames", async () => {
    const events: HandlerEvent[] = [];
    const { handlers = [] } = echo(events);
    await using house = await House.open({
      hubs: { chat: { handlers: [{ onConnect: () => ({ subprotocol: "mine.v2" }) }, ...handlers] } },
    });
    const client = await simple(house, { subprotocols: ["mine.v1", "mine.v2"] });
    expect(client.socket.protocol).toBe("mine.v2");
    client.socket.send("x");
    await until(() => client.frames[0]);
    expect(events[0]?.subprotocol).toBe("mine.v2");
    const url = await house.emulator.clientAccessUrl("chat");
    const both = await new SimpleClient(url, [reliable, "mine.v2"]).opened();
    expect(both.socket.protocol).toBe("mine.v2");
  });

  test("may be one of the service's", async () => {
    await using house = await House.open({ hubs: { chat: choosing(plain) } });
    const url = await house.emulator.clientAccessUrl("chat");
    const client = await house.connected(new RawClient(url, [reliable, plain]));
    expect(client.socket.protocol).toBe(plain);
    expect(client.connected).not.toHaveProperty("reconnectionToken");
  });

  test("that the client doesn't offer refuses it and is logged", async () => {
    await using house = await House.open({ hubs: { chat: choosing("other") } });
    const client = new RawClient(await house.emulator.clientAccessUrl("chat"));
    await until(() => client.status);
    expect(client.status).toBe(500);
    expect(house.warnings).toEqual([expect.stringContaining('chose the subprotocol "other"')]);
  });
});

test("an anonymous hub lets simple clients in without a token, by path or query; other hubs don't", async () => {
  await using house = await House.open({ hubs: { open: { anonymous: true, ...echo() } } });
  const { host } = new URL(house.emulator.endpoint);
  for (const path of ["client/hubs/open", "client/?hub=OPEN", "client?hub=open"]) {
    const client = await new SimpleClient(`ws://${host}/${path}`).opened();
    client.socket.send(path);
    await until(() => client.frames[0] === path);
  }
  for (const path of ["client/hubs/chat", "client/?hub=chat", "client/?hub=open&access_token=x"]) {
    const client = new RawClient(`ws://${host}/${path}`, []);
    await until(() => client.status);
    expect(client.status).toBe(401);
  }
});
