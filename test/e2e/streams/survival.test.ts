import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { House, seeded, until } from "../harness.js";

const FRAGMENTS = 50_000;
const CUTS = 50;

// SEED=<number> in the environment makes the same choices again; the timing of the sockets stays real.
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test(`a stream of ${FRAGMENTS} fragments survives ${CUTS} cuts byte for byte, in bounded memory (seed ${seed})`, async () => {
  await using house = await House.open();
  const random = seeded(seed);
  // Delays between attempts shrink, so that there is time for many cuts.
  const options = { environment: { random: () => random() / 100 } };
  const sender = house.guest("sender", options);
  await sender.client.start();
  const receiver = house.guest("receiver", options);
  await receiver.client.start();
  await receiver.client.joinGroup("room");

  const received = createHash("sha256");
  let bytes = 0;
  let fragments = 0;
  let mostBehind = 0;
  let sent = 0;
  const complete = new Promise<void>((resolve, reject) => {
    receiver.client.onGroupStream(async (stream) => {
      try {
        for await (const { data, stream: info } of stream) {
          expect(info.streamSequenceId).toBe(++fragments);
          received.update(new Uint8Array(data as ArrayBuffer));
          bytes += (data as ArrayBuffer).byteLength;
          mostBehind = Math.max(mostBehind, sent - fragments);
        }
        resolve();
      } catch (error) {
        reject(error as Error);
      }
    });
  });

  const writer = await sender.client.openGroupStream("room");
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
  expect(mostBehind).toBeLessThan(256 + 1_000);
  // Both sides and the service live in this process.
  expect(grown).toBeLessThan(64 * 1024 * 1024);
  expect([sender.credentialCalls, receiver.credentialCalls]).toEqual([1, 1]);
}, 120_000);

function heap(): number {
  return process.memoryUsage().heapUsed;
}
