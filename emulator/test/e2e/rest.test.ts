import { odata } from "@azure/web-pubsub";
import { describe, expect, test } from "vitest";
import { House, RawClient, anyGroup, plain, until } from "./harness.js";
import { listed, seen, serverOf } from "./serverSdk.js";

describe("sends of the official server SDK", () => {
  test("to all, in text, JSON and binary, but not to those excluded", async () => {
    await using house = await House.open();
    const server = serverOf(house);
    const [a, b] = [await house.client({ userId: "a" }), await house.client()];
    await server.sendToAll("plain", { contentType: "text/plain" });
    await server.sendToAll({ n: [1, null] });
    await server.sendToAll("a JSON string");
    await server.sendToAll(Uint8Array.of(0, 255).buffer);
    await server.sendToAll("b only", { contentType: "text/plain", excludedConnections: [a.id] });
    expect(await seen(a, b)).toEqual([
      ["plain", { n: [1, null] }, "a JSON string", "AP8="],
      ["plain", { n: [1, null] }, "a JSON string", "AP8=", "b only"],
    ]);
    expect(a.data.map(({ from, dataType }) => [from, dataType])).toEqual([
      ["server", "text"],
      ["server", "json"],
      ["server", "json"],
      ["server", "binary"],
    ]);
  });

  test("to users, connections and groups", async () => {
    await using house = await House.open();
    const server = serverOf(house);
    const ann = await house.client({ userId: "ann", groups: ["g", "h"] });
    const annAgain = await house.client({ userId: "ann", subprotocol: plain });
    const bob = await house.client({ userId: "bob", groups: ["g"] });
    await server.sendToUser("ann", "user", { contentType: "text/plain" });
    await server.sendToConnection(bob.id, { to: "connection" });
    await server.group("g").sendToAll("group", { contentType: "text/plain", excludedConnections: [ann.id] });
    await server.group("h").sendToAll({ h: 1 });
    expect(await seen(ann, annAgain, bob)).toEqual([
      ["user", { h: 1 }],
      ["user"],
      [{ to: "connection" }, "group"],
    ]);
    expect(bob.data[1]).toMatchObject({ from: "group", group: "g" });
    expect(bob.data[1]).toHaveProperty("fromUserId", null);
  });

  test("a filter selects the receivers", async () => {
    await using house = await House.open();
    const server = serverOf(house);
    const ann = await house.client({ userId: "vic's", groups: ["g"] });
    const nobody = await house.client({ groups: ["g"], subprotocol: plain });
    const text = { contentType: "text/plain" as const };
    await server.sendToAll("1", { ...text, filter: odata`userId eq ${"vic's"}` });
    await server.sendToAll("2", { ...text, filter: odata`userId eq ${null}` });
    await server.group("g").sendToAll("3", { ...text, filter: "contains(protocol, 'reliable')" });
    await server.sendToUser("vic's", "4", { ...text, filter: "not ('g' in groups)" });
    expect(await seen(ann, nobody)).toEqual([["1", "3"], ["2"]]);
    await expect(server.sendToAll("5", { ...text, filter: "userId is 'x'" })).rejects.toMatchObject({
      statusCode: 400,
      code: "Error.BadRequest",
      message:
        "Invalid syntax for 'userId is 'x'': Syntax error at position 9 in 'userId is 'x''. (Parameter 'filter')",
    });
  });

  test("what doesn't exist gets nothing, without an error", async () => {
    await using house = await House.open();
    const server = serverOf(house, "nothing_here");
    await server.sendToAll("x");
    await server.sendToUser("x", "x");
    await server.sendToConnection("x", "x");
    await server.group("x").sendToAll("x");
  });

  test("a message past its time is not delivered after a recovery", async () => {
    await using house = await House.open();
    const server = serverOf(house);
    const client = await house.client();
    house.emulator.faults.cutTransports();
    await until(() => house.emulator.hub("chat").connection(client.id)?.status === "waiting");
    await server.sendToAll("short", { contentType: "text/plain", messageTtlSeconds: 1 });
    await server.sendToAll("long", { contentType: "text/plain", messageTtlSeconds: 300 });
    const end = Date.now() + 1_001;
    await until(() => Date.now() >= end);
    const again = await house.recover(client);
    expect(await seen(again)).toEqual([["long"]]);
    await expect(server.sendToAll("x", { messageTtlSeconds: 301 })).rejects.toThrow("messageTtlSeconds");
  });

  test("metadata headers arrive as the message's metadata", async () => {
    await using house = await House.open();
    const client = await house.client();
    const requestOptions = { customHeaders: { "X-WebPubSub-Metadata-Trace": "42" } };
    await serverOf(house).sendToAll("x", { requestOptions });
    await client.settled();
    expect(client.data).toMatchObject([{ metadata: { trace: "42" } }]);
  });
});

