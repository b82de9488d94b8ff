import fc from "fast-check";
import { expect, test } from "vitest";
import { ack, closed, end, fragment, heard, keepAlive, start, told } from "./streamsWorld.js";
import { type Message, type TestClient, World } from "./world.js";

async function pair(world = new World()) {
  return {
    world,
    publisher: await world.client({ sub: "ann" }),
    member: await world.client({ "webpubsub.group": "g" }),
  };
}

test("a stream survives a recovery: what is expected is said at once, duplicates are none", async () => {
  const { world, publisher, member } = await pair();
  publisher.say(start());
  for (const id of [1, 2]) publisher.say(fragment(id));
  publisher.link?.closed(1006);
  const again = await world.recover(publisher);
  expect(again.messages.map(({ type }) => type)).toEqual(["streamAck"]);
  expect(told(again)).toEqual([ack(3)]);
  for (const id of [2, 3]) again.say(fragment(id));
  again.say(end());
  expect(heard(member)).toEqual([[1, 1], [2, 2], [3, 3], { end: 4, error: undefined }]);
  expect(told(again).slice(1)).toEqual([ack(4), closed()]);
});

test("while the publisher is away its idle timeout rests, and begins anew when it is back", async () => {
  const { world, publisher } = await pair();
  publisher.say(start("s", { idleTimeoutMs: 1_000 }));
  world.clock.advance(900);
  publisher.link?.closed(1006);
  world.clock.advance(25_000);
  const again = await world.recover(publisher);
  world.clock.advance(999);
  expect(told(again)).toEqual([ack(1)]);
  world.clock.advance(1);
  expect(told(again).at(-1)).toEqual(closed("IdleTimeout"));
});

test("a publisher that never comes back ends its streams with its session", async () => {
  const { world, publisher, member } = await pair();
  publisher.say(start());
  publisher.say(fragment(1));
  publisher.link?.closed(1006);
  world.clock.advance(29_999);
  expect(heard(member)).toEqual([[1, 1]]);
  world.clock.advance(1);
  expect(heard(member)[1]).toMatchObject({ end: 2, error: { name: "Cancelled" } });
  expect(world.clock.timers).toEqual([]);
});

test("a start whose ack was lost may be sent again", async () => {
  const { world, publisher, member } = await pair();
  publisher.say(start());
  publisher.link?.closed(1006);
  const again = await world.recover(publisher);
  again.say(start("s", {}, { noEcho: true }));
  again.say(fragment(1));
  expect(told(again)).toEqual([ack(1), ack(1)]);
  expect(heard(member)).toEqual([[1, 1]]);
});

test.each([
  ["complete", end(), undefined],
  ["aborted", end({ message: "no" }), undefined],
])(
  "how a stream ended is said again to one who lost it with the transport: %s",
  async (_how, last, error) => {
    const { world, publisher, member } = await pair();
    publisher.say(start());
    publisher.say(fragment(1));
    publisher.say(last);
    const before = member.data.length;
    publisher.link?.closed(1006);
    const again = await world.recover(publisher);
    expect(told(again)).toEqual([]);
    again.say(fragment(1));
    again.say(last);
    expect(told(again)).toEqual([ack(2), closed(error)]);
    expect(member.data).toHaveLength(before);
  },
);

test("an error too, and a keep-alive is enough to hear it", async () => {
  const { world, publisher } = await pair();
  publisher.say(start("s", { idleTimeoutMs: 1_000 }));
  world.clock.advance(1_000);
  publisher.link?.closed(1006);
  const again = await world.recover(publisher);
  again.say(keepAlive());
  again.say(keepAlive());
  expect(told(again)).toEqual([closed("IdleTimeout")]);
});

test("a start repeated in a recovery, after the stream was closed as idle, doesn't open it again", async () => {
  const { world, publisher, member } = await pair();
  publisher.say(start("s", { idleTimeoutMs: 1_000 }));
  world.clock.advance(1_000);
  publisher.link?.closed(1006);
  const again = await world.recover(publisher);
  again.say(start("s", { idleTimeoutMs: 1_000 }));
  again.say(fragment(1));
  expect(told(again)).toEqual([closed("IdleTimeout")]);
  expect(heard(member)).toMatchObject([{ end: 1, error: { name: "IdleTimeout" } }]);
  // The publisher knows now: the next start is another stream's.
  again.say(start());
  again.say(fragment(1));
  expect(told(again).slice(1)).toEqual([ack(1)]);
  expect(heard(member).slice(1)).toEqual([[1, 1]]);
});

