import { expect, test } from "vitest";
import type { WebPubSubResult } from "web-pubsub-client";
import { House, until, type Guest } from "./harness.js";

test("two clients that resume one session end with a connection each, and lose and double nothing of their own", async () => {
  await using house = await House.open();
  const witness = await house.welcome("witness", ["room"]);
  const first = await house.welcome("ann", ["room"]);
  const id = first.client.connectionId;
  const session = first.client.suspend();
  const holders = [house.guest("ann"), house.guest("ann")];
  const results: Promise<WebPubSubResult>[] = [];
  const expected: string[] = [];
  const send = (guest: Guest): void => {
    const words = `${holders.indexOf(guest)} ${expected.length}`;
    expected.push(words);
    results.push(guest.client.sendToGroup("room", words));
  };
  const sending = setInterval(() => holders.forEach(send), 20);
  try {
    await Promise.all(holders.map(({ client }) => client.start({ resume: session })));
    // They take it from each other until one of them has lost it three times.
    await until(() => new Set(holders.map(({ client }) => client.connectionId)).size === 2);
    await until(() => holders.every(({ client }) => client.state === "Connected"));
  } finally {
    clearInterval(sending);
  }
  const settled = await Promise.all(results);
  expect(holders.map(({ client }) => client.connectionId)).toContain(id);

  await until(() => new Set(witness.heard).size === expected.length);
  const repeated = witness.heard.filter((words, index) => witness.heard.indexOf(words) !== index);
  // What had no answer when the id was given up may have been executed; its result says so.
  const told = expected.filter((_, index) => settled[index]?.resentOnNewConnection === true);
  expect(told).toEqual(expect.arrayContaining(repeated));
  expect(new Set(witness.heard)).toEqual(new Set(expected));
});
