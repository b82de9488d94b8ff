import { expect, test } from "vitest";
import { House, seeded, until } from "./harness.js";

const MESSAGES = 20_000;
const CUTS = 200;
const BATCH = 20;
/**
 * The service ends a connection at 1,000 unacknowledged messages, and cuts in quick succession take the
 * acknowledgements with them: whoever sends that fast has to mind it. As many again may still wait at the
 * sender, and come on top of them when it is back.
 */
const BACKLOG = 400;

// SEED=<number> in the environment makes the same choices again; the timing of the sockets stays real.
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test(`${CUTS} random cuts during ${MESSAGES} messages each way lose, double and reorder nothing (seed ${seed})`, async () => {
  await using house = await House.open();
  const random = seeded(seed);
  // Delays between attempts shrink, so that there is time for many cuts.
  const options = { environment: { random: () => random() / 10_000 } };
  const receiver = await house.welcome("receiver", ["g"], options);
  const sender = await house.welcome("sender", [], options);

  const numbers = { up: new Counter(), down: new Counter() };
  receiver.client.on("group-message", ({ message }) => numbers.up.note(message.data));
  sender.client.on("server-message", ({ message }) => numbers.down.note(message.data));

  const operations: Promise<{ isDuplicated: boolean; resentOnNewConnection?: boolean }>[] = [];
  let sent = 0;
  let cuts = 0;
  while (sent < MESSAGES) {
    for (let i = 0; i < BATCH; i++) {
      sent++;
      operations.push(sender.client.sendToGroup("g", { number: sent }));
      house.hub.sendToUser("sender", { number: sent });
    }
    // As many cuts as are due by now, each a little before or after its turn.
    if (cuts < CUTS && random() < ((CUTS - cuts) * BATCH) / (MESSAGES - sent + BATCH)) {
      const userId = random() < 0.5 ? "sender" : "receiver";
      // Everyone may be away already; then the next one who is back is cut.
      await until(() => house.faults.cutTransports(random() < 0.2 ? {} : { userId }) > 0);
      cuts++;
    }
    await until(() => sent - Math.min(numbers.up.count, numbers.down.count) < BACKLOG);
    await until(() => house.hub.connections().every(({ unacknowledged }) => unacknowledged < BACKLOG));
    if (random() < 0.5) await new Promise((resolve) => setImmediate(resolve));
  }
  const results = await Promise.all(operations);
  await until(() => numbers.up.last === MESSAGES && numbers.down.last === MESSAGES);
  // Whatever was on its way before these answers has come.
  await Promise.all([sender.client.joinGroup("end"), receiver.client.joinGroup("end")]);

  expect(cuts).toBe(CUTS);
  for (const direction of [numbers.up, numbers.down]) {
    expect(direction).toMatchObject({ count: MESSAGES, last: MESSAGES, firstMistake: undefined });
  }
  expect(receiver.heard).toHaveLength(MESSAGES);
  expect(results.every(({ resentOnNewConnection }) => resentOnNewConnection === undefined)).toBe(true);
  // All of it on two connections that were only recovered.
  expect([sender.credentialCalls, receiver.credentialCalls]).toEqual([1, 1]);
  for (const guest of [sender, receiver]) {
    expect(new Set(guest.story)).toEqual(new Set(["connected", "recovering", "recovered"]));
  }
});

/** Expects 1, 2, 3 and so on. */
class Counter {
  count = 0;
  last = 0;
  firstMistake: { at: number; got: number } | undefined;

  note(data: unknown): void {
    const { number } = data as { number: number };
    this.count++;
    if (number !== this.last + 1) this.firstMistake ??= { at: this.last, got: number };
    this.last = number;
  }
}
