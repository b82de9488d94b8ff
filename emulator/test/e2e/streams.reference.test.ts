import {
  type GroupStream,
  type GroupStreamMessage,
  WebPubSubClient,
  type WebPubSubClientOptions,
} from "@azure/web-pubsub-client";
import { expect, test } from "vitest";
import { House, anyGroup, until } from "./harness.js";

/** A reference client, started, that ends with its test. */
async function reference(house: House, options?: WebPubSubClientOptions) {
  const url = await house.emulator.clientAccessUrl("chat", { userId: "u", roles: anyGroup });
  const client = new WebPubSubClient(url, options);
  await client.start();
  return { client, [Symbol.dispose]: () => client.stop() };
}

interface Received {
  readonly stream: GroupStream;
  readonly messages: GroupStreamMessage[];
  end?: "complete" | { readonly error: unknown };
}

/** Takes in every stream of a client until its end. */
function receive(client: WebPubSubClient): Received[] {
  const all: Received[] = [];
  client.onGroupStream(async (stream) => {
    const received: Received = { stream, messages: [] };
    all.push(received);
    try {
      for await (const message of stream) received.messages.push(message);
      received.end = "complete";
    } catch (error) {
      received.end = { error };
    }
  });
  return all;
}

const dataOf = (received: Received | undefined) => received?.messages.map(({ data }) => data);

test("text, JSON and bytes arrive in order, and the stream completes", async () => {
  await using house = await House.open();
  using sender = await reference(house);
  using receiver = await reference(house);
  await receiver.client.joinGroup("g");
  const streams = receive(receiver.client);
  const writer = await sender.client.openGroupStream("g", { streamId: "s", idleTimeoutInMs: 15_000 });
  expect(house.emulator.hub("chat").streams()).toMatchObject([
    { streamId: "s", group: "g", expectedSequenceId: 1, noEcho: false, idleTimeoutInMs: 15_000 },
  ]);
  await writer.write("hello ", "text");
  await writer.write({ n: 1 }, "json");
  await writer.write(Uint8Array.of(9, 8, 7).buffer, "binary");
  await writer.end();
  await until(() => streams[0]?.end);
  expect(streams[0]).toMatchObject({ end: "complete", stream: { groupName: "g", streamId: "s" } });
  expect(dataOf(streams[0])?.slice(0, 2)).toEqual(["hello ", { n: 1 }]);
  expect(new Uint8Array(dataOf(streams[0])?.[2] as ArrayBuffer)).toEqual(Uint8Array.of(9, 8, 7));
  expect(streams[0]?.messages.map(({ stream }) => stream.streamSequenceId)).toEqual([1, 2, 3]);
  expect(house.emulator.hub("chat").streams()).toEqual([]);

  // `end` resolves before the service has closed the stream; then the id is free again.
  for (let again; again === undefined;) {
    again = await sender.client.openGroupStream("g", { streamId: "s" }).catch(() => undefined);
  }
  expect(house.emulator.hub("chat").streams()).toMatchObject([{ streamId: "s", expectedSequenceId: 1 }]);
});

test("an end without content is no message; interleaved streams stay apart", async () => {
  await using house = await House.open();
  using sender = await reference(house);
  using receiver = await reference(house);
  await receiver.client.joinGroup("g");
  const streams = receive(receiver.client);
  const a = await sender.client.openGroupStream("g");
  const b = await sender.client.openGroupStream("g");
  const empty = await sender.client.openGroupStream("g");
  for (let i = 0; i < 100; i++) {
    await a.write(`a${i}`, "text");
    await b.write(`b${i}`, "text");
  }
  await Promise.all([a.end(), b.end(), empty.end()]);
  await until(() => streams.length === 3 && streams.every(({ end }) => end));
  const by = (id: string) => streams.find(({ stream }) => stream.streamId === id);
  expect(dataOf(by(a.streamId))).toEqual(Array.from({ length: 100 }, (_, i) => `a${i}`));
  expect(dataOf(by(b.streamId))).toEqual(Array.from({ length: 100 }, (_, i) => `b${i}`));
  expect(by(empty.streamId)).toMatchObject({ messages: [], end: "complete" });
});

test("a sender's abort reaches the receiver as UserError", async () => {
  await using house = await House.open();
  using sender = await reference(house);
  using receiver = await reference(house);
  await receiver.client.joinGroup("g");
  const streams = receive(receiver.client);
  const writer = await sender.client.openGroupStream("g");
  await writer.write("part", "text");
  await writer.abort({ message: "changed my mind", userErrorCode: "APP_42" });
  await until(() => streams[0]?.end);
  expect(dataOf(streams[0])).toEqual(["part"]);
  expect(streams[0]?.end).toEqual({
    error: { name: "UserError", message: "changed my mind", userErrorCode: "APP_42" },
  });
});

test("the service's idle timeout ends both sides", async () => {
  await using house = await House.open();
  using sender = await reference(house);
  using receiver = await reference(house);
  await receiver.client.joinGroup("g");
  const streams = receive(receiver.client);
  const errors: unknown[] = [];
  const writer = await sender.client.openGroupStream("g", { idleTimeoutInMs: 1_000 });
  writer.onError((error) => void errors.push(error));
  await writer.write("one", "text");
  await until(() => errors[0] && streams[0]?.end);
  expect(errors).toMatchObject([{ name: "IdleTimeout" }]);
  expect(streams[0]?.end).toMatchObject({ error: { name: "IdleTimeout" } });
  await expect(writer.write("late", "text")).rejects.toThrow("is completed");
});

test("a stream goes on after its publisher's transport was cut, nothing lost or doubled", async () => {
  await using house = await House.open();
  // Without a word from the service this client doesn't send again what its writer hasn't heard of.
  house.emulator.faults.announceRecovery();
  using sender = await reference(house);
  using receiver = await reference(house);
  await receiver.client.joinGroup("g");
  const streams = receive(receiver.client);
  const writer = await sender.client.openGroupStream("g");
  const count = 600;
  for (let i = 0; i < count; i++) {
    await writer.write(`${i}`, "text");
    if (i % 200 === 100) house.emulator.faults.cutTransports();
  }
  await writer.end();
  await until(() => streams[0]?.end);
  expect(streams[0]?.end).toBe("complete");
  expect(dataOf(streams[0])).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
});
