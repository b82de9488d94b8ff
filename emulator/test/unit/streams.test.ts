import { expect, test } from "vitest";
import { ack, closed, end, fragment, heard, keepAlive, start, told } from "./streamsWorld.js";
import { World } from "./world.js";

/** A publisher and a member of the group. */
async function pair(world = new World(), claims = {}) {
  return {
    world,
    publisher: await world.client({ sub: "ann", ...claims }),
    member: await world.client({ "webpubsub.group": "g" }),
  };
}

test("a start is acknowledged with 1, and nobody hears of it", async () => {
  const { publisher, member } = await pair();
  publisher.say(start());
  expect(told(publisher)).toEqual([ack(1)]);
  expect(member.data).toEqual([]);
});

test("fragments go to the group with their place in the stream, then the end without content", async () => {
  const { world, publisher, member } = await pair();
  publisher.say(start("s", {}, { metadata: { trace: "1" } }));
  publisher.say({ type: "streamData", streamId: "s", streamSequenceId: 1, dataType: "text", data: "hi" });
  publisher.say(end());
  expect(member.data).toEqual([
    {
      type: "message",
      from: "group",
      group: "g",
      fromUserId: "ann",
      sequenceId: 1,
      dataType: "text",
      data: "hi",
      metadata: { trace: "1" },
      stream: { streamId: "s", streamSequenceId: 1 },
    },
    {
      type: "message",
      from: "group",
      group: "g",
      fromUserId: "ann",
      sequenceId: 2,
      dataType: "text",
      data: "",
      metadata: { trace: "1" },
      stream: { streamId: "s", streamSequenceId: 2, endOfStream: true },
    },
  ]);
  expect(told(publisher)).toEqual([ack(1), ack(2), closed()]);
  world.clock.advance(400_000);
  expect(told(publisher)).toHaveLength(3);
  expect(world.clock.timers).toEqual([]);
});

test("acks come in batches: after 32 fragments, or a moment after the first one", async () => {
  const { world, publisher } = await pair();
  publisher.say(start());
  for (let i = 1; i <= 70; i++) publisher.say(fragment(i));
  expect(told(publisher)).toEqual([ack(1), ack(33), ack(65)]);
  world.clock.advance(20);
  expect(told(publisher).slice(3)).toEqual([ack(71)]);
  world.clock.advance(1_000);
  expect(told(publisher)).toHaveLength(4);
});

test("large fragments are acknowledged sooner", async () => {
  const { publisher } = await pair();
  publisher.say(start());
  for (let i = 1; i <= 4; i++) publisher.say(fragment(i, "s", "x".repeat(100_000)));
  expect(told(publisher)).toEqual([ack(1), ack(4)]);
});

test("a duplicate isn't published again; what is expected is said again", async () => {
  const { world, publisher, member } = await pair();
  publisher.say(start());
  for (const id of [1, 2, 1, 2]) publisher.say(fragment(id));
  expect(heard(member)).toEqual([
    [1, 1],
    [2, 2],
  ]);
  world.clock.advance(20);
  publisher.say(fragment(1));
  world.clock.advance(20);
  expect(told(publisher)).toEqual([ack(1), ack(3), ack(3)]);
});

test("a gap brings one nack for all that was on its way, and another one for the next mistake", async () => {
  const { publisher, member } = await pair();
  publisher.say(start());
  for (const id of [1, 3, 4, 5]) publisher.say(fragment(id));
  const nack = { type: "streamNack", streamId: "s", name: "InvalidSequenceId", expectedSequenceId: 2 };
  expect(told(publisher).slice(1)).toEqual([{ ...nack, message: expect.any(String) as unknown }]);
  publisher.say(fragment(4));
  expect(told(publisher).slice(2)).toMatchObject([nack]);
  for (const id of [2, 3, 4, 5, 7]) publisher.say(fragment(id));
  expect(told(publisher).slice(3)).toMatchObject([{ ...nack, expectedSequenceId: 6 }]);
  expect(heard(member)).toEqual([1, 2, 3, 4, 5].map((id) => [id, id]));
});

test("an end behind a gap waits until the gap is filled; an abort doesn't", async () => {
  const { publisher, member } = await pair();
  publisher.say(start());
  for (const message of [fragment(2), end(), fragment(1), fragment(2), end()]) publisher.say(message);
  expect(heard(member)).toEqual([[1, 1], [2, 2], { end: 3, error: undefined }]);
  publisher.say(start());
  publisher.say(fragment(2));
  publisher.say(end({ message: "enough" }));
  expect(heard(member).slice(3)).toEqual([{ end: 1, error: { name: "UserError", message: "enough" } }]);
});

test("the publisher's error reaches subscribers as UserError, the publisher is told nothing of it", async () => {
  const { publisher, member } = await pair();
  publisher.say(start());
  publisher.say(end({ message: "no", userErrorCode: "APP_42", name: "Forged" }));
  expect(heard(member)).toEqual([
    { end: 1, error: { name: "UserError", message: "no", userErrorCode: "APP_42" } },
  ]);
  expect(told(publisher)).toEqual([ack(1), ack(1), closed()]);
});

