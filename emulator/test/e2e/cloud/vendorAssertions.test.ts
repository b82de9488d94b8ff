import { describe, expect, test } from "vitest";
import { House, type Message, RawClient, plain, sign, until } from "../harness.js";
import { application } from "./application.js";

/**
 * What the tests of the vendor's own emulator assert and the other files here don't yet: facts of theirs, in our words.
 * Where we differ on purpose is in `docs/behaviour.md`.
 */

const json = { "Content-Type": "application/json" };
const text = { "Content-Type": "text/plain" };
const event = { type: "event", event: "message", dataType: "text", data: "x" };

describe("clients", () => {
  test("content arrives as the type that it was sent as, with its metadata; keys are compared with case", async () => {
    await using house = await House.open();
    const receiver = await house.client({ groups: ["room"], subprotocol: plain });
    const sender = await house.client({ groups: ["room"], roles: ["webpubsub.sendToGroup.room"] });
    const metadata = { Trace: "one", trace: "two" };
    const contents = [
      { dataType: "text", data: "hello" },
      { dataType: "binary", data: "AQID" },
      { dataType: "json", data: { value: 42 } },
    ];
    for (const content of contents) {
      const { dataType: type, ...bare } = content;
      const sent = type === "json" ? bare : content;
      await sender.ask({ type: "sendToGroup", group: "room", noEcho: true, metadata, ...sent });
    }
    await receiver.settled();
    expect(receiver.data).toMatchObject(contents.map((content) => ({ ...content, metadata })));
    expect(sender.data).toEqual([]);
  });

  test("a sequenceAck of a client that isn't reliable does nothing", async () => {
    await using house = await House.open();
    const client = await house.client({ subprotocol: plain });
    client.send({ type: "sequenceAck", sequenceId: 1 });
    await client.settled();
    expect(client.closed).toBeUndefined();
  });

  test("an event that nobody takes fails each time, and the connection stays", async () => {
    await using house = await House.open();
    const client = await house.client();
    for (let i = 0; i < 2; i++)
      expect(await client.ask({ ...event, ackId: 7 })).toMatchObject({
        error: { name: "InternalServerError" },
      });
    client.send(event);
    await client.settled();
    expect(house.warnings).toHaveLength(1);
  });

  test("a recovery keeps the groups and replays once; the next starts behind what was acknowledged", async () => {
    await using house = await House.open();
    const first = await house.client({ roles: ["webpubsub.joinLeaveGroup.room"] });
    await first.join("room");
    house.emulator.hub("chat").sendToGroup("room", "first");
    await until(() => first.data[0]);
    first.socket.terminate();
    const second = await house.recover(first);
    expect(second.data).toMatchObject([{ sequenceId: 1, data: "first" }]);
    second.send({ type: "sequenceAck", sequenceId: 1 });
    await second.settled();
    second.socket.terminate();
    const third = await house.recover(second);
    house.emulator.hub("chat").sendToGroup("room", "second");
    await third.settled();
    expect(third.data).toMatchObject([{ sequenceId: 2, data: "second" }]);
  });
});

