import fc from "fast-check";
import { expect, test } from "vitest";
import { type Message, type TestClient, World } from "./world.js";

const set = (state?: unknown, ackId?: number, group = "g"): Message => ({
  type: "setGroupState",
  group,
  state,
  ackId,
});
const subscribe = (ackId?: number, group = "g"): Message => ({ type: "subscribeGroupState", group, ackId });
const unsubscribe = (ackId?: number, group = "g"): Message => ({
  type: "unsubscribeGroupState",
  group,
  ackId,
});

/** What a client was told about states. */
const told = (client: TestClient): Message[] =>
  client.messages.filter(({ type }) => String(type).startsWith("groupState"));
const member = (world: World, claims = {}, reliable = true) =>
  world.client({ "webpubsub.group": "g", ...claims }, reliable);
const states = (world: World) =>
  world.service
    .hub("chat")
    .states.list("g")
    .map(({ state }) => state);

test("a subscriber gets the ack, the snapshot, and what changes after it, numbered like data", async () => {
  const world = new World();
  const ann = await member(world, { sub: "ann" });
  const bob = await member(world);
  ann.say(set({ status: "here" }, 1));
  expect(ann.acks).toEqual([{ type: "ack", ackId: 1, success: true }]);
  const watcher = await world.client();
  watcher.say(subscribe(1));
  bob.say(set({ status: "typing" }));
  ann.say(set());
  const of = (client: TestClient, more: Message) => ({
    connectionId: client.id,
    updatedAt: expect.any(Number) as unknown,
    ...more,
  });
  expect(watcher.messages.slice(1)).toEqual([
    { type: "ack", ackId: 1, success: true },
    {
      type: "groupStateSnapshot",
      group: "g",
      sequenceId: 1,
      items: [of(ann, { userId: "ann", state: { status: "here" } })],
    },
    {
      type: "groupStateUpdate",
      group: "g",
      sequenceId: 2,
      items: [of(bob, { state: { status: "typing" } })],
    },
    { type: "groupStateUpdate", group: "g", sequenceId: 3, items: [of(ann, { userId: "ann" })] },
  ]);
});

test("an empty group has an empty snapshot; a plain connection's have no numbers", async () => {
  const world = new World();
  const watcher = await world.client({}, false);
  watcher.say(subscribe());
  expect(told(watcher)).toEqual([{ type: "groupStateSnapshot", group: "g", items: [] }]);
});

test("updatedAt is the service's time and rises with every change, also within a millisecond", async () => {
  const world = new World();
  const ann = await member(world);
  ann.say(subscribe());
  for (let i = 0; i < 5; i++) ann.say(set({ n: `${i}` }));
  world.clock.advance(10_000);
  ann.say(set({ n: "last" }));
  const times = told(ann)
    .slice(1)
    .map(({ items }) => Number((items as Message[])[0]?.["updatedAt"]));
  expect(times.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((i) => 1_000_000 + i));
  expect(times[5]).toBe(world.clock.now());
});

test("leaving a group clears the state there and nowhere else", async () => {
  const world = new World();
  const ann = await member(world, { "webpubsub.group": ["g", "h"] });
  const watcher = await world.client();
  for (const group of ["g", "h"]) watcher.say(subscribe(undefined, group));
  ann.say(set({ a: "1" }));
  ann.say(set({ a: "1" }, undefined, "h"));
  ann.say({ type: "leaveGroup", group: "g", ackId: 1 });
  expect(told(watcher).at(-1)).toMatchObject({ group: "g", items: [{ connectionId: ann.id }] });
  expect(told(watcher).at(-1)?.["items"]).not.toHaveProperty("0.state");
  expect(world.service.hub("chat").states.list("h")).toHaveLength(1);
  const count = told(watcher).length;
  ann.say({ type: "leaveGroup", group: "g", ackId: 2 });
  ann.say(set());
  expect(told(watcher)).toHaveLength(count);
});

test("taken out of a group by the server, a connection has no state there either", async () => {
  const world = new World();
  const ann = await member(world);
  ann.say(set({ a: "1" }));
  const hub = world.service.hub("chat");
  const session = hub.session(ann.id);
  if (session !== undefined) hub.leave(session, "g");
  expect(states(world)).toEqual([]);
});

