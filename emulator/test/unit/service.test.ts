import { expect, test, vi } from "vitest";
import type { UserEventAnswer } from "../../src/service/upstream.js";
import { type TestClient, World } from "./world.js";

const text = (group: string, data: string, more = {}) => ({
  type: "sendToGroup",
  group,
  dataType: "text",
  data,
  ...more,
});
const event = (name: string, ackId?: number) => ({
  type: "event",
  event: name,
  dataType: "text",
  data: "",
  ackId,
});
const seen = (client: TestClient) => client.data.map(({ data, sequenceId }) => [data, sequenceId]);

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

test("a lost transport keeps the session for the recovery window, with its groups and ackIds", async () => {
  const world = new World();
  const client = await world.client({ sub: "u" });
  client.say({ type: "joinGroup", group: "g", ackId: 1 });
  client.link?.closed(1006);
  const hub = world.service.hub("chat");
  hub.publish({
    kind: "groupData",
    group: "g",
    fromUserId: undefined,
    payload: { dataType: "text", text: "missed" },
    metadata: undefined,
  });
  world.clock.advance(29_999);
  const again = await world.recover(client);
  expect(again.messages).toHaveLength(1);
  expect(seen(again)).toEqual([["missed", 1]]);
  again.say({ type: "joinGroup", group: "g", ackId: 1 });
  expect(again.acks).toMatchObject([{ ackId: 1, success: false, error: { name: "Duplicate" } }]);
  world.clock.advance(100_000);
  expect(hub.session(client.id)?.status).toBe("connected");
});

test("after the recovery window the session is gone", async () => {
  const disconnected = vi.fn();
  const world = new World({ upstream: { disconnected } });
  const client = await world.client();
  client.link?.closed(1006);
  expect(disconnected).not.toHaveBeenCalled();
  world.clock.advance(30_000);
  expect(disconnected).toHaveBeenCalledOnce();
  expect(world.service.hub("chat").session(client.id)).toBeUndefined();
  const again = await world.recover(client);
  expect(again.end).toMatchObject({ code: 1008 });
});

test("one timer serves all waiting sessions, and none is left when nobody waits", async () => {
  const world = new World({}, { recoveryWindowInMs: 1_000 });
  const clients = await Promise.all(Array.from({ length: 10 }, () => world.client()));
  for (const client of clients) {
    client.link?.closed(1006);
    world.clock.advance(10);
  }
  expect(world.clock.timers).toHaveLength(1);
  world.clock.advance(935);
  expect([...world.service.hub("chat").sessions]).toHaveLength(6);
  await Promise.all(clients.slice(4).map((client) => world.recover(client)));
  expect(world.clock.timers).toHaveLength(0);
});

test("a close frame with 1000 ends the session at once", async () => {
  const disconnected = vi.fn();
  const world = new World({ upstream: { disconnected } });
  const client = await world.client();
  client.link?.closed(1000, "bye");
  expect(disconnected).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ reason: "bye" }));
  expect((await world.recover(client)).end).toMatchObject({ code: 1008 });
});

test.each([1001, 1005, 1006, 4000])("a close with %i keeps the session", async (code) => {
  const world = new World();
  const client = await world.client();
  client.link?.closed(code);
  expect((await world.recover(client)).id).toBe(client.id);
});

test("a connection that isn't reliable ends with its transport", async () => {
  const world = new World();
  const client = await world.client({}, false);
  expect(client.connected["reconnectionToken"]).toBeUndefined();
  client.link?.closed(1006);
  expect([...world.service.hub("chat").sessions]).toEqual([]);
});

test("a recovery replaces a socket that still looks open, and the old one is deaf", async () => {
  const world = new World();
  const client = await world.client();
  const again = await world.recover(client);
  expect(client.end).toBe("cut");
  client.say({ type: "joinGroup", group: "g", ackId: 1 });
  client.link?.closed(1000);
  client.link?.violated("nonsense");
  expect(client.acks).toEqual([]);
  again.say({ type: "joinGroup", group: "g", ackId: 1 });
  expect(again.acks).toEqual([{ type: "ack", ackId: 1, success: true }]);
});

test("earlier reconnection tokens stay valid, wrong ones never were", async () => {
  const world = new World({ interference: { announcesRecovery: () => true } });
  const first = await world.client();
  const second = await world.recover(first);
  expect(second.token).not.toBe(first.token);
  const third = await world.recover(first);
  expect(third.id).toBe(first.id);
  expect((await world.recover(first, "guess")).end).toMatchObject({ code: 1008 });
  expect(third.end).toBeUndefined();
});

test("a recovery replays what wasn't acknowledged, without what has expired", async () => {
  const world = new World();
  const client = await world.client({ "webpubsub.group": "g" });
  for (const [data, ttlSeconds] of [["a"], ["b", 10], ["c", 11], ["d"]] as const)
    client.say(text("g", data, { ttlSeconds }));
  client.say({ type: "sequenceAck", sequenceId: 1 });
  client.link?.closed(1006);
  world.clock.advance(10_000);
  const again = await world.recover(client);
  expect(seen(again)).toEqual([
    ["c", 3],
    ["d", 4],
  ]);
});

test("a full window closes with 1008 and for good", async () => {
  const world = new World();
  const client = await world.client({ "webpubsub.group": "g" });
  for (let i = 1; i <= 1_000; i++) client.say(text("g", String(i)));
  expect(client.end).toBeUndefined();
  client.say(text("g", "one too many"));
  expect(client.end).toMatchObject({ code: 1008 });
  expect(client.messages.at(-1)).toMatchObject({ type: "system", event: "disconnected" });
  expect((await world.recover(client)).end).toMatchObject({ code: 1008 });
});

