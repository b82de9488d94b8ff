import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  AzureKeyCredential,
  type GroupListConnectionsOptions,
  type WebPubSubGroup,
  WebPubSubServiceClient,
} from "@azure/web-pubsub";
import { expect, test } from "vitest";
import { House, RawClient, anyGroup, plain, until } from "./harness.js";
import { listed, seen, serverOf } from "./serverSdk.js";

type Method<Client> = {
  [Name in keyof Client]: Client[Name] extends (...given: never[]) => unknown ? Name : never;
}[keyof Client];

interface Scene {
  readonly house: House;
  readonly server: WebPubSubServiceClient;
  readonly group: WebPubSubGroup;
  /** User `ann`, member of `g`. */
  readonly ann: RawClient;
  /** Without a user, member of `g`. */
  readonly bob: RawClient;
  /** In no group, on the plain subprotocol; user `ann` too. */
  readonly plainAnn: RawClient;
}

type Drive = (scene: Scene) => Promise<void>;

const text = { contentType: "text/plain" as const };
const bytes = Uint8Array.of(0, 255).buffer;
const requestOptions = { customHeaders: { "X-WebPubSub-Metadata-Trace": "42" } };
const membersOf = ({ house }: Scene, group: string) =>
  house.emulator
    .hub("chat")
    .members(group)
    .map(({ connectionId }) => connectionId);

/** Cuts `ann`, sends to it while it waits, and gives what the recovery brings. */
async function missed({ house, ann }: Scene, send: () => Promise<void>): Promise<unknown[]> {
  house.emulator.faults.cutTransports({ connectionId: ann.id });
  await until(() => house.emulator.hub("chat").connection(ann.id)?.status === "waiting");
  await send();
  const end = Date.now() + 1_001;
  await until(() => Date.now() >= end);
  const [data = []] = await seen(await house.recover(ann));
  return data;
}

