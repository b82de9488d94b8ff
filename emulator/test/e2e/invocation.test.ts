import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import type { HandlerEvent } from "../../src/index.js";
import { House, type Message, type RawClient, until } from "./harness.js";

const invoke = (invocationId: string, event = "e"): Message => ({
  type: "invoke",
  invocationId,
  target: "event",
  event,
  dataType: "json",
  data: { n: 1 },
});
const responses = (client: RawClient) => client.messages.filter(({ type }) => type === "invokeResponse");

/** A house whose handler answers with the event's name, once `release` is called for a slow one. */
async function office() {
  const seen: HandlerEvent[] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const house = await House.open({
    hubs: {
      chat: {
        handlers: [
          {
            async onEvent(event) {
              seen.push(event);
              if (event.eventName === "slow") await released;
              return { data: event.eventName };
            },
          },
        ],
      },
    },
  });
  return { house, seen, release, [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() };
}

test("a handler sees an invocation for what it is, and an event for what that is", async () => {
  await using world = await office();
  const client = await world.house.client({ roles: [], userId: "ann" });
  client.send(invoke("i"));
  await until(() => responses(client)[0]);
  expect(responses(client)).toEqual([
    { type: "invokeResponse", invocationId: "i", success: true, dataType: "text", data: "e" },
  ]);
  await client.ask({ type: "event", event: "plain", dataType: "text", data: "" });
  expect(world.seen).toMatchObject([
    { invocationId: "i", userId: "ann", dataType: "json", data: { n: 1 }, signal: { aborted: false } },
    { invocationId: undefined, signal: undefined },
  ]);
});

test("the metadata of an invocation reaches its handler; on JSON it has none", async () => {
  await using world = await office();
  const client = await world.house.client();
  client.send({ ...invoke("i"), metadata: { a: "b" } });
  await until(() => responses(client)[0]);
  const socket = new WebSocket(
    await world.house.emulator.clientAccessUrl("chat"),
    "protobuf.webpubsub.azure.v1",
  );
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  // invoke_event { event: "e", invocation_id: "i", metadata: { a: "b" } }
  socket.send(Buffer.from("520e0a016512016922060a0161120162", "hex"));
  await until(() => world.seen[1]);
  expect(world.seen.map(({ metadata }) => metadata)).toEqual([undefined, { a: "b" }]);
});

test("cancelling reaches the handler, and so does a client that goes", async () => {
  await using world = await office();
  const client = await world.house.client();
  client.send(invoke("a", "slow"));
  client.send(invoke("b", "slow"));
  await until(() => world.seen[1]);
  client.send({ type: "cancelInvocation", invocationId: "a" });
  await until(() => world.seen[0]?.signal?.aborted);
  expect(world.seen[1]?.signal?.aborted).toBe(false);
  client.socket.close(1000);
  await until(() => world.seen[1]?.signal?.aborted);
});

test("an answer finds its client over a new transport", async () => {
  await using world = await office();
  const client = await world.house.client();
  client.send(invoke("a", "slow"));
  await until(() => world.seen[0]);
  world.house.emulator.faults.cutTransports();
  await client.gone();
  world.release();
  const again = await world.house.recover(client);
  await until(() => responses(again)[0]);
  expect(responses(again)).toMatchObject([{ invocationId: "a", data: "slow" }]);
});

test("holdInvocations: the handler is asked, the answer is late or never comes", async () => {
  await using world = await office();
  const client = await world.house.client();
  const { faults } = world.house.emulator;
  faults.holdInvocations({ swallow: true, event: "LOST", times: 1 });
  faults.holdInvocations({ delayInMs: 300, event: "late" });
  const sent = performance.now();
  for (const [id, event] of [
    ["1", "lost"],
    ["2", "late"],
    ["3", "quick"],
    ["4", "lost"],
  ] as const)
    client.send(invoke(id, event));
  await until(() => responses(client)[2]);
  expect(performance.now() - sent).toBeGreaterThan(295);
  expect(responses(client).map(({ invocationId }) => invocationId)).toEqual(["3", "4", "2"]);
  expect(world.seen.map(({ eventName }) => eventName)).toEqual(["lost", "late", "quick", "lost"]);
});
