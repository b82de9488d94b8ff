import { expect, test } from "vitest";
import { House, type Message, type RawClient, until } from "./harness.js";

const set = (state?: Record<string, string>): Message => ({ type: "setGroupState", group: "g", state });
const told = (client: RawClient) =>
  client.messages.filter(({ type }) => String(type).startsWith("groupState"));

test("who is here: set, watched, seen through the hub, gone with the connection", async () => {
  await using house = await House.open();
  const ann = await house.client({ userId: "ann", groups: ["g"] });
  const watcher = await house.client();
  expect(await ann.ask(set({ status: "here" }))).toMatchObject({ success: true });
  expect(await watcher.ask({ type: "subscribeGroupState", group: "g" })).toMatchObject({ success: true });
  const hub = house.emulator.hub("chat");
  const here = {
    connectionId: ann.id,
    userId: "ann",
    state: { status: "here" },
    updatedAt: expect.any(Number) as unknown,
  };
  expect(hub.states("g")).toEqual([here]);
  await until(() => told(watcher)[0]);
  expect(told(watcher)).toEqual([{ type: "groupStateSnapshot", group: "g", sequenceId: 1, items: [here] }]);
  expect(Math.abs(Number(hub.states("g")[0]?.updatedAt) - Date.now())).toBeLessThan(10_000);

  ann.socket.close(1000);
  await until(() => told(watcher)[1]);
  const { state: _, ...gone } = here;
  expect(told(watcher)[1]).toEqual({ type: "groupStateUpdate", group: "g", sequenceId: 2, items: [gone] });
  expect(hub.states("g")).toEqual([]);
});

test("the server takes a connection out of the group, and with it its state", async () => {
  await using house = await House.open();
  const ann = await house.client({ groups: ["g"] });
  await ann.ask(set({ a: "1" }));
  const hub = house.emulator.hub("chat");
  hub.removeFromGroup(ann.id, "g");
  expect(hub.states("g")).toEqual([]);
});

test("state and subscription live through a cut", async () => {
  await using house = await House.open();
  const ann = await house.client({ groups: ["g"] });
  await ann.ask({ type: "subscribeGroupState", group: "g" });
  await ann.ask(set({ n: "1" }));
  house.emulator.faults.cutTransports();
  await ann.gone();
  const again = await house.recover(ann);
  expect(await again.ask({ ...set({ n: "2" }), ackId: 100 })).toMatchObject({ success: true });
  await until(() => told(again)[2]);
  expect(told(again)).toMatchObject([
    { type: "groupStateSnapshot", sequenceId: 1, items: [] },
    { type: "groupStateUpdate", sequenceId: 2, items: [{ state: { n: "1" } }] },
    { type: "groupStateUpdate", sequenceId: 3, items: [{ state: { n: "2" } }] },
  ]);
});

test("scripted acks hit state operations like others", async () => {
  await using house = await House.open();
  const ann = await house.client({ groups: ["g"] });
  house.emulator.faults.answerAcks({ error: "InternalServerError", times: 1 });
  expect(await ann.ask({ ...set({ a: "1" }), ackId: 9 })).toMatchObject({ success: false });
  expect(house.emulator.hub("chat").states("g")).toEqual([]);
  expect(await ann.ask({ ...set({ a: "1" }), ackId: 9 })).toMatchObject({ success: true });
});