describe("permissions", () => {
  const path = (permission: string, id: string, hub = "CHAT") =>
    `/api/hubs/${hub}/permissions/${permission}/connections/${id}`;

  test("their names are compared without case, groups with it; another hub's connection is none", async () => {
    await using house = await House.open();
    const { id } = await house.client({ roles: [] });
    const status = async (method: string, url: string, targetName: string) =>
      (await house.call(method, url, { query: { targetName } })).status;
    expect(await status("PUT", path("SENDTOGROUP", id), "room")).toBe(200);
    expect(await status("HEAD", path("sendToGroup", id), "room")).toBe(200);
    expect(await status("HEAD", path("sendToGroup", id), "ROOM")).toBe(404);
    expect(await status("HEAD", path("sendToGroup", id, "other"), "room")).toBe(404);
    for (const name of ["unknown", "0", "3", "-1", "sendToGroup,joinLeaveGroup"])
      expect(await status("PUT", path(name, id), "room")).toBe(400);
  });

  test("a revoked one holds at once, throws nobody out, and lasts over a recovery; so does one granted meanwhile", async () => {
    await using house = await House.open();
    const client = await house.client({
      roles: ["webpubsub.joinLeaveGroups.room*", "webpubsub.sendToGroup"],
    });
    await client.join("room");
    const change = async (method: string, permission: string, targetName: string) =>
      house.call(method, path(permission, client.id), { query: { targetName } });
    await change("DELETE", "joinLeaveGroup", "room");
    expect(house.emulator.hub("chat").connection(client.id)?.groups).toEqual(["room"]);
    const leave = { type: "leaveGroup", group: "room" };
    expect(await client.ask(leave)).toMatchObject({ error: { name: "Forbidden" } });
    client.socket.terminate();
    await until(() => house.emulator.hub("chat").connection(client.id)?.status === "waiting");
    await change("PUT", "joinLeaveGroup", "offline");
    const again = await house.recover(client);
    expect(await again.ask({ ...leave, ackId: 100 })).toMatchObject({ error: { name: "Forbidden" } });
    expect(await again.ask({ type: "joinGroup", group: "offline", ackId: 101 })).toMatchObject({
      success: true,
    });
    await change("PUT", "joinLeaveGroup", "room");
    expect(await again.ask({ ...leave, ackId: 102 })).toMatchObject({ success: true });
  });
});