test("a state lives through a recovery and ends with the session", async () => {
  const world = new World();
  const ann = await member(world);
  const watcher = await world.client();
  watcher.say(subscribe());
  ann.say(set({ a: "1" }));
  ann.link?.closed(1006);
  const again = await world.recover(ann);
  expect(told(watcher)).toHaveLength(2);
  expect(states(world)).toEqual([{ a: "1" }]);
  again.link?.closed(1006);
  world.clock.advance(30_000);
  expect(states(world)).toEqual([]);
  expect(told(watcher)).toMatchObject([{}, {}, { items: [{ connectionId: ann.id }] }]);
  expect(told(watcher)[2]?.["items"]).not.toHaveProperty("0.state");
});

test("a subscription lives through a recovery, with what changed meanwhile", async () => {
  const world = new World();
  const ann = await member(world);
  const watcher = await world.client();
  watcher.say(subscribe(1));
  watcher.say({ type: "sequenceAck", sequenceId: 1 });
  watcher.link?.closed(1006);
  ann.say(set({ a: "1" }));
  const again = await world.recover(watcher);
  ann.say(set({ a: "2" }));
  expect(told(again)).toMatchObject([
    { sequenceId: 2, items: [{ state: { a: "1" } }] },
    { sequenceId: 3, items: [{ state: { a: "2" } }] },
  ]);
  again.say(subscribe(1));
  expect(again.acks).toMatchObject([{ ackId: 1, success: false, error: { name: "Duplicate" } }]);
  expect(told(again)).toHaveLength(2);
});

test("subscribing again brings a new snapshot, but changes come once", async () => {
  const world = new World();
  const ann = await member(world);
  ann.say(subscribe());
  ann.say(set({ a: "1" }));
  ann.say(subscribe());
  ann.say(set({ a: "2" }));
  expect(told(ann).map(({ type }) => type)).toEqual([
    "groupStateSnapshot",
    "groupStateUpdate",
    "groupStateSnapshot",
    "groupStateUpdate",
  ]);
});

test("after unsubscribing nothing comes; unsubscribing what isn't subscribed is fine", async () => {
  const world = new World();
  const ann = await member(world);
  ann.say(subscribe(1));
  ann.say(unsubscribe(2));
  ann.say(unsubscribe(3));
  ann.say(set({ a: "1" }, 4));
  expect(ann.acks.map(({ success }) => success)).toEqual([true, true, true, true]);
  expect(told(ann)).toHaveLength(1);
});

test("a state needs membership and the permission to send, a subscription the one to join", async () => {
  const world = new World();
  const outsider = await world.client();
  outsider.say(set({ a: "1" }, 1));
  const quiet = await member(world, { role: "webpubsub.joinLeaveGroup" });
  quiet.say(set({ a: "1" }, 1));
  quiet.say(subscribe(2));
  const nobody = await member(world, { role: [] });
  nobody.say(subscribe(1));
  nobody.say(set(undefined, 2));
  nobody.say(unsubscribe(3));
  const names = (client: TestClient) =>
    client.acks.map(({ success, error }) => success === true || (error as Message)["name"]);
  expect(names(outsider)).toEqual(["BadRequest"]);
  expect(names(quiet)).toEqual(["Forbidden", true]);
  expect(names(nobody)).toEqual(["Forbidden", true, true]);
  expect(states(world)).toEqual([]);
});

test.each([
  ["no object", "here"],
  ["a list", ["here"]],
  ["a number in it", { n: 1 }],
])("a state with %s declines the client", async (_what, state) => {
  const world = new World();
  const ann = await member(world);
  ann.say(set(state, 1));
  expect(ann.end).toMatchObject({ code: 1007 });
});

test.each([
  ["16 KiB and a byte", { key: "x".repeat(16 * 1024 - 2) }],
  ["16 KiB and more in UTF-8", { key: "ä".repeat(8 * 1024) }],
])("a state with %s is refused", async (_what, state) => {
  const world = new World();
  const ann = await member(world);
  ann.say(set(state, 1));
  expect(ann.acks).toMatchObject([{ success: false, error: { name: "BadRequest" } }]);
  expect(states(world)).toEqual([]);
});

