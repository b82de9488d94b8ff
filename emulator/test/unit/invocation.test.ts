import { expect, test } from "vitest";
import type { Payload } from "../../src/service/messages.js";
import type { UserEvent, UserEventAnswer } from "../../src/service/upstream.js";
import { type Message, type TestClient, World } from "./world.js";

const invoke = (invocationId: string, more: Message = {}): Message => ({
  type: "invoke",
  invocationId,
  target: "event",
  event: "e",
  dataType: "text",
  data: "question",
  ...more,
});

const responses = (client: TestClient): Message[] =>
  client.messages.filter(({ type }) => type === "invokeResponse");
const text = (value: string): UserEventAnswer => ({
  kind: "handled",
  reply: { payload: { dataType: "text", text: value } },
});

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

interface Call {
  readonly event: UserEvent;
  readonly signal: AbortSignal | undefined;
  answer(answer: UserEventAnswer): Promise<void>;
}

/** A world whose application answers when the test says so. */
function office(holdsInvocation: () => "swallow" | number | undefined = () => undefined) {
  const calls: Call[] = [];
  const world = new World({
    interference: { holdsInvocation },
    upstream: {
      userEvent: (event, signal) =>
        new Promise((resolve) =>
          calls.push({
            event,
            signal,
            answer: async (answer) => {
              resolve(answer);
              await settled();
            },
          }),
        ),
    },
  });
  return { world, calls };
}

test("the application gets the question as a user event, its reply is the answer", async () => {
  const { world, calls } = office();
  const client = await world.client({ sub: "ann", role: [] });
  client.say(invoke("i"));
  expect(calls[0]?.event).toMatchObject({
    hub: "chat",
    connectionId: client.id,
    userId: "ann",
    eventName: "e",
    payload: { dataType: "text", text: "question" },
    invocationId: "i",
  });
  await calls[0]?.answer(text("answer"));
  expect(responses(client)).toEqual([
    { type: "invokeResponse", invocationId: "i", success: true, dataType: "text", data: "answer" },
  ]);
  expect(client.data).toEqual([]);
  expect(client.acks).toEqual([]);
});

test.each<[string, Payload, Message]>([
  ["json", { dataType: "json", json: '{"a":null}' }, { dataType: "json", data: { a: null } }],
  ["binary", { dataType: "binary", bytes: Uint8Array.of(1, 2) }, { dataType: "binary", data: "AQI=" }],
  ["protobuf", { dataType: "protobuf", bytes: Uint8Array.of(3) }, { dataType: "protobuf", data: "Aw==" }],
])("an answer may be %s", async (_type, payload, wire) => {
  const { world, calls } = office();
  const client = await world.client();
  client.say(invoke("i"));
  await calls[0]?.answer({ kind: "handled", reply: { payload } });
  expect(responses(client)).toEqual([{ type: "invokeResponse", invocationId: "i", success: true, ...wire }]);
});

test("a question and an answer without content are fine", async () => {
  const { world, calls } = office();
  const client = await world.client();
  client.say({ type: "invoke", invocationId: "i", target: "event", event: "e" });
  expect(calls[0]?.event.payload).toEqual({ dataType: "text", text: "" });
  await calls[0]?.answer({ kind: "handled" });
  expect(responses(client)).toEqual([{ type: "invokeResponse", invocationId: "i", success: true }]);
});

test("no handler is NotFound, a failing one InternalServerError without its reason", async () => {
  const { world, calls } = office();
  const client = await world.client();
  client.say(invoke("a"));
  client.say(invoke("b"));
  await calls[0]?.answer({ kind: "unhandled" });
  await calls[1]?.answer({ kind: "failed", reason: "secret" });
  expect(responses(client)).toMatchObject([
    { invocationId: "a", success: false, error: { name: "NotFound" } },
    { invocationId: "b", success: false, error: { name: "InternalServerError" } },
  ]);
  expect(JSON.stringify(responses(client))).not.toContain("secret");
  expect(world.diagnostics).toMatchObject([{ message: expect.stringContaining("secret") as unknown }]);
});

