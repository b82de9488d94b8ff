import { describe, expect, test } from "vitest";
import { developmentAccessKey } from "../../src/index.js";
import { House, RawClient, anyGroup, plain, reliable, sign, until } from "./harness.js";

test("the connected message tells who the client is; only reliable clients get a token", async () => {
  await using house = await House.open();
  const first = await house.client({ userId: "u" });
  expect(first.connected).toEqual({
    type: "system",
    event: "connected",
    userId: "u",
    connectionId: first.id,
    reconnectionToken: expect.any(String) as string,
  });
  expect(first.socket.protocol).toBe(reliable);
  expect(first.socket.extensions).toBe("");
  const second = await house.client({ subprotocol: plain });
  expect(second.connected).not.toHaveProperty("reconnectionToken");
  expect(second.connected).toHaveProperty("userId", null);
  expect(second.id).not.toBe(first.id);
});

test("the first subprotocol of the client's list that is known is spoken", async () => {
  await using house = await House.open();
  const url = await house.emulator.clientAccessUrl("chat");
  const client = await house.connected(new RawClient(url, ["mine", plain, reliable]));
  expect(client.socket.protocol).toBe(plain);
});

test("groups in the token are joined without a role", async () => {
  await using house = await House.open();
  const client = await house.client({ roles: [], groups: ["a", "b"] });
  expect(house.emulator.hub("chat").connection(client.id)?.groups).toEqual(["a", "b"]);
});

test("hubs have their own connections, groups and users; their names are compared without case", async () => {
  await using house = await House.open();
  const chat = await house.client({ hub: "chat", groups: ["g"] });
  const Chat = await house.client({ hub: "CHAT", groups: ["g"] });
  const news = await house.client({ hub: "news", groups: ["g"] });
  expect(house.emulator.hub("Chat").members("g")).toHaveLength(2);
  house.emulator.hub("chat").sendToGroup("g", "hi");
  await until(() => chat.data[0] && Chat.data[0]);
  await news.settled();
  expect(news.data).toEqual([]);
});

test("a hub's name may have the odd characters that are allowed", async () => {
  await using house = await House.open();
  const client = await house.client({ hub: "a`,.[b]_1" });
  expect(house.emulator.hub("a`,.[b]_1").connection(client.id)).toBeDefined();
});

test("the hub may stand in the query, the token in a header, `role` and groups as single strings", async () => {
  await using house = await House.open();
  const { host } = new URL(house.emulator.endpoint);
  const token = await sign({
    aud: `http://${host}/client/`,
    sub: "u",
    role: "webpubsub.sendToGroup",
    "webpubsub.group": "g",
  });
  const client = new RawClient(`ws://${host}/client/?hub=chat`, reliable, {
    Authorization: `Bearer ${token}`,
  });
  await house.connected(client);
  expect(house.emulator.hub("chat").members("g")).toMatchObject([{ userId: "u" }]);
  expect(await client.text("other", "x")).toMatchObject({ success: true });
});

describe("refused before the upgrade with 401:", () => {
  test.each<[string, (endpoint: string) => Promise<string | undefined>]>([
    ["no token", async () => undefined],
    ["no token at all", async () => "nonsense"],
    ["another key", async (endpoint) => sign({ aud: `${endpoint}/client/hubs/chat` }, "another key")],
    [
      "another algorithm",
      async (endpoint) => sign({ aud: `${endpoint}/client/hubs/chat` }, `${developmentAccessKey}`, "HS512"),
    ],
    ["an expired token", async (endpoint) => sign({ aud: `${endpoint}/client/hubs/chat`, exp: 1_000 })],
    [
      "a token that never expires",
      async (endpoint) => sign({ aud: `${endpoint}/client/hubs/chat`, exp: undefined }),
    ],
    [
      "a token from the future",
      async (endpoint) => sign({ aud: `${endpoint}/client/hubs/chat`, nbf: 9_999_999_999 }),
    ],
    ["no audience", async () => sign({})],
    ["no algorithm", async (endpoint) => unsigned({ aud: `${endpoint}/client/hubs/chat` })],
    ["a server's token", async (endpoint) => sign({ aud: `${endpoint}/api/hubs/chat/:send` })],
    [
      "another hub in the audience's query",
      async (endpoint) => sign({ aud: `${endpoint}/client/?hub=news` }),
    ],
    [
      "an audience of WebSockets",
      async (endpoint) => sign({ aud: `${endpoint.replace("http", "ws")}/client/hubs/chat` }),
    ],
    ["another hub's audience", async (endpoint) => sign({ aud: `${endpoint}/client/hubs/news` })],
    ["another host's audience", async () => sign({ aud: "http://example.com/client/hubs/chat" })],
  ])("%s", async (_, token) => {
    await using house = await House.open();
    const { endpoint } = house.emulator;
    const value = await token(endpoint);
    const query = value === undefined ? "" : `?access_token=${value}`;
    const client = new RawClient(`${endpoint.replace("http", "ws")}/client/hubs/chat${query}`);
    await client.gone();
    expect(client.status).toBe(401);
    expect(JSON.parse(client.body)).toMatchObject({ code: "Error.Unauthorized" });
    expect(house.emulator.hub("chat").connections()).toEqual([]);
  });
});

