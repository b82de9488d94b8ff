import { expect, test } from "vitest";
import { SendMessageError } from "web-pubsub-client";
import { hub, House, until } from "./harness.js";

const fast = { messageRetryOptions: { retryDelayInMs: 1 } };

test("two clients talk in a group: text, JSON with null, bytes of any view", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"]);
  const ben = await house.welcome("ben", ["room"]);
  const bytes = Uint8Array.of(9, 1, 2, 3, 9);

  await ann.client.sendToGroup("room", "hello", "text", { noEcho: true });
  await ann.client.sendToGroup("room", null, { noEcho: true });
  await ann.client.sendToGroup("room", { deep: [1, null, "é"] }, { noEcho: true });
  await ann.client.sendToGroup("room", bytes.subarray(1, 4), { noEcho: true });
  await ann.client.sendToGroup("room", Buffer.from("buffer"), "binary", { noEcho: true });
  await ann.client.sendToGroup("room", bytes.buffer, { noEcho: true });
  await ben.client.sendToGroup("room", "and hello to you");
  await until(() => ben.heard.length === 7 && ann.heard.length === 1);

  expect(ben.heard).toEqual([
    "hello",
    null,
    { deep: [1, null, "é"] },
    Uint8Array.of(1, 2, 3),
    new Uint8Array(Buffer.from("buffer")),
    bytes,
    "and hello to you",
  ]);
  expect(ann.heard).toEqual(["and hello to you"]);
  expect(ben.of("group-message").map(({ message }) => [message.group, message.fromUserId])).toEqual([
    ...Array.from({ length: 6 }, () => ["room", "ann"]),
    ["room", "ben"],
  ]);
  expect(ben.of("group-message").map(({ message }) => message.dataType)).toEqual([
    "text",
    "json",
    "json",
    "binary",
    "binary",
    "binary",
    "text",
  ]);
});

test("events reach the server with their metadata, and its answer comes before the ack", async () => {
  const seen: unknown[] = [];
  await using house = await House.open({
    hubs: {
      [hub]: {
        handlers: [
          {
            onEvent({ eventName, userId, data, metadata }) {
              seen.push({ eventName, userId, data, metadata });
              return { data: { answer: 42 }, metadata: { from: "server" } };
            },
          },
        ],
      },
    },
  });
  const ann = await house.welcome("ann");
  const heardAtAck = await ann.client
    .sendEvent("ask", { question: 6 * 7 }, "json", { metadata: { trace: "t-1" } })
    .then(() => [...ann.heard]);
  expect(heardAtAck).toEqual([{ answer: 42 }]);
  expect(seen).toEqual([
    { eventName: "ask", userId: "ann", data: { question: 42 }, metadata: { trace: "t-1" } },
  ]);
  expect(ann.of("server-message")[0]?.message.metadata).toEqual({ from: "server" });
});

test("metadata travels with a message to a group", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"]);
  await ann.client.sendToGroup("room", "m", { metadata: { trace: "t-2", Priority: "high" } });
  await ann.client.sendToGroup("room", "none");
  await until(() => ann.heard.length === 2);
  expect(ann.of("group-message").map(({ message }) => message.metadata)).toEqual([
    { trace: "t-2", Priority: "high" },
    undefined,
  ]);
  await expect(ann.client.sendToGroup("room", "x", { metadata: { "bad name": "" } })).rejects.toMatchObject({
    code: "InvalidMessage",
  });
});

test("a message that outlived its ttlSeconds isn't replayed, and the gap is no loss", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], { environment: { random: () => 0.01 } });
  const ben = await house.welcome("ben");
  house.faults.refuseUpgrades({ with: 503, only: "recovery" });
  house.faults.cutTransports({ userId: "ann" });
  await until(() => ann.client.state === "Recovering");

  await ben.client.sendToGroup("room", "short-lived", { ttlSeconds: 1 });
  const expiry = Date.now() + 1_000;
  await ben.client.sendToGroup("room", "long-lived", { ttlSeconds: 300 });
  await ben.client.sendToGroup("room", "for ever", { ttlSeconds: 0 });
  await until(() => Date.now() > expiry);
  house.faults.reset();
  await until(() => ann.heard.length === 2);

  expect(ann.heard).toEqual(["long-lived", "for ever"]);
  expect(ann.of("group-message").map(({ message }) => message.sequenceId)).toEqual([2, 3]);
  await ben.client.sendToGroup("room", "goes on");
  await until(() => ann.heard.length === 3);
  expect(ann.story).toEqual(["connected", "recovering", "recovered"]);
});