/** Every method of the client, with every option that its types know: the compiler says when one is missing. */
const hubMethods: Readonly<Record<Method<WebPubSubServiceClient>, Drive>> = {
  async group({ server, ann }) {
    const group = server.group("g");
    expect(group).toMatchObject({ groupName: "g", hubName: "chat", apiVersion: "2024-12-01" });
    await group.sendToAll("x", text);
    expect(await seen(ann)).toEqual([["x"]]);
  },

  async sendToAll(scene) {
    const { server, ann, bob } = scene;
    await server.sendToAll("text", { ...text, excludedConnections: [bob.id], requestOptions });
    await server.sendToAll({ json: [1, null] }, { filter: "userId eq 'ann'" });
    await server.sendToAll(bytes);
    expect(await seen(ann, bob)).toEqual([["text", { json: [1, null] }, "AP8="], ["AP8="]]);
    expect(ann.data[0]).toMatchObject({ from: "server", dataType: "text", metadata: { trace: "42" } });
    ann.send({ type: "sequenceAck", sequenceId: 3 });
    await ann.settled();
    const late = await missed(scene, async () => {
      await server.sendToAll("short", { ...text, messageTtlSeconds: 1 });
      await server.sendToAll("long", { ...text, messageTtlSeconds: 300 });
    });
    expect(late).toEqual(["long"]);
  },

  async sendToUser(scene) {
    const { server, ann, plainAnn, bob } = scene;
    await server.sendToUser("ann", "text", { ...text, filter: "'g' in groups", requestOptions });
    await server.sendToUser("ann", { json: true });
    await server.sendToUser("ann", bytes);
    expect(await seen(ann, plainAnn, bob)).toEqual([
      ["text", { json: true }, "AP8="],
      [{ json: true }, "AP8="],
      [],
    ]);
    expect(ann.data[0]).toMatchObject({ metadata: { trace: "42" } });
    ann.send({ type: "sequenceAck", sequenceId: 3 });
    await ann.settled();
    const late = await missed(scene, async () => {
      await server.sendToUser("ann", "short", { ...text, messageTtlSeconds: 1 });
      await server.sendToUser("ann", { long: 1 }, { messageTtlSeconds: 60 });
    });
    expect(late).toEqual([{ long: 1 }]);
  },

  async sendToConnection(scene) {
    const { server, ann, plainAnn } = scene;
    await server.sendToConnection(plainAnn.id, "text", { ...text, requestOptions });
    await server.sendToConnection(plainAnn.id, 5);
    await server.sendToConnection(plainAnn.id, bytes);
    expect(await seen(plainAnn, ann)).toEqual([["text", 5, "AP8="], []]);
    expect(plainAnn.data[0]).toMatchObject({ metadata: { trace: "42" } });
    const late = await missed(scene, async () => {
      await server.sendToConnection(ann.id, "short", { ...text, messageTtlSeconds: 1 });
      await server.sendToConnection(ann.id, "long", { ...text, messageTtlSeconds: 0 });
    });
    expect(late).toEqual(["long"]);
  },

  async connectionExists({ server, ann }) {
    const statuses: number[] = [];
    const onResponse = ({ status }: { status: number }) => void statuses.push(status);
    expect(await server.connectionExists(ann.id, { onResponse })).toBe(true);
    expect(await server.connectionExists("x", { onResponse })).toBe(false);
    expect(statuses).toEqual([200, 404]);
  },

  async closeConnection({ server, ann, bob }) {
    await server.closeConnection(ann.id, { reason: "enough & more" });
    expect(await ann.gone()).toEqual({ code: 1000, reason: "" });
    expect(farewell(ann)).toBe("Application server closed the connection. Reason: enough & more");
    await server.closeConnection(bob.id);
    await bob.gone();
    expect(farewell(bob)).toBe("Application server closed the connection.");
    await server.closeConnection("x");
  },

  async closeAllConnections({ server, ann, bob, plainAnn }) {
    await server.closeAllConnections({ reason: "all" });
    for (const client of [ann, bob, plainAnn]) {
      expect((await client.gone()).code).toBe(1000);
      expect(farewell(client)).toContain("Reason: all");
    }
  },

  async closeUserConnections({ server, ann, bob, plainAnn }) {
    await server.closeUserConnections("ann", { reason: "user" });
    for (const client of [ann, plainAnn]) {
      expect((await client.gone()).code).toBe(1000);
      expect(farewell(client)).toContain("Reason: user");
    }
    await bob.settled();
  },

  async removeUserFromAllGroups(scene) {
    await scene.server.group("h").addUser("ann");
    await scene.server.removeUserFromAllGroups("ann");
    expect([membersOf(scene, "g"), membersOf(scene, "h")]).toEqual([[scene.bob.id], []]);
  },

  async removeConnectionFromAllGroups(scene) {
    const { server, ann, bob, plainAnn } = scene;
    await server.group("h").addUser("ann");
    await server.removeConnectionFromAllGroups(ann.id);
    expect([membersOf(scene, "g"), membersOf(scene, "h")]).toEqual([[bob.id], [plainAnn.id]]);
    await server.removeConnectionFromAllGroups("x");
  },

  async addConnectionsToGroups(scene) {
    const { server, ann, bob, plainAnn } = scene;
    await server.addConnectionsToGroups(["h", "i"], "userId eq 'ann'");
    await server.addConnectionsToGroups(["j"], "");
    expect(membersOf(scene, "h")).toEqual([ann.id, plainAnn.id]);
    expect(membersOf(scene, "i")).toEqual([ann.id, plainAnn.id]);
    expect(membersOf(scene, "j")).toEqual([ann.id, bob.id, plainAnn.id]);
  },

  async removeConnectionsFromGroups(scene) {
    const { server, ann, bob } = scene;
    await server.group("h").addUser("ann");
    await server.removeConnectionsFromGroups(["g", "h"], `connectionId eq '${ann.id}'`);
    expect(membersOf(scene, "g")).toEqual([bob.id]);
    await server.removeConnectionsFromGroups(["g", "h"], "");
    expect([membersOf(scene, "g"), membersOf(scene, "h")]).toEqual([[], []]);
  },

  async groupExists({ server }) {
    expect([await server.groupExists("g"), await server.groupExists("h")]).toEqual([true, false]);
  },

  async userExists({ server }) {
    expect([await server.userExists("ann"), await server.userExists("bob")]).toEqual([true, false]);
  },

  async grantPermission({ server, house }) {
    const client = await house.client({ roles: [] });
    await server.grantPermission(client.id, "joinLeaveGroup", { targetName: "h" });
    expect(await client.join("h")).toMatchObject({ success: true });
    expect(await client.join("i")).toMatchObject({ error: { name: "Forbidden" } });
    await server.grantPermission(client.id, "sendToGroup", { targetName: "i" });
    await expect(server.grantPermission(client.id, "sendToGroup")).rejects.toMatchObject({ statusCode: 400 });
    expect(await client.text("i", "x")).toMatchObject({ success: true });
  },

  async revokePermission({ server, ann }) {
    await server.revokePermission(ann.id, "sendToGroup", { targetName: "h" });
    expect(await ann.text("h", "x")).toMatchObject({ error: { name: "Forbidden" } });
    expect(await ann.text("g", "x")).toMatchObject({ success: true });
    await server.revokePermission(ann.id, "joinLeaveGroup", { targetName: "h" });
    await expect(server.revokePermission(ann.id, "joinLeaveGroup")).rejects.toMatchObject({
      statusCode: 400,
    });
    expect(await ann.join("h")).toMatchObject({ error: { name: "Forbidden" } });
  },

  async hasPermission({ server, house, ann }) {
    const { id } = await house.client({ roles: ["webpubsub.sendToGroups.room.*"] });
    const asked = async (connectionId: string, targetName: string) =>
      server.hasPermission(connectionId, "sendToGroup", { targetName });
    expect(await asked(ann.id, "h")).toBe(true);
    expect([await asked(id, "room.1"), await asked(id, "h")]).toEqual([true, false]);
    await expect(server.hasPermission(id, "joinLeaveGroup")).rejects.toMatchObject({ statusCode: 400 });
  },

  async getClientAccessToken({ server, house }) {
    const { url, token, baseUrl } = await server.getClientAccessToken({
      userId: "cy",
      roles: anyGroup,
      groups: ["h"],
      expirationTimeInMinutes: 5,
    });
    expect(url).toBe(`${baseUrl}?access_token=${token}`);
    const client = await house.connected(new RawClient(url));
    expect(house.emulator.hub("chat").connection(client.id)).toMatchObject({ userId: "cy", groups: ["h"] });
    expect(await client.join("i")).toMatchObject({ success: true });
    const nobody = await house.connected(new RawClient((await server.getClientAccessToken()).url));
    expect(nobody.connected).toHaveProperty("userId", null);
    // Clients of MQTT and Socket.IO get their tokens, and find nobody here.
    for (const clientProtocol of ["mqtt", "socketio"] as const) {
      const other = await server.getClientAccessToken({ clientProtocol });
      expect(other.baseUrl).toContain(`/clients/${clientProtocol}/hubs/chat`);
      const refused = new RawClient(other.url);
      await refused.gone();
      expect(refused.status).toBe(404);
    }
    // The developer is told of it, once for each.
    expect(house.warnings.splice(0)).toEqual([
      expect.stringContaining("404: There is nothing at /clients/mqtt/hubs/chat"),
      expect.stringContaining("404: There is nothing at /clients/socketio/hubs/chat"),
    ]);
  },
};

