import { expect, test } from "vitest";
import { House } from "../harness.js";

/** How long an operation that was executed is known. */

test("an ackId is remembered for as long as the connection lives, over a recovery too", async () => {
  await using house = await House.open();
  const client = await house.client();
  const join = (ackId: number) => ({ type: "joinGroup", group: "g", ackId });
  await client.ask(join(1));
  // The vendor's emulator forgets the first of 1,001.
  for (let ackId = 2; ackId <= 1_100; ackId++) client.send(join(ackId));
  await client.settled();
  expect(client.messages.filter(({ success }) => success === true)).toHaveLength(1_100);
  const duplicate = { success: false, error: { name: "Duplicate" } };
  expect(await client.ask(join(1))).toMatchObject(duplicate);
  client.socket.terminate();
  const again = await house.recover(client);
  expect(await again.ask(join(1))).toMatchObject(duplicate);
  expect(await again.ask(join(1_100))).toMatchObject(duplicate);
});
