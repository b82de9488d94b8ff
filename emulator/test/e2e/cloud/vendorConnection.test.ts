import { expect, test } from "vitest";
import { House, plain, until } from "../harness.js";

/** What the vendor's tests of connections and their transports assert and the other files here don't yet. */

test("an acknowledgement of more than was sent frees the whole window", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  const hub = house.emulator.hub("chat");
  for (let round = 1; round <= 2; round++) {
    for (let i = 0; i < 1_000; i++) hub.sendToGroup("g", i);
    await until(() => client.data.length === round * 1_000);
    client.socket.send('{"type":"sequenceAck","sequenceId":18446744073709551615}');
    await client.settled();
  }
  expect(client.closed).toBeUndefined();
});

test("what a client sends behind a message that is declined is not done", async () => {
  await using house = await House.open();
  const witness = await house.client({ groups: ["room"] });
  const client = await house.client();
  client.send({ type: "unknown" });
  client.send({ type: "sendToGroup", group: "room", dataType: "text", data: "too late" });
  expect((await client.gone()).code).toBe(1007);
  await witness.settled();
  expect(witness.data).toEqual([]);
});

test("a client that is closed gets first what was sent before, then the reason, then the close", async () => {
  await using house = await House.open();
  const client = await house.client({ subprotocol: plain });
  client.socket.pause();
  const hub = house.emulator.hub("chat");
  for (const data of ["first", "second"]) hub.sendToConnection(client.id, data.padEnd(100_000));
  hub.closeConnection(client.id, "enough");
  client.socket.resume();
  expect(await client.gone()).toEqual({ code: 1000, reason: "" });
  const came = client.messages.slice(1).map((message) => String(message["data"] ?? message["event"]).trim());
  expect(came).toEqual(["first", "second", "disconnected"]);
});
