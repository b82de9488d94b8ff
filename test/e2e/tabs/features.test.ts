import { expect, test } from "vitest";
import type { Content, HandlerEvent } from "web-pubsub-emulator";
import { hub, until, type Guest } from "../harness.js";
import { Office } from "./office.js";

const handlers = [
  {
    events: ["echo", "hang"],
    async onEvent({ data, dataType, eventName }: HandlerEvent) {
      if (eventName === "hang") await new Promise(() => undefined);
      return { data: data as Content, dataType };
    },
  },
];

const states = ({ client }: Guest): unknown[] => client.listGroupStates("room").map(({ state }) => state);

test("invocations of two tabs with the same ids find their answers, and those of a closed tab end", async () => {
  await using office = await Office.open({ hubs: { [hub]: { handlers } } });
  const [ann, ben] = [await office.enter(), await office.enter()];
  const asked = [ann, ben].flatMap(({ client }, tab) =>
    [1, 2, 3].map((n) => client.invokeEvent("echo", { tab, n }).then(({ data }) => data)),
  );
  expect(await Promise.all(asked)).toEqual([0, 1].flatMap((tab) => [1, 2, 3].map((n) => ({ tab, n }))));
  expect((await ann.client.invokeEvent("echo", new Uint8Array([1]))).data).toEqual(
    new Uint8Array([1]).buffer,
  );
  await expect(ann.client.invokeEvent("nobody", "x")).rejects.toMatchObject({
    errorDetail: { name: "NotFound" },
  });

  const hanging = ben.client.invokeEvent("hang", "x");
  await Promise.all([ben.client.stop(), expect(hanging).rejects.toMatchObject({ code: "NotStarted" })]);
  expect((await ann.client.invokeEvent("echo", "still")).data).toBe("still");
});

test("events and refusals come back to the tab that has asked", async () => {
  const events: unknown[] = [];
  const onEvent = ({ data }: { data: unknown }) => void events.push(data);
  await using office = await Office.open({ hubs: { [hub]: { handlers: [{ events: ["note"], onEvent }] } } });
  const [ann, ben] = [await office.enter(), await office.enter()];
  await Promise.all([ann.client.sendEvent("note", 1), ben.client.sendEvent("note", 2)]);
  expect(events.sort()).toEqual([1, 2]);
  await ben.client.sendToGroup("room", "x", "text", { fireAndForget: true });
});

test("presence is the connection's: the newest state of a living tab shows", async () => {
  await using office = await Office.open();
  const watcher = await office.house.welcome("watcher", []);
  await watcher.client.subscribeGroupStates("room");
  const [ann, ben] = [await office.enter(["room"]), await office.enter(["room"])];
  await ann.client.setGroupState("room", { at: "first" });
  await until(() => states(watcher).length === 1);
  await ben.client.setGroupState("room", { at: "second" });
  await until(() => JSON.stringify(states(watcher)) === '[{"at":"second"}]');
  expect(ann.client.getGroupState("room")).toEqual({ at: "first" });

  await ben.client.stop();
  await until(() => JSON.stringify(states(watcher)) === '[{"at":"first"}]');
  await ann.client.clearGroupState("room");
  await until(() => states(watcher).length === 0);
});

test("a state that is refused leaves the one before, which goes with its tab", async () => {
  await using office = await Office.open();
  const watcher = await office.house.welcome("watcher", []);
  await watcher.client.subscribeGroupStates("room");
  const [ann, ben] = [await office.enter(["room"]), await office.enter(["room"])];
  await ben.client.setGroupState("room", { at: "ben" });
  await ann.client.setGroupState("room", { at: "ann" });
  const tooLarge = { at: "x".repeat(20_000) };
  await expect(ann.client.setGroupState("room", tooLarge)).rejects.toMatchObject({ code: "Refused" });
  await expect(ben.client.setGroupState("room", tooLarge)).rejects.toMatchObject({ code: "Refused" });
  await until(() => JSON.stringify(states(watcher)) === '[{"at":"ann"}]');
  await ann.client.stop();
  await until(() => JSON.stringify(states(watcher)) === '[{"at":"ben"}]');
});