test("the largest state and strange names are fine", async () => {
  const world = new World();
  const ann = await member(world);
  ann.say(set({ key: "x".repeat(16 * 1024 - 3) }, 1));
  expect(ann.acks).toMatchObject([{ success: true }]);
  ann.say('{"type":"setGroupState","group":"g","state":{"__proto__":"p","":"empty"}}');
  ann.say(subscribe());
  expect(JSON.stringify(told(ann)[0])).toContain('"state":{"__proto__":"p","":"empty"}');
});

test("null clears like no state at all", async () => {
  const world = new World();
  const ann = await member(world);
  ann.say(set({ a: "1" }));
  ann.say(set(null, 1));
  expect(ann.acks).toMatchObject([{ success: true }]);
  expect(states(world)).toEqual([]);
});

test("a large snapshot goes on in updates", async () => {
  const world = new World();
  const clients = await Promise.all(Array.from({ length: 40 }, () => member(world)));
  for (const client of clients) client.say(set({ key: "x".repeat(16_000) }));
  const watcher = await world.client();
  watcher.say(subscribe());
  const messages = told(watcher);
  expect(messages.map(({ type }) => type)).toEqual([
    "groupStateSnapshot",
    "groupStateUpdate",
    "groupStateUpdate",
  ]);
  expect(
    messages.flatMap(({ items }) => (items as Message[]).map(({ connectionId }) => connectionId)),
  ).toEqual(clients.map(({ id }) => id));
  for (const message of messages) expect(JSON.stringify(message).length).toBeLessThan(300_000);
});

test("a connection subscribes to at most 1,000 groups", async () => {
  const world = new World();
  const watcher = await world.client({}, false);
  for (let i = 1; i <= 1_001; i++) watcher.say(subscribe(i, `g${i}`));
  watcher.say(subscribe(1_002, "g1"));
  watcher.say(unsubscribe(1_003, "g1"));
  watcher.say(subscribe(1_004, "g1001"));
  expect(watcher.acks.slice(999).map(({ success }) => success)).toEqual([true, false, true, true, true]);
});

test("hubs keep their states apart", async () => {
  const world = new World();
  const ann = await member(world);
  ann.say(set({ a: "1" }));
  expect(world.service.hub("other").states.list("g")).toEqual([]);
});

type Step = readonly ["set" | "clear" | "leave" | "join" | "die" | "end" | "subscribe", number];

test("whatever happens, a subscriber's picture is the service's", async () => {
  const kind = fc.constantFrom<Step[0]>(
    "set",
    "set",
    "set",
    "clear",
    "leave",
    "join",
    "die",
    "end",
    "subscribe",
  );
  const steps = fc.array(fc.tuple(kind, fc.nat(4)), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const world = new World();
      const clients = await Promise.all(Array.from({ length: 5 }, () => member(world)));
      let watcher = await world.client();
      watcher.say(subscribe());
      const picture = new Map<unknown, unknown>();
      let largest = 0;
      let latest = 0;
      const watch = () => {
        for (const { sequenceId, type, items } of told(watcher)) {
          if (Number(sequenceId) <= largest) continue;
          largest = Number(sequenceId);
          if (type === "groupStateSnapshot") picture.clear();
          for (const { connectionId, state, updatedAt } of items as Message[]) {
            if (type === "groupStateUpdate") {
              expect(updatedAt).toBeGreaterThan(latest);
              latest = Number(updatedAt);
            }
            if (state === undefined) picture.delete(connectionId);
            else picture.set(connectionId, state);
          }
        }
      };
      for (const [index, [step, which]] of plan.entries()) {
        const client = clients[which];
        if (client === undefined) continue;
        if (step === "set") client.say(set({ n: `${index}` }));
        else if (step === "clear") client.say(set());
        else if (step === "leave") client.say({ type: "leaveGroup", group: "g" });
        else if (step === "join") client.say({ type: "joinGroup", group: "g" });
        else if (step === "subscribe") watcher.say(subscribe());
        else if (step === "end") {
          client.link?.closed(1000);
          clients[which] = await member(world);
        } else {
          // The watcher loses what it hasn't read, and hears it again.
          watcher.link?.closed(1006);
          watcher = await world.recover(watcher);
        }
        if (index % 3 === 0) watch();
      }
      watch();
      const truth = world.service.hub("chat").states.list("g");
      expect([...picture].sort()).toEqual(
        truth.map(({ connectionId, state }) => [connectionId, state]).sort(),
      );
    }),
    { numRuns: 200 },
  );
});