test("a session that waits for its recovery can fill its window too", async () => {
  const world = new World();
  const away = await world.client({ "webpubsub.group": "g" });
  const sender = await world.client();
  away.link?.closed(1006);
  for (let i = 0; i < 1_001; i++) sender.say(text("g", "x"));
  expect((await world.recover(away)).end).toMatchObject({ code: 1008 });
});

test("one who doesn't read is dropped", async () => {
  const world = new World();
  const client = await world.client({ "webpubsub.group": "g" }, false);
  client.bufferedBytes = 64 * 1024 * 1024 + 1;
  client.say(text("g", "x"));
  expect(client.end).toBe("cut");
});

test("an ackId that is still executing is not started again; both answers wait for the first", async () => {
  let finish: ((answer: UserEventAnswer) => void) | undefined;
  const userEvent = vi.fn(() => new Promise<UserEventAnswer>((resolve) => (finish = resolve)));
  const world = new World({ upstream: { userEvent } });
  const client = await world.client();
  client.say(event("slow", 5));
  client.link?.closed(1006);
  const again = await world.recover(client);
  again.say(event("slow", 5));
  await settled();
  expect(again.acks).toEqual([]);
  finish?.({ kind: "handled" });
  await settled();
  expect(userEvent).toHaveBeenCalledOnce();
  expect(again.acks).toMatchObject([
    { ackId: 5, success: true },
    { ackId: 5, success: false, error: { name: "Duplicate" } },
  ]);
});

test("a failed event is not remembered: the same ackId may be tried again", async () => {
  const userEvent = vi
    .fn<() => Promise<UserEventAnswer>>()
    .mockRejectedValueOnce(new Error("out of order"))
    .mockResolvedValueOnce({ kind: "handled" });
  const world = new World({ upstream: { userEvent } });
  const client = await world.client();
  client.say(event("e", 1));
  await settled();
  client.say(event("e", 1));
  await settled();
  expect(client.acks).toMatchObject([
    { success: false, error: { name: "InternalServerError" } },
    { success: true },
  ]);
  expect(world.diagnostics[0]?.message).toContain("out of order");
});

test("events of a connection reach the handler one by one; other operations overtake them", async () => {
  const order: string[] = [];
  const finish: (() => void)[] = [];
  const world = new World({
    upstream: {
      userEvent: ({ eventName }) => {
        order.push(eventName);
        return new Promise((resolve) => finish.push(() => resolve({ kind: "handled" })));
      },
    },
  });
  const client = await world.client();
  client.say(event("first", 1));
  client.say(event("second", 2));
  client.say({ type: "joinGroup", group: "g", ackId: 3 });
  await settled();
  expect(order).toEqual(["first"]);
  expect(client.acks).toMatchObject([{ ackId: 3 }]);
  // What the service took in reaches the handler, whatever becomes of the connection.
  client.link?.closed(1000);
  finish[0]?.();
  await settled();
  expect(order).toEqual(["first", "second"]);
});

test("a recovery asks no handler, and the end is told once", async () => {
  const connect = vi.fn(() => Promise.resolve(undefined));
  const connected = vi.fn();
  const disconnected = vi.fn();
  const world = new World({ upstream: { connect, connected, disconnected } });
  const client = await world.client({ sub: "u" });
  client.link?.closed(1006);
  const again = await world.recover(client);
  expect(connect).toHaveBeenCalledOnce();
  expect(connected).toHaveBeenCalledOnce();
  world.service.endAll("over", 1001);
  again.link?.closed(1006);
  expect(disconnected).toHaveBeenCalledOnce();
  expect(disconnected).toHaveBeenCalledWith(
    expect.objectContaining({ connectionId: client.id, reason: "over" }),
  );
});

test("a connect handler changes who the client is", async () => {
  const world = new World({
    upstream: { connect: () => Promise.resolve({ kind: "accepted", userId: "", groups: [], roles: [] }) },
  });
  const client = await world.client({ sub: "u", "webpubsub.group": ["g"] });
  expect(client.connected["userId"]).toBe("");
  expect([...world.service.hub("chat").groups]).toEqual(["g"]);
  client.say({ type: "joinGroup", group: "h", ackId: 1 });
  expect(client.acks).toMatchObject([{ error: { name: "Forbidden" } }]);
});

test("a late ack goes to the transport that the session has then", async () => {
  const world = new World({ interference: { holdsAck: () => 500 } });
  const client = await world.client();
  client.say({ type: "joinGroup", group: "g", ackId: 1 });
  client.link?.closed(1006);
  const again = await world.recover(client);
  expect(again.acks).toEqual([]);
  world.clock.advance(500);
  expect(again.acks).toEqual([{ type: "ack", ackId: 1, success: true }]);
});

test("a message is encoded once per subprotocol, whatever the number of receivers", async () => {
  const world = new World();
  const clients = await Promise.all(Array.from({ length: 30 }, (_, i) => world.client({}, i % 2 === 0)));
  const stringify = vi.spyOn(JSON, "stringify");
  try {
    const payload = { dataType: "text", text: "hello" } as const;
    world.service
      .hub("chat")
      .send(world.service.hub("chat").sessions, { kind: "serverData", payload, metadata: undefined });
    expect(stringify).toHaveBeenCalledTimes(2);
  } finally {
    stringify.mockRestore();
  }
  expect(clients.every(({ data }) => data.length === 1)).toBe(true);
});