/** The last that a client was told. */
function farewell(client: RawClient): unknown {
  const last = client.messages.at(-1);
  return last?.["event"] === "disconnected" ? last["message"] : undefined;
}

const groupMethods: Readonly<Record<Method<WebPubSubGroup>, Drive>> = {
  async addConnection(scene) {
    const { group, bob, ann, plainAnn } = scene;
    await group.addConnection(plainAnn.id);
    expect(membersOf(scene, "g")).toEqual([ann.id, bob.id, plainAnn.id]);
    await expect(group.addConnection("x")).rejects.toMatchObject({ statusCode: 404 });
  },

  async removeConnection(scene) {
    const { group, ann, bob } = scene;
    await group.removeConnection(ann.id);
    expect(membersOf(scene, "g")).toEqual([bob.id]);
    await group.removeConnection("x");
  },

  async closeAllConnections({ group, ann, bob, plainAnn }) {
    await group.closeAllConnections({ reason: "group" });
    for (const client of [ann, bob]) {
      expect((await client.gone()).code).toBe(1000);
      expect(farewell(client)).toContain("Reason: group");
    }
    await plainAnn.settled();
  },

  async addUser(scene) {
    const { group, ann, bob, plainAnn } = scene;
    await group.addUser("ann");
    expect(membersOf(scene, "g")).toEqual([ann.id, bob.id, plainAnn.id]);
    await expect(group.addUser("x")).rejects.toMatchObject({ statusCode: 404 });
  },

  async removeUser(scene) {
    await scene.group.removeUser("ann");
    expect(membersOf(scene, "g")).toEqual([scene.bob.id]);
    await scene.group.removeUser("x");
  },

  async sendToAll(scene) {
    const { group, ann, bob, plainAnn } = scene;
    await group.sendToAll("text", { ...text, excludedConnections: [bob.id], requestOptions });
    await group.sendToAll({ json: "x" }, { filter: "userId eq null" });
    await group.sendToAll(bytes);
    expect(await seen(ann, bob, plainAnn)).toEqual([["text", "AP8="], [{ json: "x" }, "AP8="], []]);
    expect(ann.data[0]).toMatchObject({ from: "group", group: "g", metadata: { trace: "42" } });
    ann.send({ type: "sequenceAck", sequenceId: 2 });
    await ann.settled();
    const late = await missed(scene, async () => {
      await group.sendToAll("short", { ...text, messageTtlSeconds: 1 });
      await group.sendToAll("long", { ...text, messageTtlSeconds: 300 });
    });
    expect(late).toEqual(["long"]);
  },

  async listConnections({ server, house, ann, bob }) {
    const { id } = await house.client({ userId: "cy", groups: ["g"] });
    const wanted = [ann.id, bob.id, id].sort();
    const list = async (options: GroupListConnectionsOptions) => {
      const found = [];
      for await (const member of await listed(server, "g", options)) found.push(member);
      return found;
    };
    const all = await list({});
    expect(all.map(({ connectionId }) => connectionId)).toEqual(wanted);
    expect(all.map(({ userId }) => userId).sort()).toEqual(["ann", "cy", null]);
    expect(await list({ maxPageSize: 1 })).toEqual(all);
    expect(await list({ maxPageSize: 1, top: 2 })).toEqual(all.slice(0, 2));
    const query = { maxpagesize: "2" };
    const answer = await house.call("GET", "/api/hubs/chat/groups/g/connections", { query });
    const { nextLink } = (await answer.json()) as { nextLink: string };
    const continuationToken = new URL(nextLink).searchParams.get("continuationToken") ?? "";
    expect(await list({ continuationToken })).toEqual(all.slice(2));
  },
};

