import { describe, expect, test } from "vitest";
import { House, plain, until } from "./harness.js";

describe("groups", () => {
  test("members get messages, others don't; subprotocols mix", async () => {
    await using house = await House.open();
    const member = await house.client({ userId: "m" });
    const simple = await house.client({ subprotocol: plain });
    const other = await house.client();
    await member.join("g");
    await simple.join("g");
    expect(await other.text("g", "hello")).toEqual({ type: "ack", ackId: 1, success: true });
    const message = {
      type: "message",
      from: "group",
      group: "g",
      fromUserId: null,
      dataType: "text",
      data: "hello",
    };
    await until(() => member.data[0] && simple.data[0]);
    expect(member.data).toEqual([{ ...message, sequenceId: 1 }]);
    expect(simple.data).toEqual([message]);
    await member.text("g", "by m");
    await until(() => simple.data[1]);
    expect(simple.data[1]).toMatchObject({ fromUserId: "m" });
    await other.settled();
    expect(other.data).toEqual([]);
  });

  test("noEcho spares the sender, and only the sender", async () => {
    await using house = await House.open();
    const [a, b] = [await house.client(), await house.client()];
    await a.join("g");
    await b.join("g");
    await a.text("g", "quiet", { noEcho: true });
    await a.text("g", "loud");
    await until(() => b.data[1] && a.data[0]);
    expect(a.data.map(({ data }) => data)).toEqual(["loud"]);
    expect(b.data.map(({ data }) => data)).toEqual(["quiet", "loud"]);
  });

  test("after leaving nothing comes; leaving and joining again is no error", async () => {
    await using house = await House.open();
    const client = await house.client();
    expect(await client.ask({ type: "leaveGroup", group: "g" })).toMatchObject({ success: true });
    await client.join("g");
    expect(await client.join("g")).toMatchObject({ success: true });
    await client.ask({ type: "leaveGroup", group: "g" });
    await client.text("g", "x");
    await client.settled();
    expect(client.data).toEqual([]);
    expect(house.emulator.hub("chat").groups()).toEqual([]);
  });

  test("group names are compared with case", async () => {
    await using house = await House.open();
    const client = await house.client();
    await client.join("G");
    await client.text("g", "x");
    await client.settled();
    expect(client.data).toEqual([]);
  });

  test.each([
    ["text", "grüße 🌍\u0000"],
    ["json", { a: [1, null, "x"] }],
    ["json", null],
    ["json", "a string"],
    ["binary", "AAECAwQ="],
    ["protobuf", "CgNmb28="],
  ])("%s content %j arrives as it was sent", async (dataType, data) => {
    await using house = await House.open();
    const client = await house.client({ groups: ["g"] });
    await client.ask({ type: "sendToGroup", group: "g", dataType, data, metadata: { "x-k": "v" } });
    await until(() => client.data[0]);
    expect(client.data[0]).toMatchObject({ dataType, data, metadata: { "x-k": "v" } });
  });
});

describe("permissions", () => {
  test("without a role only events may be sent", async () => {
    await using house = await House.open({ hubs: { chat: { handlers: [{ onEvent: () => undefined }] } } });
    const client = await house.client({ roles: [] });
    expect(await client.join("g")).toMatchObject({ success: false, error: { name: "Forbidden" } });
    expect(await client.ask({ type: "leaveGroup", group: "g" })).toMatchObject({
      error: { name: "Forbidden" },
    });
    expect(await client.text("g", "x")).toMatchObject({ error: { name: "Forbidden" } });
    const event = { type: "event", event: "e", dataType: "text", data: "" };
    expect(await client.ask(event)).toMatchObject({ success: true });
  });

  test("patterns, and the server that grants and revokes while connected", async () => {
    await using house = await House.open();
    const client = await house.client({ roles: ["webpubsub.joinLeaveGroups.room.*"] });
    expect(await client.join("room.1")).toMatchObject({ success: true });
    expect(await client.join("room.1.a")).toMatchObject({ error: { name: "Forbidden" } });
    const hub = house.emulator.hub("chat");
    hub.grantPermission(client.id, "sendToGroup", "g");
    expect(await client.text("g", "x")).toMatchObject({ success: true });
    expect(await client.text("h", "x")).toMatchObject({ error: { name: "Forbidden" } });
    hub.revokePermission(client.id, "sendToGroup", "g");
    expect(await client.text("g", "x")).toMatchObject({ error: { name: "Forbidden" } });
  });

  test("a forbidden message without ackId gets no answer, but the developer is told", async () => {
    await using house = await House.open();
    const client = await house.client({ roles: [] });
    client.send({ type: "joinGroup", group: "g" });
    await client.settled();
    expect(client.messages.filter(({ type }) => type === "ack")).toEqual([]);
    expect(house.warnings.join()).toContain("Forbidden");
  });
});

