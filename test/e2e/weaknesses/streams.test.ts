import { expect, test } from "vitest";
import type { OnGroupStreamOptions, OpenGroupStreamOptions, WebPubSubClientOptions } from "web-pubsub-client";
import { fromServer, type Frame } from "../../helpers/frames.js";
import { follow } from "../../helpers/settlement.js";
import { compared, ending, happens, relapses, watched } from "./scenario.js";
import type { MakeSubject, Stream, StreamWriter, Subject } from "./subject.js";
import { until } from "../../helpers/until.js";
import { WireService } from "./wireService.js";

/** A service and a client that is connected to it. */
async function stage(make: MakeSubject, options: WebPubSubClientOptions = {}) {
  const service = await WireService.open();
  const client = make(service.url, options);
  await client.start();
  const end = ending(client);
  return {
    service,
    client,
    [Symbol.asyncDispose]: async () => {
      await end[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

const ackOf = (expectedSequenceId: number): Frame => ({
  type: "streamAck",
  streamId: "s",
  expectedSequenceId,
});

/** Opens the stream `s`; the service answers its start. */
async function open(
  { service, client }: { service: WireService; client: Subject },
  options: OpenGroupStreamOptions = {},
): Promise<StreamWriter> {
  const opening = client.openGroupStream("g", { streamId: "s", ...options });
  await until(() => service.connection.of("sendToGroup").length > 0);
  service.connection.send(ackOf(1));
  return opening;
}

const idsOf = (service: WireService): unknown[] =>
  service.connection.of("streamData").map(({ streamSequenceId }) => streamSequenceId);

function fragment(streamSequenceId: number, stream: Frame = {}): Frame {
  return {
    type: "message",
    from: "group",
    group: "g",
    fromUserId: "bob",
    dataType: "text",
    data: stream["endOfStream"] === true ? "" : `${streamSequenceId}`,
    stream: { streamId: "s", streamSequenceId, ...stream },
  };
}

/** Reads every stream to its end. */
function read(client: Subject, options?: OnGroupStreamOptions) {
  const readings: { data: unknown[]; done: boolean; error: unknown }[] = [];
  client.onGroupStream(async (stream) => {
    const reading = { data: [] as unknown[], done: false, error: undefined as unknown };
    readings.push(reading);
    try {
      for await (const { data } of stream) reading.data.push(data);
      reading.done = true;
    } catch (thrown) {
      reading.error = thrown;
    }
  }, options);
  return readings;
}

/** Waits until the client has handled what it was sent. */
async function handled({ service, client }: { service: WireService; client: Subject }): Promise<void> {
  let heard = false;
  client.on("server-message", () => (heard = true));
  service.connection.send(fromServer("all handled"));
  await until(() => heard);
}

test("W12: a fragment whose signal has fired already isn't sent", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const writer = await open(world);
    const write = follow(writer.write("no", "text", { abortSignal: AbortSignal.abort() }));
    await writer.write("yes", "text");
    await until(() => write.status === "rejected" && idsOf(world.service).length > 0);
    await world.client.sendEvent("later", "", "text");
    return world.service.connection.of("streamData").map(({ data }) => data);
  };
  expect(await compared(scenario)).toEqual({ ours: ["yes"], reference: ["no", "yes"] });
});

test("W17: streams go on after a recovery that brings no connected message", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const { service } = world;
    const writer = await open(world);
    await writer.write("x", "text");
    await until(() => idsOf(service).length === 1);
    service.onConnection = () => undefined;
    service.connection.cut();
    await until(() => service.connections.length === 2);
    return await happens(make, () => idsOf(service).length === 1);
  };
  expect(await compared(scenario)).toEqual({ ours: true, reference: false });
});

test("W24: JSON null is a fragment, not a keep-alive that leaves a hole", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const writer = await open(world);
    await writer.write(null, "json");
    await writer.write("x", "text");
    await until(() => world.service.connection.of("streamData").length === 2);
    return idsOf(world.service);
  };
  expect(await compared(scenario)).toEqual({ ours: [1, 2], reference: [undefined, 2] });
});

test("W26: an idle timeout beyond what timers hold doesn't fire at once", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const [readings, service] = [read(world.client, { idleTimeoutInMs: 2 ** 31 }), world.service];
    service.connection.send(fragment(1));
    await until(() => readings.length === 1);
    return await relapses(make, () => readings[0]?.error !== undefined);
  };
  expect(await compared(scenario)).toEqual({ ours: false, reference: true });
});

test("W29: a nack doesn't open a stream", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const opening = follow(world.client.openGroupStream("g", { streamId: "s" }));
    await until(() => world.service.connection.of("sendToGroup").length > 0);
    world.service.connection.send({ ...ackOf(1), type: "streamNack", name: "TransientError" });
    await until(() => opening.status !== "pending");
    return opening.status;
  };
  expect(await compared(scenario)).toEqual({ ours: "rejected", reference: "resolved" });
});

test("W30: a nack rewinds: what was lost is sent again, in order", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const writer = await open(world);
    for (const data of ["a", "b", "c"]) await writer.write(data, "text");
    await until(() => idsOf(world.service).length === 3);
    world.service.connection.send({ ...ackOf(2), type: "streamNack", name: "InvalidSequenceId" });
    await happens(make, () => idsOf(world.service).length === 5);
    return idsOf(world.service);
  };
  expect(await compared(scenario)).toEqual({ ours: [1, 2, 3, 2, 3], reference: [1, 2, 3] });
});