test("a tab that subscribes to states later gets them as they stand", async () => {
  await using office = await Office.open();
  const other = await office.house.welcome("other", ["room"]);
  await other.client.setGroupState("room", { n: "1" });
  const [ann, ben] = [await office.enter(), await office.enter()];
  await ann.client.subscribeGroupStates("room");
  await until(() => states(ann).length === 1);
  await other.client.setGroupState("room", { n: "2" });
  await until(() => JSON.stringify(states(ann)) === '[{"n":"2"}]');
  await ben.client.subscribeGroupStates("room");
  await until(() => JSON.stringify(states(ben)) === '[{"n":"2"}]');

  await ann.client.unsubscribeGroupStates("room");
  await other.client.setGroupState("room", { n: "3" });
  await until(() => JSON.stringify(states(ben)) === '[{"n":"3"}]');
});

test.each([false, true])("streams go both ways, and to sibling tabs (noEcho: %s)", async (noEcho) => {
  await using office = await Office.open();
  const other = await office.house.welcome("other", ["room"]);
  const [ann, ben, cat] = [await office.enter(["room"]), await office.enter(["room"]), await office.enter()];
  const heard: Record<string, string[]> = { ann: [], ben: [], cat: [], other: [] };
  for (const [name, { client }] of Object.entries({ ann, ben, cat, other }))
    client.onGroupStream(async (stream) => void heard[name]?.push(await stream.text()));

  const writer = await ann.client.openGroupStream("room", { streamId: "one", noEcho });
  // The same id in another tab is another stream.
  const second = await ben.client.openGroupStream("room", { streamId: "one", noEcho });
  for (const word of ["a", "b", "c"]) await writer.write(word);
  await second.write("x");
  await Promise.all([writer.end(), second.end()]);
  await until(() => heard["other"]?.length === 2);
  await until(() => heard["ann"]?.length === (noEcho ? 1 : 2) && heard["ben"]?.length === (noEcho ? 1 : 2));
  expect(heard["other"]?.sort()).toEqual(["abc", "x"]);
  expect(heard["ann"]?.sort()).toEqual(noEcho ? ["x"] : ["abc", "x"]);
  expect(heard["ben"]?.sort()).toEqual(noEcho ? ["abc"] : ["abc", "x"]);
  expect(heard["cat"]).toEqual([]);
});

test("what a tab sends before it stops arrives, though it is the last one", async () => {
  await using office = await Office.open();
  const other = await office.house.welcome("other", ["room"]);
  const ann = await office.enter();
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  for (const n of numbers) await ann.client.sendToGroup("room", n, "json", { fireAndForget: true });
  await ann.client.stop();
  await until(() => office.client.state === "Stopped");
  await other.client.sendToGroup("room", "last");
  await until(() => other.heard.includes("last"));
  expect(other.heard).toEqual([...numbers, "last"]);
});

test("a tab that goes in the middle of a stream ends it with an error", async () => {
  await using office = await Office.open();
  const other = await office.house.welcome("other", ["room"]);
  const [ann] = [await office.enter(), await office.enter()];
  let failure: unknown;
  other.client.onGroupStream(async (stream) => {
    await stream.text().catch((error: unknown) => (failure = error));
  });
  const writer = await ann.client.openGroupStream("room");
  await writer.write("a");
  office.worker.crash(0);
  await until(() => failure !== undefined);
  expect(failure).toMatchObject({ code: "UserError" });
});

test("JSON null in a stream with noEcho reaches the sibling tabs as null", async () => {
  await using office = await Office.open();
  const [ann, ben] = [await office.enter(["room"]), await office.enter(["room"])];
  const heard: unknown[] = [];
  ben.client.onGroupStream(async (stream) => {
    for await (const { data } of stream) heard.push(data);
  });
  const writer = await ann.client.openGroupStream("room", { noEcho: true });
  await writer.write(null);
  await writer.end();
  await until(() => heard.length > 0);
  expect(heard[0]).toBeNull();
});
