import { describe, expect, test } from "vitest";
import { House, type RawClient, plain, sign, until } from "../harness.js";

/** What the vendor's tests of the data plane assert and the other files here don't yet. */

const text = { "Content-Type": "text/plain" };
const json = { "Content-Type": "application/json" };

/** Cuts a client off, and waits until the service knows. */
async function cut(house: House, client: RawClient): Promise<void> {
  client.socket.terminate();
  await until(() => house.emulator.hub("chat").connection(client.id)?.status === "waiting");
}

describe("the audience of a server's token", () => {
  const path = "/api/hubs/chat/groups/room/connections";
  const ask = async (house: House, aud: (host: string) => string, at = path) => {
    const { endpoint } = house.emulator;
    const token = await sign({ aud: aud(new URL(endpoint).host) });
    return (await fetch(endpoint + at, { headers: { Authorization: `Bearer ${token}` } })).status;
  };

  test.each([
    ["http://", "", 200],
    ["https://", "?maxpagesize=1", 200],
    ["ws://", "/", 200],
    ["wss://", "", 200],
    ["ftp://", "", 401],
    ["http://", "Suffix", 401],
    ["http://", "%253Fquery", 401],
  ])("%s, with %j behind it: %i", async (scheme, suffix, status) => {
    await using house = await House.open();
    const asked = ask(house, (host) => scheme + host + path + suffix, `${path}?maxpagesize=1`);
    expect(await asked).toBe(status);
  });

  test.each([
    ["chat", "room%2Fpart", "room/part"],
    ["chat", "room%252Fpart", "room%2Fpart"],
    ["chat", "literal%2520value", "literal%20value"],
    ["chat", "room+part", "room+part"],
    ["chat%5B1%5D", "room%3Fpart", "room?part"],
  ])("is the path as it was asked for: %s, %s", async (hub, segment, group) => {
    await using house = await House.open();
    const member = await house.client({ hub: decodeURIComponent(hub), groups: [group] });
    const answer = await house.call("GET", `/api/hubs/${hub}/groups/${segment}/connections`);
    expect(await answer.json()).toMatchObject({ value: [{ connectionId: member.id }] });
  });
});

describe("who waits for a recovery", () => {
  const filters = (id: string) =>
    `connectionId eq '${id}' and protocol eq 'json.reliable.webpubsub.azure.v1'`;

  test.each([
    ["", {}, { from: "server" }],
    ["/users/tenant-alice", { userId: "tenant-alice" }, { from: "server" }],
    ["/groups/room", { groups: ["room"] }, { from: "group", group: "room" }],
  ])("is selected by a filter, and gets what was sent to %s/:send", async (scope, options, expected) => {
    await using house = await House.open();
    const client = await house.client(options);
    await cut(house, client);
    const answer = await house.call("POST", `/api/hubs/CHAT${scope}/:send`, {
      body: '{"value":42}',
      headers: { ...json, "X-WebPubSub-Metadata-Trace": "offline" },
      query: { filter: filters(client.id), messageTtlSeconds: "300" },
    });
    expect(answer.status).toBe(202);
    const content = { dataType: "json", data: { value: 42 }, metadata: { trace: "offline" } };
    expect((await house.recover(client)).data).toMatchObject([{ ...expected, ...content, sequenceId: 1 }]);
  });

  test("gets what was sent to the connection, in order", async () => {
    await using house = await House.open();
    const client = await house.client();
    await cut(house, client);
    for (const body of ["first", "second"]) {
      const path = `/api/hubs/chat/connections/${client.id}/:send`;
      expect((await house.call("POST", path, { body, headers: text })).status).toBe(202);
    }
    expect((await house.recover(client)).data).toMatchObject([
      { from: "server", data: "first", sequenceId: 1 },
      { from: "server", data: "second", sequenceId: 2 },
    ]);
  });

  test("joins and leaves groups meanwhile; their names have case", async () => {
    await using house = await House.open();
    const client = await house.client();
    await cut(house, client);
    const path = `/api/hubs/CHAT/groups/Room/connections/${client.id}`;
    expect((await house.call("PUT", path)).status).toBe(200);
    house.emulator.hub("chat").sendToGroup("room", "wrong case");
    house.emulator.hub("chat").sendToGroup("Room", "delivered");
    expect((await house.recover(client)).data).toMatchObject([{ group: "Room", data: "delivered" }]);
    expect((await house.call("DELETE", path)).status).toBe(204);
    expect(house.emulator.hub("chat").connection(client.id)?.groups).toEqual([]);
  });

  test("is gone once it is closed: its recovery is 1008", async () => {
    await using house = await House.open();
    const client = await house.client();
    await cut(house, client);
    expect((await house.call("DELETE", `/api/hubs/chat/connections/${client.id}`)).status).toBe(204);
    expect(await client.recovery().gone()).toMatchObject({ code: 1008 });
  });
});