test.each<[string, () => OpenGroupStreamOptions]>([
  ["has a deadline", () => ({ startTimeoutInMs: 50 })],
  ["is given up by its signal", () => ({ abortSignal: AbortSignal.timeout(50) })],
])("W31: an opening that nobody answers %s", async (_, options) => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    return await watched(make, follow(world.client.openGroupStream("g", options())));
  };
  expect(await compared(scenario)).toEqual({ ours: "rejected", reference: "pending" });
});

test("W32: a fragment that can't be written fails alone", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const writer = await open(world);
    const bad = follow(writer.write("x", "binary"));
    const good = follow(writer.write("x", "text"));
    const ended = follow(writer.end());
    await happens(make, () => world.service.connection.of("streamEnd").length > 0);
    world.service.connection.send({ type: "streamClosed", streamId: "s" });
    await happens(make, () => ended.status !== "pending");
    return [bad.status, good.status, ended.status, idsOf(world.service).length];
  };
  const { ours, reference } = await compared(scenario);
  expect(ours).toEqual(["rejected", "resolved", "resolved", 1]);
  // Closed by the service at last, but nothing was sent before.
  expect(reference.at(-1)).toBe(0);
});

test("W33: a write waits while the window of unacknowledged fragments is full", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const writer = await open(world);
    const writes = Array.from({ length: 300 }, () => follow(writer.write("x", "text")));
    const settled = (): number => writes.filter(({ status }) => status === "resolved").length;
    await until(() => idsOf(world.service).length >= 128);
    await relapses(make, () => settled() === 300);
    return settled();
  };
  expect(await compared(scenario)).toEqual({ ours: 128, reference: 300 });
});

test("W34: a loop that is left buffers nothing more", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const streams: Stream[] = [];
    let left = false;
    world.client.onGroupStream(async (stream) => {
      streams.push(stream);
      for await (const _ of stream) break;
      left = true;
    });
    world.service.connection.send(fragment(1));
    await until(() => left);
    for (let id = 2; id <= 100; id++) world.service.connection.send(fragment(id));
    world.service.connection.send(fragment(101, { endOfStream: true }));
    await handled(world);
    let buffered = 0;
    try {
      for await (const _ of streams[0] ?? []) buffered++;
    } catch (thrown) {
      expect(thrown).toMatchObject({ name: "Left" });
    }
    return [streams.length, buffered];
  };
  expect(await compared(scenario)).toEqual({ ours: [1, 0], reference: [1, 99] });
});

test("W35: a callback that throws isn't called again for the same stream", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    let calls = 0;
    world.client.onGroupStream(() => {
      calls++;
      throw new Error("a callback");
    });
    for (const id of [1, 2, 3]) world.service.connection.send(fragment(id));
    await handled(world);
    return calls;
  };
  expect(await compared(scenario)).toEqual({ ours: 1, reference: 3 });
});

test("W36: what fails a stream is an Error", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const readings = read(world.client);
    world.service.connection.send(fragment(1));
    world.service.connection.send(fragment(2, { endOfStream: true, error: { name: "UserError" } }));
    const error = await until(() => readings[0]?.error);
    return error instanceof Error;
  };
  expect(await compared(scenario)).toEqual({ ours: true, reference: false });
});

test("W36: stopping doesn't make a stream look complete", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const readings = read(world.client);
    world.service.connection.send(fragment(1));
    await until(() => readings[0]?.data.length);
    await world.client.stop();
    await until(() => readings[0]?.done || readings[0]?.error);
    return readings[0]?.done;
  };
  expect(await compared(scenario)).toEqual({ ours: false, reference: true });
});

test("W36: a lost connection id fails the streams that came over it", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const { service, client } = world;
    const readings = read(client);
    service.connection.send(fragment(1));
    await until(() => readings[0]?.data.length);
    service.connection.socket.close(1008);
    await until(() => service.connections.length === 2);
    return await happens(make, () => readings[0]?.error !== undefined);
  };
  expect(await compared(scenario)).toEqual({ ours: true, reference: false });
});

test("W37: an end that is never answered has a deadline, and the id is free after it", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const writer = await open(world, { closeTimeoutInMs: 50 });
    const ended = follow(writer.end());
    await until(() => ended.status !== "pending");
    const again = follow(world.client.openGroupStream("g", { streamId: "s" }));
    await until(() => again.status === "rejected" || world.service.connection.of("sendToGroup").length === 2);
    return [ended.error?.name, again.error?.message];
  };
  expect(await compared(scenario)).toEqual({
    ours: ["Timeout", undefined],
    reference: [undefined, "Stream 's' already exists."],
  });
});

test("W37: an idle writer is kept alive", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    await open(world, { idleTimeoutInMs: 60 });
    return await happens(make, () => world.service.connection.of("streamData").length > 0);
  };
  expect(await compared(scenario)).toEqual({ ours: true, reference: false });
});

test("W38: a stream that was left out isn't held against the next one with its id", async () => {
  const scenario = async (make: MakeSubject) => {
    await using world = await stage(make);
    const readings = read(world.client, { handleFromStart: true });
    // Its end is missed.
    world.service.connection.send(fragment(5));
    world.service.connection.send(fragment(1));
    world.service.connection.send(fragment(2, { endOfStream: true }));
    await handled(world);
    return readings.length;
  };
  expect(await compared(scenario)).toEqual({ ours: 1, reference: 0 });
});
