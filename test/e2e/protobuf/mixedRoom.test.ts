import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { WebPubSubClient, WebPubSubJsonReliableProtocol, type GroupStateRecord } from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { anyGroup, House, hub, seeded, until } from "../harness.js";
import { SimpleClient } from "./simpleClient.js";

const FRAGMENTS = 50_000;
const CUTS = 50;
/** By user: one of each codec publishes half of the fragments. */
const members = {
  json: WebPubSubJsonReliableProtocol(),
  protobuf: WebPubSubProtobufReliableProtocol(),
  json2: WebPubSubJsonReliableProtocol(),
  protobuf2: WebPubSubProtobufReliableProtocol(),
};
const names = Object.keys(members);
const publishers = ["json", "protobuf"];
/** Receivers may be so many fragments behind: fewer than the service keeps for one that is away. */
const FAR_BEHIND = 600;

// SEED=<number> in the environment makes the same choices again; the timing of the sockets stays real.
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** The bytes of streams by the name of their publisher. */
class Ledger {
  fragments = 0;
  readonly #hashes = new Map(publishers.map((name) => [name, createHash("sha256")]));

  add(publisher: string, bytes: Uint8Array): void {
    this.fragments++;
    this.#hashes.get(publisher)?.update(bytes);
  }

  digests(): string[] {
    return [...this.#hashes.values()].map((hash) => hash.copy().digest("hex"));
  }
}

/** A member of the room, and what it has read of the streams. */
class Member {
  readonly client: WebPubSubClient;
  readonly heard = new Ledger();
  readonly texts: unknown[] = [];
  ended = 0;
  failure: unknown;
  urls = 0;

  constructor(house: House, userId: keyof typeof members, random: () => number) {
    const getClientAccessUrl = () => {
      this.urls++;
      return house.emulator.clientAccessUrl(hub, { roles: anyGroup, userId });
    };
    this.client = new WebPubSubClient(
      { getClientAccessUrl },
      // Delays between attempts shrink, so that there is time for many cuts.
      { protocol: members[userId], environment: { random: () => random() / 10_000 } },
    );
    this.client.on("group-message", ({ message }) => {
      if (message.stream === undefined) this.texts.push(message.data);
    });
    this.client.onGroupStream(async (stream) => {
      try {
        let last = 0;
        for await (const { data, stream: info } of stream) {
          if (info.streamSequenceId !== ++last) throw new Error(`${info.streamSequenceId} comes as ${last}`);
          this.heard.add(stream.streamId, new Uint8Array(data as ArrayBuffer));
        }
        this.ended++;
      } catch (error) {
        this.failure = error;
      }
    });
  }

  async enter(): Promise<void> {
    await this.client.start();
    await this.client.joinGroup("room");
    await this.client.subscribeGroupStates("room");
  }

  /** The states of all members as this one sees them, by user. */
  get states(): GroupStateRecord[] {
    return this.client
      .listGroupStates("room")
      .sort((one, other) => ((one.userId ?? "") < (other.userId ?? "") ? -1 : 1));
  }
}

test(`a mixed room keeps its states and ${FRAGMENTS} fragments over ${CUTS} cuts byte for byte (seed ${seed})`, async () => {
  await using house = await House.open();
  const random = seeded(seed);
  const room = (Object.keys(members) as (keyof typeof members)[]).map(
    (name) => new Member(house, name, random),
  );
  await using _end = {
    [Symbol.asyncDispose]: async () => void (await Promise.all(room.map(({ client }) => client.stop()))),
  };
  await Promise.all(room.map((member) => member.enter()));
  const simple = await SimpleClient.join(house, "room");
  const setStates = (status: string) =>
    Promise.all(
      room.map(({ client }, index) =>
        client.setGroupState("room", { status, who: `${names[index]} häl😀o`, "": "" }),
      ),
    );
  /** What all four see alike. */
  const commonStates = async (status: string): Promise<GroupStateRecord[]> => {
    await until(() =>
      room.every(({ states }) => states.length === 4 && states.every(({ state }) => state.status === status)),
    );
    const [seen = [], ...others] = room.map(({ states }) => states);
    for (const each of others) expect(each).toEqual(seen);
    return seen;
  };
  await setStates("before");
  const before = await commonStates("before");

  const written = new Ledger();
  const throughRoom = (): number => Math.min(...room.map(({ heard }) => heard.fragments));
  let cuts = 0;
  const states: Promise<unknown>[] = [];
  const publish = async (name: string, index: number): Promise<void> => {
    const writer = await room[index]?.client.openGroupStream("room", { streamId: name });
    for (let n = 0; n < FRAGMENTS / publishers.length; n++) {
      // The first byte says whose it is: the simple client hears of no stream.
      const fragment = new Uint8Array(1 + Math.floor(random() * 64)).map(() => random() * 256);
      fragment[0] = index;
      written.add(name, fragment);
      await writer?.write(fragment);
      if (written.fragments - throughRoom() > FAR_BEHIND / 2) {
        await until(() => written.fragments - throughRoom() < FAR_BEHIND / 2);
      }
      if (cuts < CUTS && random() < (CUTS - cuts) / (FRAGMENTS - written.fragments)) {
        cuts++;
        const userId = names[Math.floor(random() * names.length)] ?? "";
        // Whom it would hit may be away already.
        await until(() => house.faults.cutTransports({ userId }) > 0);
        if (cuts % 10 === 0) states.push(setStates(`at cut ${cuts}`));
      }
    }
    await writer?.end();
  };
  await Promise.all(publishers.map(publish));
  await Promise.all(states);
  await setStates("after");
  simple.send("good night");
  await until(() => room.every(({ texts, ended, failure }) => failure ?? (texts.length > 0 && ended === 2)));

  expect(room.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined, undefined]);
  expect([cuts, written.fragments]).toEqual([CUTS, FRAGMENTS]);
  for (const { heard, texts } of room) {
    expect(heard.fragments).toBe(FRAGMENTS);
    expect(heard.digests()).toEqual(written.digests());
    expect(texts).toEqual(["good night"]);
  }
  const bare = new Ledger();
  await until(() => simple.frames.at(-1) === "good night");
  for (const frame of simple.frames.slice(0, -1)) {
    const bytes = frame as Buffer;
    bare.add(publishers[bytes[0] ?? -1] ?? "nobody", bytes);
  }
  expect(bare.fragments).toBe(FRAGMENTS);
  expect(bare.digests()).toEqual(written.digests());

  // All of it on the connections of the beginning, which were only recovered.
  expect(room.map(({ urls }) => urls)).toEqual([1, 1, 1, 1]);
  const after = await commonStates("after");
  expect(after.map(({ userId, connectionId }) => [userId, connectionId])).toEqual(
    before.map(({ userId, connectionId }) => [userId, connectionId]),
  );
  expect(after.map(({ state }) => state)).toEqual(
    [...names].sort().map((name) => ({ status: "after", who: `${name} häl😀o`, "": "" })),
  );
  expect(house.warnings).toEqual([]);
});