test("a replay that comes twice is delivered once", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann");
  house.faults.replayTwice();
  house.faults.cutTransports();
  for (let i = 1; i <= 50; i++) house.hub.sendToUser("ann", i);
  await until(() => ann.heard.length >= 50);
  // Frames come in order: with this answer everything before it is here.
  await ann.client.joinGroup("fence");
  expect(ann.heard).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
});

test("an ack that is lost makes the same id go again, and nothing happens twice", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], { ackTimeoutInMs: 500 });
  house.faults.holdAcks({ swallow: true, times: 1 });
  const result = await ann.client.sendToGroup("room", "once");
  expect(result).toMatchObject({ isDuplicated: true });
  await ann.client.sendToGroup("room", "then");
  await until(() => ann.heard.length === 2);
  expect(ann.heard).toEqual(["once", "then"]);
});

test("an operation whose ack died with the transport is resent under its id and executed once", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"]);
  house.faults.holdAcks({ swallow: true, times: 3 });
  const operations = [1, 2, 3].map((n) => ann.client.sendToGroup("room", n));
  await until(() => ann.heard.length === 3);
  house.faults.cutTransports();
  const results = await Promise.all(operations);
  expect(results.map(({ isDuplicated }) => isDuplicated)).toEqual([true, true, true]);
  expect(new Set(results.map(({ ackId }) => ackId)).size).toBe(3);
  await ann.client.joinGroup("fence");
  expect(ann.heard).toEqual([1, 2, 3]);
});

test("late acks settle their operations, each its own", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"]);
  house.faults.holdAcks({ delayInMs: 200, times: 1 });
  const settled: string[] = [];
  await Promise.all([
    ann.client.sendToGroup("room", "late").then(() => settled.push("late")),
    ann.client.sendToGroup("room", "prompt").then(() => settled.push("prompt")),
  ]);
  expect(settled).toEqual(["prompt", "late"]);
  expect(ann.heard).toEqual(["late", "prompt"]);
});

test("a transient refusal is retried with the same id", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], fast);
  house.faults.answerAcks({ error: "InternalServerError", times: 3 });
  const { ackId, isDuplicated } = await ann.client.sendToGroup("room", "at last");
  expect(isDuplicated).toBe(false);
  await ann.client.joinGroup("fence");
  expect(ann.heard).toEqual(["at last"]);
  // The join was 1; retries take no id of their own.
  expect(ackId).toBe(2);
});

test("after the last retry the service's words come to the caller", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], fast);
  house.faults.answerAcks({ error: "InternalServerError", times: 4 });
  const failure = await ann.client.sendToGroup("room", "never").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SendMessageError);
  expect(failure).toMatchObject({ code: "Refused", errorDetail: { name: "InternalServerError" } });
  expect(house.faults.active).toEqual([]);
});

test("what is forbidden is refused at once", async () => {
  await using house = await House.open();
  const ann = house.guest("ann", { messageRetryOptions: { retryDelayInMs: 60_000 } }, { roles: [] });
  await ann.client.start();
  await expect(ann.client.joinGroup("room")).rejects.toMatchObject({
    name: "SendMessageError",
    code: "Refused",
    errorDetail: { name: "Forbidden" },
  });
});

test("stop with drainInMs lets pending operations through", async () => {
  await using house = await House.open();
  const ben = await house.welcome("ben", ["room"]);
  const ann = await house.welcome("ann");
  const operations = Array.from({ length: 100 }, (_, n) => ann.client.sendToGroup("room", n));
  await ann.client.stop({ drainInMs: 5_000 });
  await Promise.all(operations);
  expect(ann.client.state).toBe("Stopped");
  await until(() => ben.heard.length === 100);
});