test("an upstream that throws is a failing handler", async () => {
  const world = new World({ upstream: { userEvent: () => Promise.reject(new Error("down")) } });
  const client = await world.client();
  client.say(invoke("i"));
  await settled();
  expect(responses(client)).toMatchObject([{ success: false, error: { name: "InternalServerError" } }]);
});

test("invocations wait neither for one another nor for a user event", async () => {
  const { world, calls } = office();
  const client = await world.client();
  client.say({ type: "event", event: "slow", ackId: 1, dataType: "text", data: "" });
  client.say(invoke("a"));
  client.say(invoke("b"));
  expect(calls).toHaveLength(3);
  await calls[2]?.answer(text("b"));
  await calls[1]?.answer(text("a"));
  expect(responses(client).map(({ data }) => data)).toEqual(["b", "a"]);
});

test("a repeated id isn't started again while it runs; one answer is for both", async () => {
  const { world, calls } = office();
  const client = await world.client();
  client.say(invoke("i"));
  client.say(invoke("i"));
  expect(calls).toHaveLength(1);
  await calls[0]?.answer(text("one"));
  expect(responses(client)).toHaveLength(1);
  client.say(invoke("i"));
  await calls[1]?.answer(text("two"));
  expect(responses(client).map(({ data }) => data)).toEqual(["one", "two"]);
});

test("the same id on two connections is two invocations", async () => {
  const { world, calls } = office();
  const [a, b] = [await world.client(), await world.client()];
  a.say(invoke("1"));
  b.say(invoke("1"));
  await calls[0]?.answer(text("a"));
  expect(responses(a)).toMatchObject([{ data: "a" }]);
  expect(responses(b)).toEqual([]);
});

test("a cancelled invocation aborts the handler, has no answer, and its id is free", async () => {
  const { world, calls } = office();
  const client = await world.client();
  client.say(invoke("i"));
  expect(calls[0]?.signal?.aborted).toBe(false);
  client.say({ type: "cancelInvocation", invocationId: "i" });
  client.say({ type: "cancelInvocation", invocationId: "unknown" });
  expect(calls[0]?.signal?.aborted).toBe(true);
  client.say(invoke("i"));
  await calls[0]?.answer(text("too late"));
  await calls[1]?.answer(text("right"));
  expect(responses(client)).toMatchObject([{ data: "right" }]);
});

test("when the session ends, its handlers are aborted and nothing is answered", async () => {
  const { world, calls } = office();
  const client = await world.client();
  client.say(invoke("i"));
  client.link?.closed(1006);
  expect(calls[0]?.signal?.aborted).toBe(false);
  world.clock.advance(30_000);
  expect(calls[0]?.signal?.aborted).toBe(true);
  await calls[0]?.answer(text("x"));
  expect(responses(client)).toEqual([]);
});

test("an answer that is due while the transport is down comes after the recovery", async () => {
  const { world, calls } = office();
  const client = await world.client();
  client.say(invoke("i"));
  client.link?.closed(1006);
  await calls[0]?.answer(text("kept"));
  const again = await world.recover(client);
  expect(again.messages.map(({ type }) => type)).toEqual(["invokeResponse"]);
  expect(responses(again)).toMatchObject([{ invocationId: "i", data: "kept" }]);
});

test("an answer that a transport may have lost is repeated, unless its id is in use again or it is old", async () => {
  const { world, calls } = office();
  const client = await world.client();
  for (const id of ["old", "reused", "cancelled", "lost"]) client.say(invoke(id));
  await calls[0]?.answer(text("old"));
  world.clock.advance(59_999);
  for (const call of calls.slice(1)) await call.answer(text(String(call.event.invocationId)));
  client.say(invoke("reused"));
  client.say({ type: "cancelInvocation", invocationId: "cancelled" });
  client.link?.closed(1006);
  world.clock.advance(1);
  const again = await world.recover(client);
  expect(responses(again)).toMatchObject([{ data: "lost" }]);
  await calls[4]?.answer(text("new"));
  expect(responses(again).map(({ data }) => data)).toEqual(["lost", "new"]);
});