test("silence closes a stream; data and keep-alives keep it open, refused fragments do not", async () => {
  const { world, publisher, member } = await pair();
  publisher.say(start("s", { idleTimeoutMs: 1_000 }));
  for (const message of [fragment(1), keepAlive(), fragment(1), keepAlive()]) {
    world.clock.advance(999);
    publisher.say(message);
  }
  world.clock.advance(500);
  publisher.say(fragment(5));
  world.clock.advance(499);
  expect(told(publisher).at(-1)).toMatchObject({ type: "streamNack" });
  world.clock.advance(1);
  expect(told(publisher).at(-1)).toEqual(closed("IdleTimeout"));
  expect(heard(member)).toEqual([
    [1, 1],
    { end: 2, error: { name: "IdleTimeout", message: expect.any(String) as unknown } },
  ]);
  expect(world.clock.timers).toEqual([]);
});

test("without an idle timeout of its own a stream has 300 seconds", async () => {
  const { world, publisher } = await pair();
  publisher.say(start());
  world.clock.advance(299_999);
  expect(told(publisher)).toHaveLength(1);
  world.clock.advance(1);
  expect(told(publisher).at(-1)).toEqual(closed("IdleTimeout"));
});

test("a timeout beyond what a timer can take is kept all the same", async () => {
  const { world, publisher } = await pair();
  publisher.say(start("s", { idleTimeoutMs: 4_294_967_295 }));
  world.clock.advance(4_294_967_294);
  expect(told(publisher)).toHaveLength(1);
  world.clock.advance(1);
  expect(told(publisher).at(-1)).toEqual(closed("IdleTimeout"));
});

test("noEcho keeps fragments and the end from the publisher alone", async () => {
  const { publisher, member } = await pair(new World(), { "webpubsub.group": "g" });
  publisher.say(start("quiet", {}, { noEcho: true }));
  publisher.say(start("loud"));
  for (const id of ["quiet", "loud"]) {
    publisher.say(fragment(1, id));
    publisher.say(end(undefined, id));
  }
  expect(publisher.data.map(({ stream }) => stream)).toEqual([
    { streamId: "loud", streamSequenceId: 1 },
    { streamId: "loud", streamSequenceId: 2, endOfStream: true },
  ]);
  expect(member.data).toHaveLength(4);
});

test("without the permission to send no stream opens", async () => {
  const { publisher } = await pair(new World(), { role: "webpubsub.sendToGroup.other" });
  publisher.say(start());
  publisher.say(fragment(1));
  expect(told(publisher)).toEqual([closed("Forbidden")]);
});

test.each([
  ["fragment", fragment(2)],
  ["keep-alive", keepAlive()],
  ["end", end()],
])("a permission taken in mid-stream closes it for both sides at the next %s", async (_kind, message) => {
  const { world, publisher, member } = await pair();
  publisher.say(start());
  publisher.say(fragment(1));
  world.service.hub("chat").session(publisher.id)?.permissions.revoke("sendToGroup");
  publisher.say(message);
  expect(told(publisher).at(-1)).toEqual(closed("Forbidden"));
  expect(heard(member).slice(1)).toMatchObject([{ end: 2, error: { name: "Forbidden" } }]);
  publisher.say(fragment(3));
  world.clock.advance(1_000);
  expect(told(publisher)).toHaveLength(2);
  expect(member.data).toHaveLength(2);
});

test.each([
  ["a fragment", fragment(1)],
  ["a keep-alive", keepAlive()],
  ["an end", end()],
])("%s without a stream is answered by StreamNotFound, once", async (_kind, message) => {
  const { publisher, member } = await pair();
  for (let i = 0; i < 5; i++) publisher.say(message);
  expect(told(publisher)).toEqual([closed("StreamNotFound")]);
  publisher.say(start());
  expect(told(publisher).at(-1)).toEqual(ack(1));
  expect(member.data).toEqual([]);
});

test("a second start with the id of a stream under way ends it as BadRequest, and the id is free then", async () => {
  const { publisher, member } = await pair();
  publisher.say(start());
  publisher.say(start());
  publisher.say(fragment(1));
  publisher.say(start());
  expect(told(publisher)).toEqual([ack(1), ack(1), closed("BadRequest")]);
  expect(heard(member)).toMatchObject([[1, 1], { end: 2, error: { name: "Cancelled" } }]);
  publisher.say(start());
  expect(told(publisher).at(-1)).toEqual(ack(1));
});

test("ids are a connection's own", async () => {
  const { world, publisher, member } = await pair();
  const other = await world.client();
  for (const client of [publisher, other]) {
    client.say(start());
    client.say(fragment(1));
  }
  expect(heard(member)).toEqual([
    [1, 1],
    [1, 1],
  ]);
});