test("nor does one that is repeated once more, when the answer to the first is lost", async () => {
  const { world, publisher, member } = await pair();
  publisher.say(start("s", { idleTimeoutMs: 1_000 }));
  world.clock.advance(1_000);
  let again = publisher;
  for (let n = 0; n < 2; n++) {
    again.link?.closed(1006);
    again = await world.recover(again);
    again.say(start("s", { idleTimeoutMs: 1_000 }));
    expect(told(again)).toEqual([closed("IdleTimeout")]);
  }
  expect(heard(member)).toHaveLength(1);
});

test.each([
  ["fragment", fragment(1)],
  ["keep-alive", keepAlive()],
])("a publisher whose %s shows that it knew the stream may use the id again", async (_what, message) => {
  const { world, publisher } = await pair();
  publisher.say(start("s", { idleTimeoutMs: 1_000 }));
  publisher.say(message);
  world.clock.advance(1_000);
  publisher.link?.closed(1006);
  const again = await world.recover(publisher);
  again.say(start());
  expect(told(again)).toEqual([ack(1)]);
});

/** The service has closed a stream whose publisher has no transport. */
async function closedWhileAway(): ReturnType<typeof pair> {
  const all = await pair();
  const { world, publisher } = all;
  publisher.say(start());
  publisher.link?.closed(1006);
  const session = world.service.hub("chat").session(publisher.id);
  expect(session && world.service.closeStreams(session, { name: "InternalServerError", message: "m" })).toBe(
    1,
  );
  return all;
}

test("what was closed while the publisher was away is told when it is back", async () => {
  const { world, publisher, member } = await closedWhileAway();
  expect(heard(member)).toMatchObject([{ end: 1, error: { name: "InternalServerError" } }]);
  const again = await world.recover(publisher);
  expect(told(again)).toEqual([closed("InternalServerError")]);
});

test("a start repeated after it was told so doesn't open it again", async () => {
  const { world, publisher, member } = await closedWhileAway();
  const again = await world.recover(publisher);
  again.say(start());
  again.say(fragment(1));
  expect(told(again)).toEqual([closed("InternalServerError"), closed("InternalServerError")]);
  expect(heard(member)).toHaveLength(1);
});

test("of many closed streams only the latest are remembered", async () => {
  const { world, publisher } = await pair();
  for (let i = 1; i <= 300; i++) {
    publisher.say(start(`${i}`));
    publisher.say(end(undefined, `${i}`));
  }
  publisher.link?.closed(1006);
  const again = await world.recover(publisher);
  again.say(end(undefined, "300"));
  again.say(end(undefined, "1"));
  expect(told(again)).toEqual([ack(1, "300"), closed(undefined, "300"), closed("StreamNotFound", "1")]);
});

test("after a recovery a gap is told anew: the nack before it may be lost", async () => {
  const { world, publisher } = await pair();
  publisher.say(start());
  for (const id of [1, 3]) publisher.say(fragment(id));
  publisher.link?.closed(1006);
  const again = await world.recover(publisher);
  again.say(fragment(4));
  expect(told(again)).toMatchObject([ack(2), { type: "streamNack", expectedSequenceId: 2 }]);
});

test("a new connection knows nothing of the streams of an old one", async () => {
  const { world, publisher } = await pair();
  publisher.say(start());
  const other = await world.client({ sub: "ann" });
  other.say(fragment(1));
  expect(told(other)).toEqual([closed("StreamNotFound")]);
});

/** A publisher that keeps what isn't acknowledged, in a window, and sends it again where it must. */
class Publisher {
  #next = 1;
  #oldest = 1;
  #sent = 0;
  #read = 0;
  opened = false;
  done = false;
  client: TestClient;
  readonly #count: number;

  constructor(client: TestClient, count: number) {
    this.client = client;
    this.#count = count;
    client.say(start());
  }

  use(client: TestClient): void {
    this.client = client;
    this.#read = 0;
    this.#next = this.#oldest;
    if (!this.opened) client.say(start());
  }