describe("acks", () => {
  test("an ackId is executed once", async () => {
    await using house = await House.open();
    const client = await house.client({ groups: ["g"] });
    expect(await client.text("g", "x", { ackId: 9 })).toMatchObject({ success: true });
    expect(await client.text("g", "x", { ackId: 9 })).toMatchObject({
      success: false,
      error: { name: "Duplicate" },
    });
    await client.settled();
    expect(client.data).toHaveLength(1);
  });

  test("a refused ackId is not remembered", async () => {
    await using house = await House.open();
    const client = await house.client({ roles: [] });
    expect(await client.ask({ type: "joinGroup", group: "g", ackId: 1 })).toMatchObject({
      error: { name: "Forbidden" },
    });
    house.emulator.hub("chat").grantPermission(client.id, "joinLeaveGroup");
    expect(await client.ask({ type: "joinGroup", group: "g", ackId: 1 })).toMatchObject({ success: true });
  });

  test("the memory belongs to the connection id", async () => {
    await using house = await House.open();
    const [a, b] = [await house.client(), await house.client()];
    await a.ask({ type: "joinGroup", group: "g", ackId: 1 });
    expect(await b.ask({ type: "joinGroup", group: "g", ackId: 1 })).toMatchObject({ success: true });
  });

  test("ping is answered by pong", async () => {
    await using house = await House.open();
    const client = await house.client({ subprotocol: plain });
    await client.settled();
    expect(client.messages.at(-1)).toEqual({ type: "pong" });
  });
});

describe("user events", () => {
  const event = (name: string, data: unknown = "x", dataType = "text") => ({
    type: "event",
    event: name,
    dataType,
    data,
  });

  test("without a handler the ack says InternalServerError, also the second time", async () => {
    await using house = await House.open();
    const client = await house.client();
    const failure = { success: false, error: { name: "InternalServerError" } };
    expect(await client.ask({ ...event("e"), ackId: 1 })).toMatchObject(failure);
    expect(await client.ask({ ...event("e"), ackId: 1 })).toMatchObject(failure);
    client.send(event("e"));
    await client.settled();
    expect(client.closed).toBeUndefined();
  });

  test("the handler gets the event, its reply comes before the ack", async () => {
    const events: unknown[] = [];
    await using house = await House.open({
      hubs: {
        chat: {
          handlers: [
            {
              onEvent(given) {
                events.push(given);
                return { data: { got: given.data }, metadata: { a: "b" } };
              },
            },
          ],
        },
      },
    });
    const client = await house.client({ userId: "u" });
    const ack = await client.ask({ ...event("ping", { n: 1 }, "json"), metadata: { k: "v" } });
    expect(events).toEqual([
      {
        hub: "chat",
        connectionId: client.id,
        userId: "u",
        subprotocol: "json.reliable.webpubsub.azure.v1",
        state: {},
        eventName: "ping",
        dataType: "json",
        data: { n: 1 },
        metadata: { k: "v" },
      },
    ]);
    expect(client.messages.slice(-2)).toEqual([
      {
        type: "message",
        from: "server",
        dataType: "json",
        data: { got: { n: 1 } },
        metadata: { a: "b" },
        sequenceId: 1,
      },
      ack,
    ]);
  });

  test("replies are text for strings, binary for bytes, and what is asked for", async () => {
    await using house = await House.open({
      hubs: {
        chat: {
          handlers: [
            { events: ["text"], onEvent: () => ({ data: "t" }) },
            { events: "bytes, more", onEvent: async () => ({ data: Uint8Array.of(1, 2) }) },
            { onEvent: () => ({ data: "j", dataType: "json" }) },
          ],
        },
      },
    });
    const client = await house.client();
    for (const name of ["TEXT", "more", "other"]) await client.ask(event(name));
    expect(client.data).toMatchObject([
      { dataType: "text", data: "t" },
      { dataType: "binary", data: "AQI=" },
      { dataType: "json", data: "j" },
    ]);
  });

  test("a handler that throws fails the event and is reported", async () => {
    const onEvent = () => {
      throw new Error("broken");
    };
    await using house = await House.open({ hubs: { chat: { handlers: [{ onEvent }] } } });
    const client = await house.client();
    expect(await client.ask(event("e"))).toMatchObject({ error: { name: "InternalServerError" } });
    expect(house.warnings.join()).toContain("broken");
  });

  test("connected and disconnected are told, failures of their handlers only reported", async () => {
    const told: string[] = [];
    await using house = await House.open({
      hubs: {
        chat: {
          handlers: [
            {
              onConnected: ({ userId }) => void told.push(`+${userId}`),
              onDisconnected({ userId, reason }) {
                told.push(`-${userId} ${reason}`);
                throw new Error("broken");
              },
            },
          ],
        },
      },
    });
    const client = await house.client({ userId: "u" });
    house.emulator.hub("chat").closeConnection(client.id, "enough");
    await until(() => house.warnings[0]);
    expect(told).toEqual(["+u", "-u Application server closed the connection. Reason: enough"]);
    expect(house.warnings[0]).toContain("broken");
  });
});