describe("a send", () => {
  test("to a group takes exclusions and a filter together", async () => {
    await using house = await House.open();
    const clients = [];
    for (let i = 0; i < 3; i++) clients.push(await house.client({ groups: ["room"], subprotocol: plain }));
    const [one, two] = clients;
    const filter = `connectionId in ('${one?.id}','${two?.id}') and 'room' in groups and protocol eq '${plain}'`;
    const query = { excluded: [String(two?.id)], filter };
    await house.call("POST", "/api/hubs/chat/groups/room/:send", { body: "x", headers: text, query });
    for (const client of clients) await client.settled();
    expect(clients.map(({ data }) => data.length)).toEqual([1, 0, 0]);
  });

  test.each(["", "/users/alice", "/groups/room"])(
    "to %s with a filter that compares a string with a number reaches nobody, and says why",
    async (scope) => {
      await using house = await House.open();
      const client = await house.client({ userId: "alice", groups: ["room"] });
      const answer = await house.call("POST", `/api/hubs/chat${scope}/:send`, {
        body: "x",
        headers: text,
        query: { filter: "userId lt 1" },
      });
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        {
          code: "Error.BadRequest",
          message: "Invalid syntax for 'userId lt 1': Type 'string', expect 'int'. (Parameter 'filter')",
        },
      ]);
      await client.settled();
      expect(client.data).toEqual([]);
    },
  );

  test.each([
    ["-1", 400],
    ["301", 400],
    ["invalid", 400],
    ["", 400],
    ["0", 202],
    ["1", 202],
    ["300", 202],
  ])("with messageTtlSeconds=%s: %i, whether or not the connection is there", async (ttl, status) => {
    await using house = await House.open();
    const client = await house.client();
    for (const id of ["missing", client.id]) {
      const path = `/api/hubs/chat/connections/${id}/:send`;
      const query = { messageTtlSeconds: ttl };
      expect((await house.call("POST", path, { body: "x", headers: text, query })).status).toBe(status);
    }
    await client.settled();
    expect(client.data).toHaveLength(status === 202 ? 1 : 0);
  });

  test.each([
    ["application/xml", "<message />", {}, 415],
    ["application/json", "{", {}, 400],
    ["text/plain", "x", { [`X-WebPubSub-Metadata-${"a".repeat(257)}`]: "v" }, 400],
    ["text/plain", "x", { "X-WebPubSub-Metadata-A": "v".repeat(1_025) }, 400],
  ])("of %s %j is looked at although nobody is there", async (type, body, headers, status) => {
    await using house = await House.open();
    const answer = await house.call("POST", "/api/hubs/chat/connections/missing/:send", {
      body,
      headers: { "Content-Type": type, ...headers },
    });
    expect([answer.status, answer.headers.get("Content-Type")]).toEqual([status, "application/json"]);
  });
});

test("a long reason reaches the client in the message, and none in the close frame", async () => {
  await using house = await House.open();
  const client = await house.client({ subprotocol: plain });
  const reason = "x".repeat(200);
  await house.call("DELETE", `/api/hubs/chat/connections/${client.id}`, { query: { reason } });
  expect(await client.gone()).toEqual({ code: 1000, reason: "" });
  expect(client.messages.at(-1)).toEqual({
    type: "system",
    event: "disconnected",
    message: `Application server closed the connection. Reason: ${reason}`,
  });
});

test.each(["PUT", "DELETE"])("%s of a member of a group that can't be is refused", async (method) => {
  await using house = await House.open();
  for (const group of ["%20", "%09", "g".repeat(1_025)]) {
    const answer = await house.call(method, `/api/hubs/chat/groups/${group}/connections/missing`);
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: "Error.BadRequest" }]);
  }
});
