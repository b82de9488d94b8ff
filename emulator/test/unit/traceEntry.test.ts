import { expect, test } from "vitest";
import { limit } from "../../../test/helpers/patience.js";
import { presentable } from "../../src/admin/redaction.js";
import { type TraceEntry, traceEntry } from "../../src/admin/traceEntry.js";
import { type TestClient, World } from "./world.js";

/** Watches a world from now on. */
function watch(world: World): { seen: TraceEntry[]; end: () => void } {
  const seen: TraceEntry[] = [];
  const end = world.service.trace.watch((subject, event) =>
    seen.push(traceEntry(subject, event, world.clock.now())),
  );
  return { seen, end };
}

const short = (seen: readonly TraceEntry[]) => seen.map(({ direction, type }) => `${direction} ${type}`);

test("a connection's life, as a watcher sees it", async () => {
  const world = new World();
  const { seen } = watch(world);
  const client = await world.client({ sub: "ann" });
  client.say({ type: "joinGroup", group: "news", ackId: 1 });
  client.say({ type: "sendToGroup", group: "news", ackId: 2, dataType: "json", data: { a: 1 } });
  client.cut();
  world.service.hub("chat").publish({
    kind: "groupData",
    group: "news",
    fromUserId: undefined,
    payload: { dataType: "binary", bytes: Uint8Array.from({ length: 20 }, (_, i) => i) },
    metadata: undefined,
  });
  const again = await world.recover(client);
  again.say({ type: "sequenceAck", sequenceId: 2 });
  again.link?.closed(1000);

  expect(short(seen)).toEqual([
    "note opened",
    "out connected",
    "in joinGroup",
    "out ack",
    "in sendToGroup",
    "out groupData",
    "out ack",
    "note lost",
    "out groupData",
    "note recovered",
    "in sequenceAck",
    "note ended",
  ]);
  const at = world.clock.now();
  const who = { at, hub: "chat", connectionId: client.id, userId: "ann" };
  expect(seen[2]).toEqual({ ...who, direction: "in", type: "joinGroup", group: "news", ackId: 1, bytes: 45 });
  expect(seen[5]).toMatchObject({ ...who, group: "news", sequenceId: 1, text: '{"a":1}' });
  expect(seen[7]).toMatchObject({ text: "close code 1006; can be recovered", failed: true });
  expect(seen[8]).toMatchObject({
    held: true,
    sequenceId: 2,
    text: "20 bytes: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f …",
  });
  expect(seen[9]).toMatchObject({ text: "2 messages replayed" });
  expect(seen[11]).toMatchObject({ text: "the client closed it" });
  const shown = JSON.stringify(seen);
  expect(shown).not.toContain(client.token);
});

test("what is wrong is marked: refused operations, frames that can't be read, clients that may not come in", async () => {
  const world = new World();
  const { seen } = watch(world);
  const client = await world.client({ role: [] });
  seen.length = 0;
  client.say({ type: "joinGroup", group: "g", ackId: 1 });
  for (const wrong of [{ type: "later" }, { type: "joinGroup", ackId: 2 }, "{"]) {
    (await world.client()).say(wrong);
  }
  await expect(world.open({ access_token: "no JSON" }, true)).rejects.toThrow();
  const failed = seen.filter((entry) => entry.failed === true);
  expect(short(failed)).toEqual(["out ack", "in invalid", "in invalid", "in invalid", "note refused"]);
  expect(failed[0]?.text).toMatch(/^Forbidden: /);
  expect(failed.at(-1)).toMatchObject({ hub: "chat", text: expect.stringMatching(/^401: /) as string });
  expect(failed.at(-1)).not.toHaveProperty("connectionId");
});

test("to a half-open transport nothing goes: data waits for the recovery, acks are lost", async () => {
  const world = new World();
  const client = await world.client();
  const { seen } = watch(world);
  const session = world.service.hub("chat").session(client.id);
  if (session?.transport === undefined) throw new Error("There is no transport.");
  Object.assign(session.transport, { frozen: true });
  client.say({ type: "joinGroup", group: "g", ackId: 1 });
  client.say({ type: "sendToGroup", group: "g", ackId: 2, dataType: "text", data: "x" });
  expect(short(seen)).toEqual(["in joinGroup", "in sendToGroup", "out groupData"]);
  expect(seen[2]?.held).toBe(true);
});

test("nobody watches: no event is made; every watcher of several sees each of them", async () => {
  const world = new World();
  const two = [watch(world), watch(world)] as const;
  const client: TestClient = await world.client();
  two[0].end();
  client.say({ type: "ping" });
  expect(short(two[0].seen)).toEqual(["note opened", "out connected"]);
  expect(short(two[1].seen)).toEqual(["note opened", "out connected", "in ping", "out pong"]);
  two[1].end();
  expect(world.service.trace.watched).toBe(false);
});

const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl";

test.each([
  ["a  b\n c", "a b c"],
  [`see ${token} there`, "see (hidden) there"],
  [
    `{"a":1,"accessToken":"secret","b":[{"Password" : "x\\"y"}]}`,
    '{"a":1,"accessToken":"(hidden)","b":[{"Password" : "(hidden)"}]}',
  ],
  [`{"token":12,"tokens":true}`, '{"token":"(hidden)","tokens":"(hidden)"}'],
  ["ws://h/client?access_token=abc&x=1", "ws://h/client?access_token=(hidden)&x=1"],
  ["Endpoint=http://h;AccessKey=ABC=;Version=1.0", "Endpoint=http://h;AccessKey=(hidden);Version=1.0"],
  ["Authorization: Bearer abc.def", "Authorization: Bearer (hidden)"],
  ["the token of my appreciation", "the token of my appreciation"],
])("%j is shown as %j", (text, shown) => {
  expect(presentable(text)).toBe(shown);
});

test("a long text is shortened, and a token that is cut off stays hidden", () => {
  expect(presentable("x".repeat(200))).toBe("x".repeat(200));
  expect(presentable("x".repeat(201))).toBe(`${"x".repeat(200)}…`);
  const long = presentable(`${"a".repeat(100)} eyJ${"b".repeat(5_000)}`);
  expect(long).toBe(`${"a".repeat(100)} (hidden)…`);
  expect(presentable(`{"token":"${"b".repeat(5_000)}`)).toBe('{"token":"(hidden)"…');
});

test("a hostile text takes no time", () => {
  const start = performance.now();
  presentable(`"${"token".repeat(100_000)}`);
  presentable("eyJ".repeat(100_000));
  expect(performance.now() - start).toBeLessThan(limit(1_000));
});
