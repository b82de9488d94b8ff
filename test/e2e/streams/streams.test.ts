import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import type {
  GroupStream,
  GroupStreamError,
  GroupStreamWriter,
  OnGroupStreamOptions,
} from "web-pubsub-client";
import { House, until, type Guest } from "../harness.js";
import { codecs } from "./codecs.js";

interface Received {
  readonly id: string;
  readonly data: unknown[];
  done: boolean;
  error?: GroupStreamError;
}

/** Reads every stream that a guest gets. */
function receive({ client }: Guest, options?: OnGroupStreamOptions): Received[] {
  const all: Received[] = [];
  client.onGroupStream(async (stream) => {
    const received: Received = { id: stream.streamId, data: [], done: false };
    all.push(received);
    try {
      for await (const { data } of stream) received.data.push(data);
      received.done = true;
    } catch (thrown) {
      received.error = thrown as GroupStreamError;
    }
  }, options);
  return all;
}

describe.each(codecs)("$name", ({ reliable }) => {
  async function scene(options: Parameters<House["welcome"]>[2] = {}) {
    const house = await House.open({}, reliable);
    const ann = await house.welcome("ann", ["room"], options);
    const bob = await house.welcome("bob", ["room"]);
    return {
      house,
      ann,
      bob,
      received: receive(bob),
      [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
    };
  }

  test("text, JSON and bytes cross in order; end() means that all of it is there", async () => {
    await using world = await scene();
    const writer = await world.ann.client.openGroupStream("room");
    await writer.write("hello ");
    await writer.write({ n: 1 });
    await writer.write(new Uint8Array([9, 8, 7]));
    await writer.end();
    await until(() => world.received[0]?.done);
    expect(world.received[0]?.data).toEqual(["hello ", { n: 1 }, new Uint8Array([9, 8, 7]).buffer]);
  });

  test("fragments of nothing are fragments", async () => {
    await using world = await scene();
    const writer = await world.ann.client.openGroupStream("room");
    const nothings = ["", new Uint8Array(0), null, {}, 0, false];
    for (const nothing of nothings) await writer.write(nothing);
    await writer.end();
    await until(() => world.received[0]?.done);
    expect(world.received[0]?.data).toEqual(["", new ArrayBuffer(0), null, {}, 0, false]);
  });

  test("a stream to a group that nobody is in ends like any other", async () => {
    await using world = await scene();
    const writer = await world.ann.client.openGroupStream("empty room");
    for (let n = 0; n < 300; n++) await writer.write(n);
    await writer.end();
    expect(world.received).toEqual([]);
  });

  test("a receiver that falls silent by its own timeout may meet the rest as a new stream (2.18)", async () => {
    await using world = await scene();
    const patient = receive(await world.house.welcome("patient", ["room"]));
    const hasty = receive(await world.house.welcome("hasty", ["room"]), { idleTimeoutInMs: 500 });
    const strict = receive(await world.house.welcome("strict", ["room"]), {
      idleTimeoutInMs: 500,
      handleFromStart: true,
    });
    const writer = await world.ann.client.openGroupStream("room", { streamId: "s" });
    await writer.write(1);
    await until(() => hasty[0]?.error && strict[0]?.error);
    for (const n of [2, 3, 4]) await writer.write(n);
    await writer.end();
    await until(() => hasty[1]?.done && patient[0]?.done);
    const again = await world.ann.client.openGroupStream("room", { streamId: "s" });
    await again.write("anew");
    await again.end();
    await until(() => strict[1]?.done);
    const told = (all: Received[]) => all.map(({ data, error }) => [data, error?.name]);
    expect(told(hasty).slice(0, 2)).toEqual([
      [[1], "IdleTimeout"],
      [[2, 3, 4], undefined],
    ]);
    expect(told(strict)).toEqual([
      [[1], "IdleTimeout"],
      [["anew"], undefined],
    ]);
  });

  test("an id is refused until the service has closed its stream (2.18)", async () => {
    await using world = await scene();
    const { client } = world.ann;
    const writer = await client.openGroupStream("room", { streamId: "s" });
    const ended = writer.end();
    await expect(client.openGroupStream("room", { streamId: "s" })).rejects.toMatchObject({
      code: "AlreadyExists",
      message: "Stream 's' already exists.",
    });
    await ended;
    await (await client.openGroupStream("room", { streamId: "s" })).end();
  });

  test("two streams side by side stay apart (2.18)", async () => {
    await using world = await scene();
    const { client } = world.ann;
    const writers = [await client.openGroupStream("room"), await client.openGroupStream("room")];
    for (let n = 0; n < 50; n++)
      for (const [at, writer] of writers.entries()) await writer.write(`${at}:${n}`);
    await Promise.all(writers.map((writer) => writer.end()));
    await until(() => world.received[0]?.done && world.received[1]?.done);
    for (const at of [0, 1]) {
      expect(world.received[at]?.data).toEqual(Array.from({ length: 50 }, (_, n) => `${at}:${n}`));
    }
  });

  test("a stream of nothing is a stream", async () => {
    await using world = await scene();
    const writer = await world.ann.client.openGroupStream("room", { streamId: "empty" });
    await writer.end();
    await until(() => world.received[0]?.done);
    expect(world.received[0]).toMatchObject({ id: "empty", data: [] });
  });

  test("the publisher hears its own stream, unless it asks not to", async () => {
    await using world = await scene();
    const own = receive(world.ann);
    for (const noEcho of [true, false]) {
      const writer = await world.ann.client.openGroupStream("room", { streamId: `${noEcho}`, noEcho });
      await writer.write("x");
      await writer.end();
    }
    await until(() => own[0]?.done && world.received[1]?.done);
    expect(own.map(({ id }) => id)).toEqual(["false"]);
  });

  test("an aborted stream fails at its receivers with the publisher's words", async () => {
    await using world = await scene();
    const writer = await world.ann.client.openGroupStream("room");
    await writer.write("half");
    await writer.abort({ message: "out of ideas", userErrorCode: "APP_42" });
    await until(() => world.received[0]?.error);
    expect(world.received[0]).toMatchObject({
      data: ["half"],
      done: false,
      error: { name: "UserError", message: "out of ideas", userErrorCode: "APP_42" },
    });
  });

  test("an id can be used again after the end", async () => {
    await using world = await scene();
    for (const word of ["one", "two"]) {
      const writer = await world.ann.client.openGroupStream("room", { streamId: "same" });
      await writer.write(word);
      await writer.end();
    }
    await until(() => world.received[1]?.done);
    expect(world.received.map(({ data }) => data)).toEqual([["one"], ["two"]]);
  });

  test("W37: a slow writer is kept alive by itself", async () => {
    await using world = await scene();
    const writer = await world.ann.client.openGroupStream("room", { idleTimeoutInMs: 1_500 });
    await writer.write("a");
    // Longer than the service would wait, with room for a busy machine.
    const started = performance.now();
    await until(() => performance.now() - started > 1_800);
    await writer.write("b");
    await writer.end();
    await until(() => world.received[0]?.done);
    expect(world.received[0]?.data).toEqual(["a", "b"]);
  });

  test("an IdleTimeout of the service reaches both sides", async () => {
    await using world = await scene();
    const writer = await world.ann.client.openGroupStream("room");
    const errors: GroupStreamError[] = [];
    writer.onError((error) => errors.push(error));
    await writer.write("a");
    world.house.faults.closeStreams({ error: "IdleTimeout", message: "too quiet" });
    await until(() => errors[0] && world.received[0]?.error);
    expect(errors).toMatchObject([{ name: "IdleTimeout", code: "IdleTimeout", message: "too quiet" }]);
    expect(world.received[0]?.error).toMatchObject({ name: "IdleTimeout" });
    await expect(writer.write("b")).rejects.toThrow("is completed");
  });

  test("a permission that is missing fails the opening, one that goes fails the stream", async () => {
    await using world = await scene();
    const stranger = world.house.guest("eve", {}, { roles: [] });
    await stranger.client.start();
    await expect(stranger.client.openGroupStream("room")).rejects.toMatchObject({ name: "Forbidden" });

    const allowed = world.house.guest("joe", {}, { roles: [] });
    await allowed.client.start();
    const id = allowed.client.connectionId ?? "";
    world.house.hub.grantPermission(id, "sendToGroup", "room");
    const writer = await allowed.client.openGroupStream("room");
    await writer.write("a");
    world.house.hub.revokePermission(id, "sendToGroup", "room");
    const errors: GroupStreamError[] = [];
    writer.onError((error) => errors.push(error));
    await writer.write("b").catch(() => undefined);
    await until(() => errors[0] && world.received[0]?.error);
    expect(errors[0]).toMatchObject({ name: "Forbidden" });
  });

  test("W30: fragments that the service refuses arrive all the same, once and in order", async () => {
    await using world = await scene();
    world.house.faults.nackFragments({ streamSequenceId: 3, times: 3 });
    world.house.faults.nackFragments({ streamSequenceId: 7, times: 1 });
    const writer = await world.ann.client.openGroupStream("room");
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    for (const n of numbers) await writer.write(n);
    await writer.end();
    await until(() => world.received[0]?.done);
    expect(world.received[0]?.data).toEqual(numbers);
  });

  test("acks that are late or lost slow a stream down and break nothing", async () => {
    await using world = await scene();
    const { faults } = world.house;
    const writer = await world.ann.client.openGroupStream("room", { maxUnackedFragments: 8 });
    faults.holdStreamAcks({ swallow: true, times: 1 });
    faults.holdStreamAcks({ delayInMs: 30, times: 3 });
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    for (const n of numbers) await writer.write(n);
    await writer.end();
    await until(() => world.received[0]?.done);
    expect(world.received[0]?.data).toEqual(numbers);
  });

  test("W31: a start that is never answered has a deadline; the id is free after it", async () => {
    await using world = await scene();
    world.house.faults.holdStreamAcks({ swallow: true, times: 1 });
    const options = { streamId: "s", startTimeoutInMs: 200 };
    await expect(world.ann.client.openGroupStream("room", options)).rejects.toMatchObject({
      name: "Timeout",
    });
    // The service's answers to the first one come first.
    let again: GroupStreamWriter | undefined;
    await expect
      .poll(async () => (again = await world.ann.client.openGroupStream("room", options)), { interval: 5 })
      .toBeDefined();
    await again?.write("x");
    await again?.end();
    await until(() => world.received.at(-1)?.done);
    expect(world.received.at(-1)?.data).toEqual(["x"]);
  });

  test("a start whose answer a cut has swallowed is repeated", async () => {
    await using world = await scene();
    world.house.faults.holdStreamAcks({ swallow: true, times: 1 });
    const opening = world.ann.client.openGroupStream("room");
    await world.ann.client.sendToGroup("room", "the service has the start now");
    world.house.faults.cutTransports({ userId: "ann" });
    const writer = await opening;
    await writer.write("x");
    await writer.end();
    await until(() => world.received[0]?.done);
  });

  test("a refused start is an error with the service's name", async () => {
    await using world = await scene();
    world.house.faults.refuseStreams({ error: "InternalServerError", times: 1 });
    await expect(world.ann.client.openGroupStream("room")).rejects.toMatchObject({
      name: "InternalServerError",
    });
  });

  test("an end whose answer a cut has swallowed is answered after the recovery", async () => {
    // Without delays between attempts: these cuts come fast.
    await using world = await scene({ environment: { random: () => 0 } });
    for (let round = 0; round < 10; round++) {
      const writer = await world.ann.client.openGroupStream("room", { streamId: `${round}` });
      await writer.write(round);
      const ended = writer.end();
      world.house.faults.cutTransports({ userId: "ann" });
      await ended;
    }
    await until(() => world.received[9]?.done);
    expect(world.received.map(({ data }) => data)).toEqual(Array.from({ length: 10 }, (_, n) => [n]));
  });

  test("a new connection fails writers and readers, and says so", async () => {
    await using world = await scene();
    const writer = await world.ann.client.openGroupStream("room");
    const errors: GroupStreamError[] = [];
    writer.onError((error) => errors.push(error));
    await writer.write("a");
    await until(() => world.received[0]?.data[0]);
    world.house.faults.rejectRecovery();
    world.house.faults.cutTransports({ userId: "ann" });
    await until(() => errors[0] && world.received[0]?.error);
    expect(errors[0]).toMatchObject({ name: "ConnectionLost", code: "ConnectionLost" });
    expect(world.received[0]).toMatchObject({ data: ["a"], done: false, error: { name: "Cancelled" } });

    world.house.faults.reset();
    const second = await world.ann.client.openGroupStream("room");
    await second.write("b");
    await until(() => world.received[1]?.data[0]);
    world.house.faults.rejectRecovery();
    world.house.faults.cutTransports({ userId: "bob" });
    await until(() => world.received[1]?.error);
    expect(world.received[1]?.error).toMatchObject({ name: "ConnectionLost" });
  });

  test("a file goes to a group and into a file again in one line each", async () => {
    await using world = await scene();
    const folder = await mkdtemp(join(tmpdir(), "streams-"));
    try {
      const bytes = randomBytes(3_000_000);
      await writeFile(join(folder, "in"), bytes);
      const taker = await world.house.welcome("taker", ["room"]);
      const target = await open(join(folder, "out"), "w");
      const taken = new Promise<void>((resolve, reject) => {
        taker.client.onGroupStream((stream: GroupStream) => {
          stream.readable
            .pipeTo(Writable.toWeb(target.createWriteStream()) as WritableStream<unknown>)
            .then(resolve, reject);
        });
      });

      const source = await open(join(folder, "in"));
      const writer = await world.ann.client.openGroupStream("room", { noEcho: true });
      // Chunks of 512 KB are too long for one frame as base64 beside others: they are split.
      await (source.readableWebStream({ type: "bytes" }) as ReadableStream<Uint8Array<ArrayBuffer>>).pipeTo(
        writer.writable,
      );
      await taken;
      await source.close();
      const copy = await readFile(join(folder, "out"));
      expect(createHash("sha256").update(copy).digest("hex")).toBe(
        createHash("sha256").update(bytes).digest("hex"),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a fetch body goes to a group", async () => {
    await using world = await scene();
    const words = "streaming/".repeat(1_000);
    const { body } = await fetch(`data:text/plain,${words}`);
    const writer = await world.ann.client.openGroupStream("room");
    await body?.pipeTo(writer.writable);
    await until(() => world.received[0]?.done);
    const parts = world.received[0]?.data.map((data) => Buffer.from(data as ArrayBuffer));
    expect(Buffer.concat(parts ?? []).toString() === words).toBe(true);
  });

  test.each([true, false])("a thousand streams at once overrun nobody (noEcho: %s)", async (noEcho) => {
    await using world = await scene();
    const { client } = world.ann;
    await Promise.all(
      Array.from({ length: 1_000 }, async (_, n) => {
        const writer = await client.openGroupStream("room", { noEcho });
        await writer.write(n);
        await writer.write("x");
        await writer.end();
      }),
    );
    await until(() => world.received.length === 1_000 && world.received.every(({ done }) => done));
    const numbers = world.received.map(({ data }) => data[0] as number).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    for (const { story } of [world.ann, world.bob]) expect(story).toEqual(["connected"]);
  });
});