describe("groups by REST", () => {
  const change = async (house: House, action: string, body: object | string) =>
    house.call("POST", `/api/hubs/CHAT/:${action}`, {
      headers: json,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  test("any number of names, with and without a filter; twice is once", async () => {
    await using house = await House.open();
    const { id } = await house.client();
    const groups = Array.from({ length: 1_025 }, (_, i) => `g${i}`);
    const joined = () => house.emulator.hub("chat").connection(id)?.groups.length;
    for (const filter of [{}, { filter: null }, { filter: "" }]) {
      for (let i = 0; i < 2; i++)
        expect((await change(house, "addToGroups", { groups, ...filter })).status).toBe(200);
      expect(joined()).toBe(1_025);
      expect((await change(house, "removeFromGroups", { groups, ...filter })).status).toBe(200);
      expect(joined()).toBe(0);
    }
    await change(house, "addToGroups", { groups: ["room"], filter: "connectionId eq 'missing'" });
    expect(joined()).toBe(0);
  });

  test.each([
    "",
    "{",
    "null",
    "42",
    "{}",
    '{"groups":null}',
    '{"groups":"room"}',
    '{"groups":["room",null]}',
    '{"groups":["room",""]}',
    '{"groups":["room"," \\t"]}',
    `{"groups":["room","${"g".repeat(1_025)}"]}`,
    '{"groups":["room"],"filter":42}',
    '{"groups":["room"],"filter":" "}',
    '{"groups":["room"],"filter":"true or userId"}',
    '{"groups":["room"],"filter":"groups/any(g: g)"}',
    '{"groups":["room"],"filter":"unknown eq 1"}',
  ])("%j changes nothing", async (body) => {
    await using house = await House.open();
    const { id } = await house.client({ groups: ["before"] });
    for (const action of ["addToGroups", "removeFromGroups"])
      expect((await change(house, action, body)).status).toBe(400);
    expect(house.emulator.hub("chat").connection(id)?.groups).toEqual(["before"]);
  });

  test("a connection that waits for its recovery is changed too", async () => {
    await using house = await House.open();
    const client = await house.client({ groups: ["room", "keep"] });
    client.socket.terminate();
    await until(() => house.emulator.hub("chat").connection(client.id)?.status === "waiting");
    await change(house, "addToGroups", { groups: ["second"], filter: "'room' in groups" });
    await change(house, "removeFromGroups", { groups: ["room"], filter: "'room' in groups" });
    house.emulator.hub("chat").sendToGroup("second", "x");
    house.emulator.hub("chat").sendToGroup("room", "y");
    expect((await house.recover(client)).data).toMatchObject([{ group: "second" }]);
  });
});

describe("a list of members", () => {
  const path = "/api/hubs/CHAT/groups/room/connections";

  test.each([
    "maxpagesize=0",
    "maxpagesize=201",
    "maxpagesize=1.5",
    "maxpagesize=",
    "top=0",
    "top=-1",
    "top=",
    "top=x",
  ])("%s is refused", async (query) => {
    await using house = await House.open();
    expect((await house.call("GET", `${path}?${query}`)).status).toBe(400);
  });

  test("of a group of blanks, or with a token that this service hasn't given, is refused", async () => {
    await using house = await House.open();
    expect((await house.call("GET", path.replace("room", "%20"))).status).toBe(400);
    for (const continuationToken of [" ", "%/+?#&="])
      expect((await house.call("GET", path, { query: { continuationToken } })).status).toBe(400);
  });

  test("every page needs a token of its own call; who has no user is null; other groups and hubs are none", async () => {
    await using house = await House.open();
    for (const userId of ["ann", undefined])
      await house.client({ groups: ["room"], ...(userId && { userId }) });
    const first = (await (await house.call("GET", path, { query: { maxpagesize: "1" } })).json()) as Message;
    const next = String(first["nextLink"]);
    expect((await fetch(next)).status).toBe(401);
    const read = async (aud: string) =>
      fetch(next, { headers: { Authorization: `Bearer ${await sign({ aud })}` } });
    expect((await read(next.replace("CHAT", "other"))).status).toBe(401);
    const second = (await (await read(next)).json()) as Message;
    const members = [first, second].flatMap(({ value }) => value as Message[]);
    expect(members.map(({ userId }) => userId).sort()).toEqual(["ann", null]);
    for (const other of [path.replace("room", "ROOM"), path.replace("CHAT", "empty")])
      expect(await (await house.call("GET", other)).json()).toEqual({ value: [] });
  });
});

describe("closing by REST", () => {
  test.each([
    ["", 3],
    ["/groups/room", 1],
    ["/users/alice", 2],
  ])("%s/:closeConnections closes those, but not who is excluded, however often", async (scope, closed) => {
    await using house = await House.open();
    const [one, two, kept] = [
      await house.client({ userId: "alice", groups: ["room"] }),
      await house.client({ userId: "alice", groups: ["ROOM"] }),
      await house.client({ userId: "alice", groups: ["room"] }),
      await house.client({ userId: "ALICE" }),
      await house.client({ hub: "other", userId: "alice", groups: ["room"] }),
    ];
    const excluded = [kept.id, kept.id, "missing", `${one.id},${two.id}`];
    const answer = await house.call("POST", `/api/hubs/CHAT${scope}/:closeConnections`, {
      query: { excluded },
    });
    expect(answer.status).toBe(204);
    await kept.settled();
    expect(house.emulator.hub("chat").connections()).toHaveLength(4 - closed);
    expect(house.emulator.hub("other").connections()).toHaveLength(1);
  });

  test.each(["groups/%20", "groups/%09", `groups/${"g".repeat(1_025)}`])(
    "of %s is refused",
    async (scope) => {
      await using house = await House.open();
      const answer = await house.call("POST", `/api/hubs/chat/${scope}/:closeConnections`);
      expect([answer.status, await answer.json()]).toMatchObject([400, { code: "Error.BadRequest" }]);
    },
  );

  test("nobody is no error", async () => {
    await using house = await House.open();
    for (const scope of ["hubs/empty", "hubs/chat/groups/missing", "hubs/chat/users/missing"])
      expect((await house.call("POST", `/api/${scope}/:closeConnections`)).status).toBe(204);
  });
});

describe("event handlers", () => {
  const systemEvents = ["connect", "connected", "disconnected"] as const;

  test.each([401, 403, 429])(
    "a connect that is answered with %i: the client gets that, and nothing else is sent",
    async (status) => {
      const { received, origin } = await application((response) => response.writeHead(status).end("no"));
      await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin, systemEvents }] } } });
      const client = new RawClient(await house.emulator.clientAccessUrl("chat"));
      await until(() => client.status);
      expect(client.status).toBe(status);
      expect(received.map(({ headers }) => headers["ce-eventname"])).toEqual(["connect"]);
    },
  );

  test.each(["not-json", '{"groups":[null]}', '{"groups":[" "]}', '{"roles":[null]}'])(
    "a connect that is answered with %s is a 500",
    async (body) => {
      const { origin } = await application((response) => response.end(body));
      await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin, systemEvents }] } } });
      const client = new RawClient(await house.emulator.clientAccessUrl("chat"));
      await until(() => client.status);
      expect(client.status).toBe(500);
      expect(house.emulator.hub("chat").connections()).toEqual([]);
    },
  );

  test("a connect that is answered with null, or as another type, changes what it says and nothing more", async () => {
    const bodies = ["null", '{"groups":[],"roles":null}', '{"userId":"","roles":[]}', '{"groups":["new"]}'];
    const { origin } = await application((response) => {
      response.setHeader("Content-Type", "text/plain").end(bodies.shift());
    });
    await using house = await House.open({
      hubs: { chat: { handlers: [{ url: origin, systemEvents: ["connect"] }] } },
    });
    const known = [];
    for (let i = 0; i < 4; i++) {
      const client = await house.client({ userId: "ann", groups: ["room"] });
      const { userId, groups } = house.emulator.hub("chat").connection(client.id) ?? {};
      known.push([userId, groups, (await client.join("room"))["success"]]);
    }
    expect(known).toEqual([
      ["ann", ["room"], true],
      ["ann", ["room"], true],
      ["", ["room"], false],
      ["ann", ["new"], true],
    ]);
  });

  test("a recovery asks nobody, and the numbers go on", async () => {
    const { received, origin } = await application((response) => response.writeHead(204).end());
    await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin, systemEvents }] } } });
    const client = await house.client();
    await until(() => received.length === 2);
    client.socket.terminate();
    const again = await house.recover(client);
    await again.ask({ ...event, ackId: 50 });
    again.socket.close(1000, "done");
    await until(() => received.length === 4);
    const seen = received.map(({ headers, body }) => [headers["ce-eventname"], headers["ce-id"], body]);
    expect(seen.slice(1)).toEqual([
      ["connected", "1", "{}"],
      ["message", "2", "x"],
      ["disconnected", "3", '{"reason":"done"}'],
    ]);
  });

  test("an answer without a body sends something only with metadata; the state that it leaves may be empty", async () => {
    const answers: Record<string, string>[] = [
      { "ce-connectionState": "abc" },
      { "X-WebPubSub-Metadata-A": "b" },
    ];
    const { received, origin } = await application((response) => {
      response.writeHead(200, answers.shift() ?? { "ce-connectionState": "" }).end();
    });
    await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin }] } } });
    const client = await house.client();
    for (let i = 0; i < 4; i++) expect(await client.ask(event)).toMatchObject({ success: true });
    expect(client.data).toMatchObject([{ dataType: "text", data: "", metadata: { a: "b" } }]);
    expect(received.map(({ headers }) => headers["ce-connectionstate"])).toEqual([
      undefined,
      "abc",
      "abc",
      "",
    ]);
  });

  test("a failing answer changes nothing and is not remembered", async () => {
    const statuses = [400];
    const { received, origin } = await application((response) => {
      response.writeHead(statuses.shift() ?? 204, { "ce-connectionState": "abc" }).end();
    });
    await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin }] } } });
    const client = await house.client();
    expect(await client.ask({ ...event, ackId: 1 })).toMatchObject({ success: false });
    expect(await client.ask({ ...event, ackId: 1 })).toMatchObject({ success: true });
    expect(await client.ask({ ...event, ackId: 1 })).toMatchObject({ error: { name: "Duplicate" } });
    expect(received.map(({ headers }) => headers["ce-connectionstate"])).toEqual([undefined, undefined]);
  });
});

test("a filter selects by user, id, group and protocol at once", async () => {
  await using house = await House.open();
  const one = await house.client({ userId: "O'Brien, Jane", groups: ["g1", "g2"], subprotocol: plain });
  const two = await house.client({ groups: ["g2"], subprotocol: plain });
  const filters = [
    `connectionId eq '${one.id}' and 'g2' in groups and protocol eq '${plain}'`,
    "userId in ('O''Brien, Jane', 'Alice')",
    "userId eq null",
    "substring(userId, 1, 1) eq ''''",
  ];
  for (const [index, filter] of filters.entries())
    await house.call("POST", "/api/hubs/chat/:send", {
      body: String(index),
      headers: text,
      query: { filter },
    });
  for (const client of [one, two]) await client.settled();
  expect([one, two].map(({ data }) => data.map((message) => message["data"]))).toEqual([
    ["0", "1", "3"],
    ["2"],
  ]);
});