async function drive(run: Drive): Promise<void> {
  await using house = await House.open();
  const server = serverOf(house);
  await run({
    house,
    server,
    group: server.group("g"),
    ann: await house.client({ userId: "ann", groups: ["g"] }),
    bob: await house.client({ groups: ["g"] }),
    plainAnn: await house.client({ userId: "ann", subprotocol: plain }),
  });
  expect(house.warnings).toEqual([]);
}

test.each(Object.entries(hubMethods))("WebPubSubServiceClient.%s", async (_, run) => drive(run));
test.each(Object.entries(groupMethods))("WebPubSubGroup.%s", async (_, run) => drive(run));

test("these are all the methods, of exactly the release that is promised", async () => {
  await using house = await House.open();
  const server = serverOf(house);
  const methodsOf = (client: object) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(client)).filter((name) => name !== "constructor");
  expect(Object.keys(hubMethods).sort()).toEqual(methodsOf(server).sort());
  expect(Object.keys(groupMethods).sort()).toEqual(methodsOf(server.group("g")).sort());
  const file = new URL(
    "../../package.json",
    `file://${createRequire(import.meta.url).resolve("@azure/web-pubsub")}`,
  );
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ version: "1.2.0" });
});

test("the client may be made of endpoint and key, and reach the service by another of its names", async () => {
  await using house = await House.open({ accessKey: "one", secondaryAccessKey: "two" });
  const client = await house.client();
  const { endpoint } = house.emulator;
  const byKey = new WebPubSubServiceClient(endpoint, new AzureKeyCredential("two"), "chat", {
    allowInsecureConnection: true,
  });
  await byKey.sendToAll("key", text);
  const behindProxy = new WebPubSubServiceClient(house.emulator.connectionString, "CHAT", {
    allowInsecureConnection: true,
    reverseProxyEndpoint: endpoint.replace("127.0.0.1", "localhost"),
  });
  await behindProxy.sendToAll("proxy", text);
  expect(await seen(client)).toEqual([["key", "proxy"]]);
  const foreign = new WebPubSubServiceClient(endpoint, new AzureKeyCredential("three"), "chat", {
    allowInsecureConnection: true,
  });
  await expect(foreign.sendToAll("x")).rejects.toMatchObject({
    statusCode: 401,
    code: "Error.Unauthorized",
    message: expect.stringContaining("signature") as string,
  });
});