/** A token that says it needs no signature. */
function unsigned(claims: Record<string, unknown>): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ exp: 9_999_999_999, ...claims })}.`;
}

test("an open connection outlives its token", async () => {
  await using house = await House.open();
  // Times in tokens are whole seconds: one that begins now gives the client all of its two. Clocks may be wrong by 5
  // minutes, so this one has long expired by its word.
  await until(() => Date.now() % 1_000 < 100);
  const client = await house.client({ expiresInMinutes: 2 / 60 - 5 });
  const url = client.url;
  await until(() => Date.now() / 1_000 > exp(url) + 300 + 1.01);
  expect(await client.join("g")).toMatchObject({ success: true });
  const late = new RawClient(url);
  await late.gone();
  expect(late.status).toBe(401);
  client.socket.terminate();
  expect((await house.recover(client)).id).toBe(client.id);
});

function exp(url: string): number {
  const [, payload = ""] = (new URL(url).searchParams.get("access_token") ?? "").split(".");
  return (JSON.parse(Buffer.from(payload, "base64url").toString()) as { exp: number }).exp;
}

test("a hub can be open to clients without a token", async () => {
  await using house = await House.open({ hubs: { Open: { anonymous: true } } });
  const client = await house.connected(
    new RawClient(`${house.emulator.endpoint.replace("http", "ws")}/client/hubs/open`),
  );
  expect(await client.join("g")).toMatchObject({ error: { name: "Forbidden" } });
  const closed = new RawClient(`${house.emulator.endpoint.replace("http", "ws")}/client/hubs/chat`);
  await closed.gone();
  expect(closed.status).toBe(401);
});

test.each([
  ["/client/hubs/1chat", 400],
  ["/client/hubs/%E0%A4%A", 400],
  ["/client/", 400],
  ["/client/hubs/chat/more", 404],
  ["/elsewhere", 404],
])("an upgrade at %s is refused with %i", async (path, status) => {
  await using house = await House.open();
  const client = new RawClient(`${house.emulator.endpoint.replace("http", "ws")}${path}`);
  await client.gone();
  expect(client.status).toBe(status);
});

test("a connect handler decides who comes in", async () => {
  await using house = await House.open({
    hubs: {
      chat: {
        handlers: [
          {
            onConnect({ userId, claims, query, headers }) {
              if (userId === "stranger") return { status: 403, message: "Not you." };
              expect(claims["role"]).toEqual(anyGroup);
              expect(query).toEqual({});
              expect(headers).not.toHaveProperty("authorization");
              return { userId: `${userId}!`, groups: ["lobby"] };
            },
          },
        ],
      },
    },
  });
  const friend = await house.client({ userId: "friend" });
  expect(house.emulator.hub("chat").members("lobby")).toMatchObject([
    { userId: "friend!", connectionId: friend.id },
  ]);
  const stranger = new RawClient(await house.emulator.clientAccessUrl("chat", { userId: "stranger" }));
  await stranger.gone();
  expect(stranger.status).toBe(403);
  expect(stranger.body).toContain("Not you.");
});

test("a connect handler that throws refuses the client and is reported", async () => {
  const onConnect = () => {
    throw new Error("broken");
  };
  await using house = await House.open({ hubs: { chat: { handlers: [{ onConnect }] } } });
  const client = new RawClient(await house.emulator.clientAccessUrl("chat"));
  await client.gone();
  expect(client.status).toBe(500);
  expect(house.warnings.join()).toContain("broken");
});
