import { expect, test } from "vitest";
import type { Fault } from "../../src/index.js";
import { House, type Message, type RawClient, plain, until } from "./harness.js";

const start = (streamId = "s", more: Message = {}): Message => ({
  type: "sendToGroup",
  group: "g",
  noEcho: false,
  stream: { streamId, ...more },
});
const fragment = (streamSequenceId: number, streamId = "s"): Message => ({
  type: "streamData",
  streamId,
  streamSequenceId,
  dataType: "text",
  data: `${streamSequenceId}`,
});
const end = { type: "streamEnd", streamId: "s" };

/** Waits for the n-th message of a type. */
const nth = (client: RawClient, type: string, n = 1): Promise<Message> =>
  until(() => client.messages.filter((message) => message["type"] === type)[n - 1]);

const told = (client: RawClient) => client.messages.filter(({ type }) => String(type).startsWith("stream"));

/** A publisher with an open stream, and a member of its group. */
async function stage(more?: Message) {
  const house = await House.open();
  const publisher = await house.client({ userId: "ann" });
  const member = await house.client({ groups: ["g"] });
  publisher.send(start("s", more));
  await nth(publisher, "streamAck");
  const { faults } = house.emulator;
  return { house, faults, publisher, member, [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() };
}

test("a stream from a reliable publisher to members of either subprotocol", async () => {
  await using world = await stage({ idleTimeoutMs: 5_000 });
  const { house, publisher, member } = world;
  const other = await house.client({ groups: ["g"], subprotocol: plain });
  for (let id = 1; id <= 100; id++) publisher.send(fragment(id));
  publisher.send(end);
  expect(await nth(publisher, "streamClosed")).toEqual({ type: "streamClosed", streamId: "s" });
  await until(() => member.data[100] && other.data[100]);
  for (const client of [member, other]) {
    expect(client.data.slice(0, 100).map(({ data }) => data)).toEqual(
      Array.from({ length: 100 }, (_, i) => `${i + 1}`),
    );
    expect(client.data[100]).toMatchObject({
      stream: { streamId: "s", streamSequenceId: 101, endOfStream: true },
    });
  }
  expect(member.data.map(({ sequenceId }) => sequenceId)).toEqual(
    Array.from({ length: 101 }, (_, i) => i + 1),
  );
  // Never one ack for each fragment.
  expect(told(publisher).length).toBeLessThan(50);
});

test("the hub shows the open streams, also of one who is away", async () => {
  await using world = await stage({ idleTimeoutMs: 5_000 });
  const hub = world.house.emulator.hub("chat");
  world.publisher.send(fragment(1));
  await until(() => hub.streams()[0]?.expectedSequenceId === 2);
  world.faults.cutTransports({ userId: "ann" });
  await world.publisher.gone();
  expect(hub.streams()).toEqual([
    {
      streamId: "s",
      group: "g",
      connectionId: world.publisher.id,
      expectedSequenceId: 2,
      noEcho: false,
      idleTimeoutInMs: 5_000,
    },
  ]);
  hub.closeConnection(world.publisher.id);
  expect(hub.streams()).toEqual([]);
  expect((await until(() => world.member.data[1]))["stream"]).toMatchObject({ error: { name: "Cancelled" } });
});

test("a stream goes on over a new transport", async () => {
  await using world = await stage();
  const { house, publisher, member } = world;
  publisher.send(fragment(1));
  await nth(member, "message");
  publisher.socket.terminate();
  const again = await house.recover(publisher);
  expect(await nth(again, "streamAck")).toMatchObject({ expectedSequenceId: 2 });
  again.send(fragment(1));
  again.send(fragment(2));
  again.send(end);
  await nth(again, "streamClosed");
  expect(member.data.map(({ stream }) => (stream as Message)["streamSequenceId"])).toEqual([1, 2, 3]);
});

test("silence ends a stream", async () => {
  await using world = await stage({ idleTimeoutMs: 30 });
  expect(await nth(world.publisher, "streamClosed")).toMatchObject({ error: { name: "IdleTimeout" } });
  expect((await nth(world.member, "message"))["stream"]).toMatchObject({ error: { name: "IdleTimeout" } });
});

test("a permission revoked through the hub ends it too", async () => {
  await using world = await stage();
  world.house.emulator.hub("chat").revokePermission(world.publisher.id, "sendToGroup");
  world.publisher.send(fragment(1));
  expect(await nth(world.publisher, "streamClosed")).toMatchObject({ error: { name: "Forbidden" } });
  expect((await nth(world.member, "message"))["stream"]).toMatchObject({ error: { name: "Forbidden" } });
});

test("nackFragments refuses the n-th fragment; it is taken when it comes again", async () => {
  await using world = await stage();
  const { faults, publisher, member } = world;
  faults.nackFragments({ streamSequenceId: 2, times: 2 });
  for (const id of [1, 2, 3]) publisher.send(fragment(id));
  expect(await nth(publisher, "streamNack")).toMatchObject({ name: "TransientError", expectedSequenceId: 2 });
  publisher.send(fragment(2));
  await nth(publisher, "streamNack", 2);
  for (const id of [2, 3]) publisher.send(fragment(id));
  publisher.send(end);
  await nth(publisher, "streamClosed");
  expect(told(publisher).filter(({ type }) => type === "streamNack")).toHaveLength(2);
  expect(member.data.map(({ data }) => data)).toEqual(["1", "2", "3", ""]);
  expect(faults.active).toEqual([]);
});

test("nackFragments by name, stream and publisher", async () => {
  await using world = await stage();
  const { house, faults, publisher } = world;
  const bob = await house.client({ userId: "bob" });
  publisher.send(start("t"));
  bob.send(start("t"));
  await Promise.all([nth(publisher, "streamAck", 2), nth(bob, "streamAck")]);
  faults.nackFragments({ name: "InvalidSequenceId", streamId: "t", filter: { userId: "bob" } });
  publisher.send(fragment(1, "s"));
  publisher.send(fragment(1, "t"));
  bob.send(fragment(1, "t"));
  expect(await nth(bob, "streamNack")).toMatchObject({ streamId: "t", name: "InvalidSequenceId" });
  await publisher.settled();
  expect(told(publisher).some(({ type }) => type === "streamNack")).toBe(false);
});

test("holdStreamAcks loses acks, also the one of a start; later ones make up for them", async () => {
  await using world = await stage();
  const { faults, publisher } = world;
  faults.holdStreamAcks({ swallow: true });
  publisher.send(start("t"));
  for (let id = 1; id <= 40; id++) publisher.send(fragment(id));
  await publisher.settled();
  expect(told(publisher)).toHaveLength(1);
  faults.reset();
  for (let id = 41; id <= 80; id++) publisher.send(fragment(id));
  await until(() => told(publisher).find(({ expectedSequenceId }) => expectedSequenceId === 81));
  expect(told(publisher).every(({ streamId }) => streamId === "s")).toBe(true);
});

test("holdStreamAcks delays acks; a late one says what is expected by then", async () => {
  await using world = await stage();
  const { faults, publisher } = world;
  faults.holdStreamAcks({ delayInMs: 500, streamId: "s", times: 1 });
  const sent = performance.now();
  for (let id = 1; id <= 70; id++) publisher.send(fragment(id));
  expect(await nth(publisher, "streamAck", 2)).toMatchObject({ expectedSequenceId: 71 });
  expect(performance.now() - sent).toBeGreaterThan(495);
});

test("refuseStreams answers starts with an error", async () => {
  await using world = await stage();
  const { faults, publisher, member } = world;
  faults.refuseStreams({ error: "InternalServerError", streamId: "t", times: 1 });
  publisher.send(start("t"));
  publisher.send(start("t"));
  expect(await nth(publisher, "streamClosed")).toMatchObject({
    streamId: "t",
    error: { name: "InternalServerError" },
  });
  expect(await nth(publisher, "streamAck", 2)).toMatchObject({ streamId: "t" });
  await member.settled();
  expect(member.data).toEqual([]);
});

test.each([
  ["IdleTimeout", "IdleTimeout"],
  ["StreamNotFound", "Cancelled"],
])("closeStreams with %s: subscribers hear %s", async (error, heard) => {
  await using world = await stage();
  const { faults, publisher, member } = world;
  expect(faults.closeStreams({ error, streamId: "other" })).toBe(0);
  expect(faults.closeStreams({ error, filter: { userId: "bob" } })).toBe(0);
  expect(faults.closeStreams({ error, message: "by the test" })).toBe(1);
  expect(await nth(publisher, "streamClosed")).toEqual({
    type: "streamClosed",
    streamId: "s",
    error: { name: error, message: "by the test" },
  });
  expect((await nth(member, "message"))["stream"]).toMatchObject({
    endOfStream: true,
    error: { name: heard, message: "by the test" },
  });
});

test("faults of streams and invocations are plain JSON, and wrong ones are refused", async () => {
  await using house = await House.open();
  const { faults } = house.emulator;
  faults.nackFragments({ streamSequenceId: 3, name: "InvalidSequenceId", streamId: "s", times: 1 });
  faults.holdStreamAcks({ swallow: true, filter: { userId: "u" } });
  faults.refuseStreams({ error: "Forbidden" });
  faults.holdInvocations({ delayInMs: 10, event: "e" });
  const described = JSON.parse(JSON.stringify(faults.active)) as Fault[];
  faults.reset();
  for (const fault of described) faults.inject(fault);
  expect(faults.active).toEqual(described);

  const wrong = (fault: unknown) => () => faults.inject(fault as Fault);
  expect(wrong({ kind: "nackFragments", streamSequenceId: 0 })).toThrow("streamSequenceId");
  expect(wrong({ kind: "nackFragments", name: "Forbidden" })).toThrow("TransientError");
  expect(wrong({ kind: "holdStreamAcks" })).toThrow("holdStreamAcks takes either");
  expect(wrong({ kind: "holdStreamAcks", swallow: true, streamId: "" })).toThrow("streamId");
  expect(wrong({ kind: "holdInvocations", delayInMs: -1 })).toThrow("delayInMs");
  expect(wrong({ kind: "holdInvocations", swallow: true, event: 1 })).toThrow("event");
  expect(wrong({ kind: "refuseStreams" })).toThrow("error");
  expect(wrong({ kind: "closeStreams", error: "" })).toThrow("error");
  expect(wrong({ kind: "closeStreams", error: "x", times: 1 })).toThrow("times");
});