describe("the server's side", () => {
  test("sends to all, to a user, to a connection, to a group; some are excluded", async () => {
    await using house = await House.open();
    const a = await house.client({ userId: "a", groups: ["g"] });
    const a2 = await house.client({ userId: "a" });
    const b = await house.client({ userId: "b", groups: ["g"] });
    const hub = house.emulator.hub("chat");
    hub.sendToAll("all", { excluded: [b.id] });
    hub.sendToUser("a", { user: 1 });
    hub.sendToConnection(a2.id, Uint8Array.of(255));
    hub.sendToGroup("g", "group", { metadata: { k: "v" } });
    hub.sendToConnection("nobody", "x");
    hub.sendToUser("nobody", "x");
    await Promise.all([a, a2, b].map((client) => client.settled()));
    const content = (client: typeof a) =>
      client.data.map(({ from, dataType, data }) => [from, dataType, data]);
    expect(content(a)).toEqual([
      ["server", "text", "all"],
      ["server", "json", { user: 1 }],
      ["group", "text", "group"],
    ]);
    expect(content(a2)).toEqual([
      ["server", "text", "all"],
      ["server", "json", { user: 1 }],
      ["server", "binary", "/w=="],
    ]);
    expect(content(b)).toEqual([["group", "text", "group"]]);
    expect(b.data[0]).toHaveProperty("fromUserId", null);
  });

  test("closing a connection says why, then closes for good", async () => {
    await using house = await House.open();
    const client = await house.client();
    const hub = house.emulator.hub("chat");
    expect(hub.closeConnection(client.id, "go home")).toBe(true);
    expect(hub.closeConnection(client.id)).toBe(false);
    expect(await client.gone()).toEqual({ code: 1000, reason: "" });
    expect(client.messages.at(-1)).toEqual({
      type: "system",
      event: "disconnected",
      message: "Application server closed the connection. Reason: go home",
    });
    expect((await client.recovery().gone()).code).toBe(1008);
  });

  test("a session that waits for its recovery can be closed too", async () => {
    await using house = await House.open();
    const client = await house.client();
    client.socket.terminate();
    const hub = house.emulator.hub("chat");
    await until(() => hub.connection(client.id)?.status === "waiting");
    hub.closeConnection(client.id);
    expect(hub.connections()).toEqual([]);
    expect((await client.recovery().gone()).code).toBe(1008);
  });

  test("adds to groups and removes from them without a role", async () => {
    await using house = await House.open();
    const client = await house.client({ roles: [] });
    const hub = house.emulator.hub("chat");
    expect(hub.addToGroup(client.id, "g")).toBe(true);
    expect(hub.members("g")).toMatchObject([{ connectionId: client.id, groups: ["g"], status: "connected" }]);
    expect(hub.removeFromGroup(client.id, "g")).toBe(true);
    expect(hub.groups()).toEqual([]);
    expect(hub.addToGroup("nobody", "g")).toBe(false);
  });

  test("what can't be sent is told at once", async () => {
    await using house = await House.open();
    const hub = house.emulator.hub("chat");
    expect(() => hub.sendToAll("x", { ttlSeconds: 301 })).toThrow("ttlSeconds");
    expect(() => hub.sendToAll("x", { except: [] } as object)).toThrow("except");
    expect(() => hub.sendToAll("x", { metadata: { "": "v" } })).toThrow("metadata");
    expect(() => hub.sendToAll("x", { dataType: "binary" })).toThrow("bytes");
    expect(() => hub.sendToAll({ a: 1 }, { dataType: "text" })).toThrow("string");
    expect(() => house.emulator.hub("1")).toThrow("hub name");
  });
});
