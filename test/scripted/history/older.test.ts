import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { groupHandle } from "web-pubsub-client/history";
import { fromGroup } from "../../helpers/frames.js";
import { resume } from "../../helpers/handover.js";
import { Stage, turn } from "../../helpers/stage.js";
import { Scene } from "./scene.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const texts = (messages: readonly { data: string }[]): string[] => messages.map(({ data }) => data);

describe("loadOlder", () => {
  test("brings a page before the oldest one that is known, again and again", async () => {
    const scene = new Scene();
    scene.store.add("a", "b", "c", "d", "e", "f");
    await scene.begin();
    const first = await scene.room.loadOlder();
    const second = await scene.room.loadOlder();
    expect(texts(first)).toEqual(["a", "b", "c"]);
    expect(second).toEqual([]);
    expect(scene.store.asked).toEqual(["newest 3", "before d 3", "before a 3"]);
    expect(scene.seen, "subscribers don't get them").toEqual(["d", "e", "f"]);
    const keys = [...first.map(({ key }) => key), ...scene.keys];
    expect(
      [...keys].sort((a, b) => a - b),
      "the keys rise",
    ).toEqual(keys);
    expect(first.every(({ key }) => key < 0)).toBe(true);
  });

  test("brings what comes before a message of the caller's choice", async () => {
    const scene = new Scene({ limit: 2 });
    scene.store.add("a", "b", "c", "d");
    await scene.begin();
    const [, last] = scene.room.recent;
    expect(texts(await scene.room.loadOlder(last))).toEqual(["b", "c"]);
  });

  test("is asked once for two calls at a time, and rejects with what `load` throws", async () => {
    const scene = new Scene();
    scene.store.add("a", "b", "c", "d");
    await scene.begin();
    const both = await Promise.all([scene.room.loadOlder(), scene.room.loadOlder()]);
    expect(both[0]).toBe(both[1]);
    expect(scene.store.asked).toEqual(["newest 3", "before b 3"]);
    scene.store.fails("down");
    await expect(scene.room.loadOlder()).rejects.toThrow("down");
    expect(await scene.room.loadOlder()).toEqual([]);
  });

  test("has a signal that fires when the last subscriber goes, or the client stops", async () => {
    const scene = new Scene();
    scene.store.add("a", "b");
    const end = await scene.begin();
    for (const stop of [end, () => scene.stage.client.stop()]) {
      scene.store.later();
      void scene.room.loadOlder();
      const signal = scene.store.signals.at(-1);
      expect(signal?.aborted).toBe(false);
      void stop();
      await turn();
      expect(signal?.aborted).toBe(true);
      scene.subscribe();
      await turn();
    }
  });

  test("without history it rejects", async () => {
    const { client } = new Stage();
    await expect(groupHandle(client, "room").loadOlder()).rejects.toThrow("no history");
  });
});

describe("a resumed session", () => {
  /** A scene in a page after a reload, whose group is joined and whose link is down. */
  async function after(options: ConstructorParameters<typeof Scene>[0] = {}): Promise<Scene> {
    const first = new Scene();
    await first.begin();
    first.send("before");
    const scene = new Scene(options);
    scene.store.add("before");
    await resume(scene.stage, first.stage.client.suspend());
    return scene;
  }

  test("what waited for its subscriber and what is loaded come once each, and there is no gap", async () => {
    const scene = await after();
    await scene.stage.recover();
    scene.store.add("a", "b");
    scene.stage.socket.receiveFrame(fromGroup("a", 2));
    scene.stage.socket.receiveFrame(fromGroup("b", 3));
    scene.subscribe();
    await turn();
    expect(scene.seen).toEqual(["before", "a", "b"]);
    expect(scene.gaps).toEqual([]);
    expect(scene.room.complete).toBe(true);
  });

  test("nothing is loaded while the connection is being recovered", async () => {
    const scene = await after();
    scene.subscribe();
    await turn();
    expect(scene.store.asked).toEqual([]);
    await scene.stage.recover();
    expect(scene.seen).toEqual(["before"]);
  });

  test("what waited for its subscriber comes behind what was before it, however many pages they are", async () => {
    const scene = await after({ limit: 2 });
    await scene.stage.recover();
    scene.store.add("a", "b", "c");
    for (const [at, text] of ["a", "b", "c"].entries())
      scene.stage.socket.receiveFrame(fromGroup(text, at + 2));
    scene.subscribe();
    await turn();
    expect(scene.store.asked).toEqual(["before a 2"]);
    expect(scene.seen).toEqual(["before", "a", "b", "c"]);
  });

  test("if it isn't recovered, there is a gap as after any loss; what had waited isn't lost", async () => {
    const scene = await after({ limit: 2 });
    await scene.stage.recover();
    scene.store.add("a", "b", "c");
    for (const [at, text] of ["a", "b", "c"].entries())
      scene.stage.socket.receiveFrame(fromGroup(text, at + 2));
    scene.store.later();
    scene.subscribe();
    await turn();
    await scene.lose();
    expect(scene.seen).toEqual(["a", "b", "c"]);
    scene.store.add("d");
    await scene.joined();
    expect(scene.seen).toEqual(["a", "b", "c", "d"]);
    expect(scene.gaps).toEqual(["c.. 1 filled", "..a +before 1 filled"]);
    expect(scene.room.complete).toBe(true);
  });
});

test("a subprotocol that isn't reliable has a gap with each lost socket", async () => {
  const { WebPubSubJsonProtocol } = await import("web-pubsub-client");
  const scene = new Scene({ protocol: WebPubSubJsonProtocol() });
  await scene.begin();
  scene.send("a");
  await scene.stage.drop();
  await turn(5_000);
  await scene.stage.accept("B");
  scene.store.add("b");
  await scene.joined();
  expect(scene.seen).toEqual(["a", "b"]);
  expect(scene.gaps).toEqual(["a.. 1 filled"]);
});
