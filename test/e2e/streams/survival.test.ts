import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { WebPubSubClient } from "web-pubsub-client";
import { anyGroup, House, hub, seeded, until } from "../harness.js";
import { codecs } from "./codecs.js";

const FRAGMENTS = 50_000;
const CUTS = 50;

// SEED=<number> in the environment makes the same choices again; the timing of the sockets stays real.
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test.each(codecs)(
  `$name: a stream of ${FRAGMENTS} fragments survives ${CUTS} cuts byte for byte, in bounded memory (seed ${seed})`,
  async ({ reliable }) => {
    await using house = await House.open();
    const random = seeded(seed);
    // Delays between attempts shrink, so that there is time for many cuts.
    const options = { protocol: reliable, environment: { random: () => random() / 10_000 } };
    let connections = 0;
    // Not the guests of the house, which remember every message.
    const connect = async (userId: string): Promise<WebPubSubClient> => {
      const getClientAccessUrl = () => {
        connections++;
        return house.emulator.clientAccessUrl(hub, { roles: anyGroup, userId });
      };
      const client = new WebPubSubClient({ getClientAccessUrl }, options);
      await client.start();
      return client;
    };
    await using sender = await connect("sender");
    await using receiver = await connect("receiver");
    await receiver.joinGroup("room");

    const received = createHash("sha256");
    let bytes = 0;
    let fragments = 0;
    let mostBehind = 0;
    let sent = 0;
    const complete = new Promise<void>((resolve, reject) => {
      receiver.onGroupStream(async (stream) => {
        try {
          for await (const { data, stream: info } of stream) {
            expect(info.streamSequenceId).toBe(++fragments);
            received.update(new Uint8Array(data as ArrayBuffer));
            bytes += (data as ArrayBuffer).byteLength;
            mostBehind = Math.max(mostBehind, sent - fragments);
          }
          resolve();
        } catch (error) {
          reject(new Error("The stream broke.", { cause: error }));
        }
      });
    });

    const writer = await sender.openGroupStream("room");
    const written = createHash("sha256");
    let total = 0;
    let cuts = 0;
    let before = 0;
    for (; sent < FRAGMENTS; sent++) {
      const fragment = new Uint8Array(1 + Math.floor(random() * 64)).map(() => random() * 256);
      written.update(fragment);
      total += fragment.length;
      await writer.write(fragment);
      if (sent === 5_000) before = heap();
      if (cuts < CUTS && random() < (CUTS - cuts) / (FRAGMENTS - sent)) {
        const userId = random() < 0.5 ? "sender" : "receiver";
        // Everyone may be away already; then the next one who is back is cut.
        await until(() => house.faults.cutTransports(random() < 0.2 ? {} : { userId }) > 0);
        cuts++;
      }
    }
    const grown = heap() - before;
    await writer.end();
    await complete;

    expect(cuts).toBe(CUTS);
    expect(fragments).toBe(FRAGMENTS);
    expect(bytes).toBe(total);
    expect(received.digest("hex")).toBe(written.digest("hex"));
    // The window of the sender, and what the service holds for the receiver.
    expect(mostBehind).toBeLessThan(128 + 1_000);
    // Both sides and the service live in this process.
    expect(grown).toBeLessThan(4 * 1024 * 1024);
    // All of it on two connections that were only recovered.
    expect(connections).toBe(2);
  },
);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