test.each([
  ["an empty id", start("")],
  ["an id that is no string", start("s", { streamId: 1 })],
  ["a stream that is no object", { ...start(), stream: "s" }],
  ["an idle timeout of 0", start("s", { idleTimeoutMs: 0 })],
  ["a broken idle timeout", start("s", { idleTimeoutMs: 1.5 })],
  ["an idle timeout beyond 32 bits", start("s", { idleTimeoutMs: 2 ** 32 })],
  ["content in the start", start("s", {}, { dataType: "text", data: "x" })],
  ["an ackId in the start", start("s", {}, { ackId: 7 })],
  ["a group without a name", start("s", {}, { group: "" })],
])("%s: the client is declined", async (_what, message) => {
  const { world, publisher } = await pair();
  publisher.say(message);
  expect(told(publisher)).toEqual([]);
  expect(publisher.end).toMatchObject({ code: 1007 });
  expect(world.diagnostics).toHaveLength(1);
});

test.each([
  ["no data", { type: "streamData", streamId: "s", streamSequenceId: 1, dataType: "text" }],
  ["no number", { type: "streamData", streamId: "s", dataType: "text", data: "x" }],
  ["number 0", fragment(0)],
  ["wrong data", { type: "streamData", streamId: "s", streamSequenceId: 1, dataType: "binary", data: "%" }],
  ["a wrong error", { type: "streamEnd", streamId: "s", error: { message: 1 } }],
])("a message of a stream with %s declines the client, and its stream ends", async (_what, message) => {
  const { publisher, member } = await pair();
  publisher.say(start());
  publisher.say(message);
  expect(told(publisher)).toEqual([ack(1)]);
  expect(publisher.end).toMatchObject({ code: 1007 });
  expect(heard(member)).toMatchObject([{ end: 1, error: { name: "Cancelled" } }]);
});

test("json null is content like any other", async () => {
  const { publisher, member } = await pair();
  publisher.say(start());
  publisher.say(fragment(1, "s", null));
  expect(heard(member)).toEqual([[1, null]]);
});

test("a connection has at most 1,000 open streams", async () => {
  const { publisher } = await pair();
  for (let i = 1; i <= 1_001; i++) publisher.say(start(`${i}`));
  expect(told(publisher).at(-1)).toEqual(closed("BadRequest", "1001"));
  publisher.say(end(undefined, "1"));
  publisher.say(start("again"));
  expect(told(publisher).at(-1)).toEqual(ack(1, "again"));
});

test("when the publisher's session ends, subscribers hear Cancelled and no timer is left", async () => {
  const { world, publisher, member } = await pair();
  publisher.say(start());
  publisher.say(fragment(1));
  publisher.link?.closed(1000);
  expect(heard(member)).toMatchObject([[1, 1], { end: 2, error: { name: "Cancelled" } }]);
  expect(world.clock.timers).toEqual([]);
});

test("a plain connection's streams end with its transport", async () => {
  const world = new World();
  const publisher = await world.client({}, false);
  const member = await world.client({ "webpubsub.group": "g" }, false);
  publisher.say(start());
  publisher.say(fragment(1));
  publisher.link?.closed(1006);
  expect(member.data.map(({ stream, sequenceId }) => [stream, sequenceId])).toMatchObject([
    [{ streamSequenceId: 1 }, undefined],
    [{ streamSequenceId: 2, endOfStream: true, error: { name: "Cancelled" } }, undefined],
  ]);
});

test("acks wait for a receiver that is far behind, but not for long", async () => {
  const { world, publisher, member } = await pair();
  publisher.say(start());
  for (let i = 1; i <= 600; i++) publisher.say(fragment(i));
  world.clock.advance(1_000);
  const last = () => told(publisher).at(-1);
  const stuck = Number(last()?.["expectedSequenceId"]);
  expect(stuck).toBeGreaterThan(450);
  expect(stuck).toBeLessThan(540);
  member.say({ type: "sequenceAck", sequenceId: 400 });
  world.clock.advance(20);
  expect(last()).toEqual(ack(601));

  for (let i = 601; i <= 1_000; i++) publisher.say(fragment(i));
  world.clock.advance(4_900);
  expect(last()).not.toEqual(ack(1_001));
  world.clock.advance(200);
  expect(last()).toEqual(ack(1_001));
});

test("a publisher without echo isn't slowed down by what it hasn't acknowledged itself", async () => {
  const { world, publisher, member } = await pair(new World(), { "webpubsub.group": "g" });
  for (let i = 0; i < 600; i++) {
    member.say({ type: "sendToGroup", group: "g", dataType: "text", data: "x", noEcho: true });
  }
  for (const [id, noEcho] of [
    ["quiet", true],
    ["loud", false],
  ] as const) {
    publisher.say(start(id, {}, { noEcho }));
    for (let i = 1; i <= 32; i++) publisher.say(fragment(i, id));
  }
  world.clock.advance(100);
  expect(told(publisher)).toEqual([ack(1, "quiet"), ack(33, "quiet"), ack(1, "loud")]);
});
