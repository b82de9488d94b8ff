import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { expect, test } from "vitest";
import { House, until } from "./harness.js";

test("a reader that stops reading is closed by its window; the others get everything meanwhile", async () => {
  await using house = await House.open();
  const [slow, quick, sender] = [
    await house.client({ groups: ["g"] }),
    await house.client({ groups: ["g"] }),
    await house.client(),
  ];
  slow.socket.pause();
  const total = 1_200;
  const padded = (i: number) => `${i}`.padEnd(2_000);
  for (let i = 0; i < total; i++) {
    sender.send({ type: "sendToGroup", group: "g", dataType: "text", data: padded(i) });
    if (i % 100 !== 99) continue;
    await until(() => quick.messages.at(-1)?.["sequenceId"] === i + 1);
    quick.send({ type: "sequenceAck", sequenceId: i + 1 });
    await quick.settled();
  }
  expect(quick.data.map(({ data }) => Number(data))).toEqual(Array.from({ length: total }, (_, i) => i));
  const left = house.emulator.hub("chat").connections();
  expect(left.map(({ connectionId }) => connectionId).sort()).toEqual([quick.id, sender.id].sort());
  slow.socket.resume();
  expect((await slow.gone()).code).toBe(1008);
  expect((await slow.recovery().gone()).code).toBe(1008);
});

test("its 16 MB are a limit too", async () => {
  await using house = await House.open();
  const server = new WebPubSubServiceClient(house.emulator.connectionString, "chat", {
    allowInsecureConnection: true,
  });
  const [slow, quick] = [await house.client(), await house.client()];
  slow.socket.pause();
  for (let sent = 1; sent <= 18; sent++) {
    await server.sendToAll(new Uint8Array(1024 * 1024 - 1).buffer);
    await until(() => quick.data.length === sent);
    quick.send({ type: "sequenceAck", sequenceId: sent });
    await quick.settled();
  }
  expect(house.emulator.hub("chat").connections()).toMatchObject([{ connectionId: quick.id }]);
});