describe("connections of the official server SDK", () => {
  test("are found and closed with a reason, also while they wait for recovery", async () => {
    await using house = await House.open();
    const server = serverOf(house);
    const client = await house.client({ userId: "u" });
    expect(await server.connectionExists(client.id)).toBe(true);
    expect(await server.connectionExists("x")).toBe(false);
    expect(await server.userExists("u")).toBe(true);
    expect(await server.userExists("U")).toBe(false);
    await server.closeConnection(client.id, { reason: "enough & more" });
    expect(await client.gone()).toEqual({ code: 1000, reason: "" });
    expect(client.messages.at(-1)).toMatchObject({
      event: "disconnected",
      message: "Application server closed the connection. Reason: enough & more",
    });
    expect(await server.userExists("u")).toBe(false);
    await server.closeConnection("x");

    const waiting = await house.client();
    house.emulator.faults.cutTransports();
    await until(() => house.emulator.hub("chat").connection(waiting.id)?.status === "waiting");
    await server.closeConnection(waiting.id);
    expect((await waiting.recovery().gone()).code).toBe(1008);
  });

  test("are closed all, by group and by user, but those excluded", async () => {
    await using house = await House.open();
    const server = serverOf(house);
    const a = await house.client({ userId: "u", groups: ["g"] });
    const b = await house.client({ userId: "u", groups: ["g"] });
    const c = await house.client({ userId: "v" });
    const left = () =>
      house.emulator
        .hub("chat")
        .connections()
        .map(({ connectionId }) => connectionId);
    // The SDK's options have no `excluded` for these calls; the wire has.
    await house.call("POST", "/api/hubs/chat/groups/g/:closeConnections", { query: { excluded: [b.id] } });
    expect(left()).toEqual([b.id, c.id]);
    await server.closeUserConnections("v", { reason: "bye" });
    await c.gone();
    expect(c.messages.at(-1)).toMatchObject({ message: expect.stringContaining("Reason: bye") as string });
    expect(left()).toEqual([b.id]);
    await house.call("POST", "/api/hubs/chat/users/u/:closeConnections", { query: { excluded: [b.id] } });
    await house.call("POST", "/api/hubs/chat/:closeConnections", { query: { excluded: [b.id] } });
    expect(left()).toEqual([b.id]);
    await server.group("g").closeAllConnections({ reason: "group" });
    await b.gone();
    expect(b.messages.at(-1)).toMatchObject({ message: expect.stringContaining("Reason: group") as string });
    const d = await house.client();
    await server.closeAllConnections({ reason: "all" });
    await d.gone();
    expect(d.messages.at(-1)).toMatchObject({ message: expect.stringContaining("Reason: all") as string });
    expect((await a.gone()).code).toBe(1000);
  });
});