  read(): void {
    for (const message of this.client.messages.slice(this.#read)) this.#heed(message);
    this.#read = this.client.messages.length;
  }

  /** @param frames how many it may send now. */
  write(frames: number): void {
    if (!this.opened || this.done) return;
    for (; frames > 0 && this.#next <= this.#count && this.#next < this.#oldest + 200; frames--) {
      this.#sent = Math.max(this.#sent, this.#next);
      this.client.say(fragment(this.#next++));
    }
    if (this.#oldest > this.#count) this.client.say(end());
  }

  #heed({ type, expectedSequenceId, error }: Message): void {
    if (type === "streamAck" || type === "streamNack") {
      this.opened = true;
      const expected = Number(expectedSequenceId);
      // An ack outside what was sent and isn't acknowledged would be a broken promise.
      expect(expected).toBeGreaterThanOrEqual(this.#oldest);
      expect(expected).toBeLessThanOrEqual(this.#sent + 1);
      this.#oldest = expected;
      if (type === "streamNack" || this.#next < expected) this.#next = expected;
    }
    if (type === "streamClosed") {
      expect(error).toBeUndefined();
      this.done = true;
    }
  }
}

/** A subscriber that acknowledges what it got. */
class Subscriber {
  readonly got: unknown[] = [];
  client: TestClient;
  #largest = 0;
  #read = 0;

  constructor(client: TestClient) {
    this.client = client;
  }

  use(client: TestClient): void {
    this.client = client;
    this.#read = 0;
  }

  read(): void {
    for (const message of this.client.data.slice(this.#read)) {
      if (Number(message["sequenceId"]) <= this.#largest) continue;
      this.#largest = Number(message["sequenceId"]);
      this.got.push(message["stream"]);
    }
    this.#read = this.client.data.length;
    this.client.say({ type: "sequenceAck", sequenceId: this.#largest });
  }
}

type Step = "write" | "publisherReads" | "subscriberReads" | "publisherDies" | "subscriberDies" | "wait";

/** Runs a stream to its end through whatever happens. */
async function run(
  count: number,
  burst: number,
  steps: Iterable<Step>,
  nacks: () => boolean,
): Promise<unknown[]> {
  const world = new World({
    interference: { nacksFragment: () => (nacks() ? "TransientError" : undefined) },
  });
  const subscriber = new Subscriber(await world.client({ "webpubsub.group": "g" }));
  const publisher = new Publisher(await world.client(), count);
  const die = async (one: Publisher | Subscriber) => {
    one.client.link?.closed(1006);
    one.use(await world.recover(one.client));
  };
  for (const step of steps) {
    if (publisher.done) break;
    if (step === "write") publisher.write(burst);
    else if (step === "publisherReads") publisher.read();
    else if (step === "subscriberReads") subscriber.read();
    else if (step === "publisherDies") await die(publisher);
    else if (step === "subscriberDies") await die(subscriber);
    else world.clock.advance(30);
  }
  for (let i = 0; i < 200 && !publisher.done; i++) {
    publisher.read();
    publisher.write(burst);
    subscriber.read();
    world.clock.advance(30);
  }
  expect(publisher.done).toBe(true);
  subscriber.read();
  expect([...world.service.hub("chat").sessions].map(({ streams }) => streams.open.size)).toEqual([0, 0]);
  return subscriber.got;
}

function expectWhole(got: readonly unknown[], count: number): void {
  expect(got).toHaveLength(count + 1);
  const wrong = got.findIndex((stream, i) => (stream as Message)["streamSequenceId"] !== i + 1);
  expect(wrong).toBe(-1);
  expect(got.at(-1)).toEqual({ streamId: "s", streamSequenceId: count + 1, endOfStream: true });
}

test("whatever happens to the transports, every fragment arrives once and in order", async () => {
  const steps = fc.constantFrom<Step>(
    "write",
    "write",
    "publisherReads",
    "subscriberReads",
    "publisherDies",
    "subscriberDies",
    "wait",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 80 }), fc.infiniteStream(fc.nat(9)), async (plan, dice) => {
      const nacks = () => dice.next().value === 0;
      expectWhole(await run(100, 7, plan, nacks), 100);
    }),
    { numRuns: 200 },
  );
});

test("50,000 fragments survive 50 cuts of each side", async () => {
  function* plan(): Generator<Step> {
    for (let i = 0; ; i++) {
      yield "write";
      yield "publisherReads";
      if (i % 2 === 0) yield "subscriberReads";
      if (i % 15 === 7) yield "publisherDies";
      if (i % 15 === 11) yield "subscriberDies";
      yield "wait";
    }
  }
  expectWhole(await run(50_000, 64, plan(), () => false), 50_000);
});