test("no more than 100 answers or 1 MB are kept, but always the last one", async () => {
  const { world, calls } = office();
  const client = await world.client();
  for (let i = 0; i < 150; i++) client.say(invoke(`${i}`));
  for (const [i, call] of calls.entries()) await call.answer(text(`${i}`));
  client.link?.closed(1006);
  const second = await world.recover(client);
  expect(responses(second).map(({ data }) => data)).toEqual(
    Array.from({ length: 100 }, (_, i) => `${i + 50}`),
  );
  second.say(invoke("large"));
  await calls[150]?.answer(text("x".repeat(2 ** 20 + 1)));
  second.link?.closed(1006);
  expect(responses(await world.recover(client))).toMatchObject([{ invocationId: "large" }]);
});

test("a plain connection keeps no answers", async () => {
  const { world, calls } = office();
  const client = await world.client({}, false);
  client.say(invoke("i"));
  await calls[0]?.answer(text("answer"));
  expect(responses(client)).toHaveLength(1);
});

test("at most 1,000 invocations of a connection run at once", async () => {
  const { world, calls } = office();
  const client = await world.client();
  for (let i = 1; i <= 1_001; i++) client.say(invoke(`${i}`));
  expect(calls).toHaveLength(1_000);
  expect(responses(client)).toMatchObject([
    { invocationId: "1001", success: false, error: { name: "InternalServerError" } },
  ]);
});

test("what the handler leaves on the connection is there for later events", async () => {
  const { world, calls } = office();
  const client = await world.client();
  client.say(invoke("a"));
  await calls[0]?.answer({ kind: "handled", connectionState: "mark" });
  client.say(invoke("b"));
  expect(calls[1]?.event.connectionState).toBe("mark");
});

test.each([
  ["another target", { target: "group" }],
  ["no target", { target: undefined }],
  ["no event", { event: undefined }],
  ["an unknown dataType", { dataType: "xml" }],
  ["a dataType without data", { data: undefined }],
  ["an empty id", { invocationId: "" }],
  ["an id that is no string", { invocationId: 1 }],
])("who asks with %s is declined", async (_what, more) => {
  const { world, calls } = office();
  const client = await world.client();
  client.say(invoke("i", more));
  expect(client.end).toMatchObject({ code: 1007 });
  expect(calls).toEqual([]);
});

test("so is who cancels nothing", async () => {
  const { world } = office();
  const client = await world.client();
  client.say({ type: "cancelInvocation" });
  expect(client.end).toMatchObject({ code: 1007 });
});

test("a late answer comes late, can be cancelled, and doesn't outlive its session", async () => {
  const { world, calls } = office(() => 1_000);
  const client = await world.client();
  for (const id of ["a", "b"]) client.say(invoke(id));
  for (const call of calls) await call.answer(text("x"));
  client.say(invoke("a"));
  client.say({ type: "cancelInvocation", invocationId: "b" });
  world.clock.advance(999);
  expect(responses(client)).toEqual([]);
  world.clock.advance(1);
  expect(responses(client)).toMatchObject([{ invocationId: "a" }]);
  expect(calls).toHaveLength(2);
  client.say(invoke("c"));
  await calls[2]?.answer(text("x"));
  client.link?.closed(1000);
  expect(world.clock.timers).toEqual([]);
});

test("an answer that never comes isn't sent by a recovery either", async () => {
  const { world, calls } = office(() => "swallow");
  const client = await world.client();
  client.say(invoke("a"));
  await calls[0]?.answer(text("x"));
  client.link?.closed(1006);
  const again = await world.recover(client);
  world.clock.advance(100_000);
  expect(responses(again)).toEqual([]);
});