describe("groups of the official server SDK", () => {
  test("take and lose connections and users", async () => {
    await using house = await House.open();
    const server = serverOf(house);
    const hub = house.emulator.hub("chat");
    const [a, b] = [await house.client({ userId: "u" }), await house.client({ userId: "u" })];
    const members = (group: string) => hub.members(group).map(({ connectionId }) => connectionId);
    const group = server.group("g");
    expect(await server.groupExists("g")).toBe(false);
    await group.addConnection(a.id);
    expect(await server.groupExists("g")).toBe(true);
    expect(members("g")).toEqual([a.id]);
    await expect(group.addConnection("x")).rejects.toMatchObject({ statusCode: 404 });
    await group.removeConnection(a.id);
    await group.removeConnection("x");
    await group.addUser("u");
    expect(members("g")).toEqual([a.id, b.id]);
    await expect(group.addUser("x")).rejects.toMatchObject({ statusCode: 404 });
    await group.removeUser("u");
    expect(members("g")).toEqual([]);

    await group.addUser("u");
    await server.group("h").addUser("u");
    await server.removeConnectionFromAllGroups(a.id);
    expect([members("g"), members("h")]).toEqual([[b.id], [b.id]]);
    await server.removeUserFromAllGroups("u");
    expect(hub.groups()).toEqual([]);
  });

  test("take and lose what a filter selects", async () => {
    await using house = await House.open();
    const server = serverOf(house);
    const hub = house.emulator.hub("chat");
    const [a, b] = [await house.client({ userId: "a" }), await house.client()];
    await server.addConnectionsToGroups(["g", "h"], "userId eq 'a'");
    expect(hub.connection(a.id)?.groups).toEqual(["g", "h"]);
    await server.addConnectionsToGroups(["g"], "");
    expect(hub.connection(b.id)?.groups).toEqual(["g"]);
    await server.removeConnectionsFromGroups(["g", "h"], "userId eq null");
    await server.removeConnectionsFromGroups(["h"], "userId eq 'a'");
    expect([hub.connection(a.id)?.groups, hub.connection(b.id)?.groups]).toEqual([["g"], []]);
    await expect(server.addConnectionsToGroups(["g"], "(")).rejects.toMatchObject({ statusCode: 400 });
    await expect(server.addConnectionsToGroups([""], "")).rejects.toMatchObject({ statusCode: 400 });
  });

  test.each(["plain", "with space", "a/b", "50%", "ä€😀", "a?b#c&d+e", ":send", "x".repeat(1_024)])(
    "may be named %j",
    async (name) => {
      await using house = await House.open();
      const server = serverOf(house);
      const client = await house.client();
      await server.group(name).addConnection(client.id);
      expect(house.emulator.hub("chat").groups()).toEqual([name]);
      expect(await server.groupExists(name)).toBe(true);
      await server.group(name).sendToAll("x");
      await client.settled();
      expect(client.data).toMatchObject([{ group: name }]);
    },
  );

  test("list their connections in pages", async () => {
    await using house = await House.open();
    const server = serverOf(house);
    const clients = [];
    for (let i = 0; i < 5; i++) {
      clients.push(await house.client({ groups: ["g"], ...(i > 0 && { userId: `u${i}` }) }));
    }
    const ids = clients.map(({ id }) => id).sort();
    const list = async (options: object, group = "g") => {
      const found = [];
      for await (const member of await listed(server, group, options)) found.push(member);
      return found;
    };
    const all = await list({});
    expect(all.map(({ connectionId }) => connectionId)).toEqual(ids);
    expect(all.map(({ userId }) => userId).sort()).toEqual([null, "u1", "u2", "u3", "u4"]);
    expect(await list({ maxPageSize: 2 })).toEqual(all);
    expect(await list({ maxPageSize: 2, top: 3 })).toEqual(all.slice(0, 3));
    expect(await list({ top: 5 })).toEqual(all);

    const pages = (await listed(server, "g", { maxPageSize: 2 })).byPage();
    const sizes = [];
    for await (const page of pages) {
      sizes.push(page.length);
      // A member that goes shifts nothing: the next page starts behind the last id of this one.
      if (sizes.length === 1) house.emulator.hub("chat").removeFromGroup(ids[0] ?? "", "g");
    }
    expect(sizes).toEqual([2, 2, 1]);
    await expect(list({ maxPageSize: 201 })).rejects.toMatchObject({ statusCode: 400 });
    await expect(list({ continuationToken: "!" })).rejects.toMatchObject({ statusCode: 400 });
    expect(await list({}, "none")).toEqual([]);
  });
});

test("permissions are granted, checked and revoked, and hold at once", async () => {
  await using house = await House.open();
  const server = serverOf(house);
  const client = await house.client({ roles: [] });
  const refused = { success: false, error: { name: "Forbidden" } };
  expect(await client.join("g")).toMatchObject(refused);
  expect(await server.hasPermission(client.id, "joinLeaveGroup", { targetName: "g" })).toBe(false);
  await server.grantPermission(client.id, "joinLeaveGroup", { targetName: "g" });
  expect(await server.hasPermission(client.id, "joinLeaveGroup", { targetName: "g" })).toBe(true);
  expect(await client.join("g")).toMatchObject({ success: true });
  expect(await client.join("h")).toMatchObject(refused);
  const h = { targetName: "h" };
  await server.grantPermission(client.id, "sendToGroup", h);
  expect(await client.text("h", "x")).toMatchObject({ success: true });
  await server.revokePermission(client.id, "sendToGroup", h);
  expect(await client.text("h", "x")).toMatchObject(refused);
  await server.revokePermission("x", "sendToGroup", h);
  expect(await server.hasPermission("x", "sendToGroup", h)).toBe(false);
  await expect(server.grantPermission("x", "sendToGroup", h)).rejects.toMatchObject({
    statusCode: 404,
    code: "Info.Connection.NotExisted",
  });
  await expect(server.grantPermission(client.id, "sendToGroup")).rejects.toMatchObject({ statusCode: 400 });
});

test("tokens of the official server SDK let clients in", async () => {
  await using house = await House.open();
  const server = serverOf(house);
  const { url } = await server.getClientAccessToken({
    userId: "u",
    roles: anyGroup,
    groups: ["g"],
    expirationTimeInMinutes: 5,
  });
  const signed = await house.connected(new RawClient(url));
  expect(house.emulator.hub("chat").connection(signed.id)).toMatchObject({ userId: "u", groups: ["g"] });
  expect(await signed.join("x")).toMatchObject({ success: true });
});
