import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { HistoryOptions } from "web-pubsub-client";
import { groupHandle } from "web-pubsub-client/history";
import { onConsole } from "../../helpers/onConsole.js";
import { Stage, turn } from "../../helpers/stage.js";
import { Scene } from "./scene.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A scene whose first message is "a", on a second connection that isn't in the group yet. */
async function lost(...options: ConstructorParameters<typeof Scene>): Promise<Scene> {
  const scene = new Scene(...options);
  await scene.begin();
  scene.send("a");
  await scene.lose();
  return scene;
}

describe("a load that fails", () => {
  test.each<[string, string, () => unknown]>([
    [
      "throws",
      "no store",
      () => {
        throw new Error("no store");
      },
    ],
    ["rejects", "no store", () => Promise.reject(new Error("no store"))],
    ["answers no array", "history.load must answer an array of messages, each with data.", () => "nonsense"],
    [
      "answers what is no message",
      "history.load must answer an array of messages, each with data.",
      () => [null],
    ],
  ])("one that %s: received messages flow, and what is loaded later is told", async (_, words, answer) => {
    const scene = await lost();
    scene.store.add("b", "c");
    scene.store.answers.push(answer);
    await scene.joined();
    expect(scene.gaps).toEqual([`a.. 0 ${words}`]);
    scene.send("d");
    expect(scene.seen).toEqual(["a", "d"]);
    expect(scene.room.complete).toBe(false);
    await turn(1_000);
    expect(scene.gaps).toEqual([`a.. 0 ${words}`, "a..d +b,c 2 filled"]);
    expect(scene.seen).toEqual(["a", "d"]);
    expect(scene.room.complete).toBe(true);
  });

  test("one that never settles counts as failed after 10 s, and its signal fires", async () => {
    const scene = await lost();
    scene.store.add("b");
    const load = scene.store.later();
    await scene.joined();
    scene.send("c");
    await turn(9_999);
    expect(scene.seen).toEqual(["a"]);
    expect(scene.store.signals.at(-1)?.aborted).toBe(false);
    await turn(1);
    expect(scene.store.signals.at(-1)?.aborted).toBe(true);
    expect(scene.seen).toEqual(["a", "c"]);
    expect(scene.gaps).toEqual(["a..c 0 history.load has taken more than 10000 ms."]);
    // What it answers after all counts for nothing.
    load.answer();
    await turn(1_000);
    expect(scene.gaps.slice(1)).toEqual(["a..c +b 1 filled"]);
    expect(scene.seen).toEqual(["a", "c"]);
  });

  test("as long as nothing is received, subscribers get what a later load brings, in order", async () => {
    const scene = await lost();
    scene.store.add("b");
    scene.store.fails("down");
    await scene.joined();
    await turn(1_000);
    scene.send("c");
    expect(scene.seen).toEqual(["a", "b", "c"]);
    expect(scene.gaps).toEqual(["a.. 0 down", "a.. 1 filled"]);
  });

  test("it is told once, and tried again with the delays of `reconnectRetryOptions`", async () => {
    const scene = await lost({
      reconnectRetryOptions: { mode: "Fixed", retryDelayInMs: 2_000, jitter: false },
    });
    for (let fails = 0; fails < 4; fails++) scene.store.fails("down");
    await scene.joined();
    await turn(7_999);
    expect(scene.store.asked).toHaveLength(1 + 4);
    await turn(1);
    expect(scene.store.asked).toHaveLength(1 + 5);
    expect(scene.gaps).toEqual(["a.. 0 down", "a.. 0 filled"]);
  });

  test("as often as they allow; the next connection tries again", async () => {
    const scene = await lost({ reconnectRetryOptions: { maxRetries: 1 } });
    scene.store.fails("down");
    scene.store.fails("down");
    scene.store.add("b");
    await scene.joined();
    await turn(60_000);
    expect(scene.store.asked).toEqual(["newest 3", "after a 3", "after a 3"]);
    await scene.lose("C");
    await scene.joined();
    expect(scene.seen).toEqual(["a", "b"]);
    expect(scene.room.complete).toBe(true);
  });

  test("pages that came before aren't asked for again", async () => {
    const scene = await lost();
    scene.store.add("b", "c", "d", "e");
    scene.store.answers.push((query) => scene.store.page(query));
    scene.store.fails("down");
    await scene.joined();
    expect(scene.seen).toEqual(["a", "b", "c", "d"]);
    scene.send("f");
    await turn(1_000);
    expect(scene.gaps).toEqual(["a.. 3 down", "a..f +e 4 filled"]);
    expect(scene.seen).toEqual(["a", "b", "c", "d", "f"]);
    expect(scene.store.asked.slice(1)).toEqual(["after a 3", "after d 3", "after d 3"]);
  });

  test("a second gap before the first is filled: each gets what belongs to it", async () => {
    const scene = await lost();
    scene.store.add("b");
    for (let fails = 0; fails < 3; fails++) scene.store.fails("down");
    await scene.joined();
    scene.send("c", "d");
    await scene.lose("C");
    scene.store.add("e");
    scene.store.answers.length = 0;
    await scene.joined();
    scene.send("f");
    await turn();
    expect(scene.seen).toEqual(["a", "c", "d", "e", "f"]);
    expect(scene.gaps).toEqual(["a.. 0 down", "d.. 1 filled", "a..c +b 1 filled"]);
    expect(scene.room.complete).toBe(true);
  });

  test("the first load: the newest messages before what was received meanwhile are told", async () => {
    const scene = new Scene();
    scene.store.add("a", "b", "c", "d");
    scene.store.fails("down");
    await scene.begin();
    scene.send("e", "f");
    await turn(1_000);
    expect(scene.store.asked).toEqual(["newest 3", "before e 3"]);
    expect(scene.seen).toEqual(["e", "f"]);
    expect(scene.gaps).toEqual([".. 0 down", "..e +b,c,d 3 filled"]);
  });

  test("a store that answers the same full page again and again is told, and not asked without end", async () => {
    const scene = await lost();
    scene.store.add("b", "c", "d");
    const same = () => ["b", "c", "d"].map((data) => ({ data }));
    scene.store.answers.push(same, same);
    await scene.joined();
    expect(scene.seen).toEqual(["a", "b", "c", "d"]);
    expect(scene.gaps).toEqual(["a.. 3 history.load answers nothing new."]);
    expect(scene.store.asked).toHaveLength(3);
  });

  test("a `key` that throws or returns nonsense fails the load, and is reported for what is received", async () => {
    const reports = onConsole("error");
    const scene = new Scene({ history: { key: () => undefined as unknown as string } });
    scene.store.add("a");
    await scene.begin();
    expect(scene.gaps).toEqual([".. 0 history.key must return a string or a number."]);
    scene.send("b");
    expect(scene.seen).toEqual(["b"]);
    expect(String(reports[0]?.[1])).toContain("history.key must return");
  });
});

describe("the signal", () => {
  test.each<[string, (scene: Scene, end: () => void) => unknown]>([
    ["the last subscriber goes", (_, end) => end()],
    ["the client stops", (scene) => scene.stage.client.stop()],
    ["the connection is lost again", (scene) => scene.lose("C")],
  ])("fires when %s, and nothing comes of the answer", async (_, end) => {
    const scene = new Scene();
    await scene.stage.connect();
    const unsubscribe = scene.subscribe();
    scene.store.add("a");
    const load = scene.store.later();
    await scene.joined();
    expect(scene.store.signals[0]?.aborted).toBe(false);
    await end(scene, unsubscribe);
    expect(scene.store.signals[0]?.aborted).toBe(true);
    load.answer();
    await turn();
    expect(scene.seen).toEqual([]);
    expect(scene.gaps).toEqual([]);
  });

  test("nothing is left behind: no timer, and no load after the last subscriber has gone", async () => {
    const scene = await lost();
    scene.store.fails("down");
    await scene.joined();
    const end = scene.subscribe();
    end();
    await scene.stage.client.stop();
    await turn();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("listeners that do something", () => {
  test("one that ends the last subscription gets nothing more", async () => {
    const scene = new Scene();
    scene.store.add("a", "b", "c");
    await scene.stage.connect();
    const seen: string[] = [];
    const end = scene.room.subscribe(({ data }) => {
      seen.push(data);
      end();
    });
    await scene.joined();
    expect(seen).toEqual(["a"]);
    expect(scene.room.recent).toEqual([]);
  });

  test("one that ends the last subscription when a load has failed: the gap isn't told", async () => {
    const scene = new Scene();
    await scene.stage.connect();
    const end = scene.room.subscribe(() => end());
    const load = scene.store.later();
    await scene.joined();
    scene.send("a");
    load.fail(new Error("down"));
    await turn();
    expect(scene.gaps).toEqual([]);
    scene.subscribe();
    await turn();
    expect(scene.seen).toEqual(["a"]);
    expect(scene.room.complete).toBe(true);
  });

  test("one that subscribes anew when a gap is told begins anew", async () => {
    const scene = new Scene();
    const end = await scene.begin();
    scene.send("a");
    await scene.lose();
    const again: string[] = [];
    scene.room.onGap(() => {
      end();
      scene.room.subscribe(({ data }) => again.push(data));
    });
    scene.store.add("b");
    const load = scene.store.later();
    await scene.joined();
    scene.send("c");
    load.answer();
    await turn();
    expect(again).toEqual(["a", "b", "c"]);
  });
});

describe("options", () => {
  const history: HistoryOptions<string> = { key: ({ data }) => data, load: () => [] };

  test.each<[string, unknown]>([
    ["history must have the functions key and load.", { ...history, load: undefined }],
    ["history must have the functions key and load.", { ...history, key: "id" }],
    ["history must be an object.", () => []],
    ["history.limit must be a number.", { ...history, limit: "3" }],
    ["history.limit must be greater than 0.", { ...history, limit: 0 }],
    ["history.initial must be greater than or equal to 0.", { ...history, initial: -1 }],
  ])("%s", (words, wrong) => {
    const { client } = new Stage();
    expect(() => client.group("room", { history: wrong as typeof history })).toThrow(words);
    expect(() => groupHandle(client, "room", { history: wrong as typeof history })).toThrow(words);
  });

  test("the newest object counts, for the same handle", async () => {
    const scene = new Scene();
    await scene.begin();
    const load = vi.fn(() => [{ data: "b" }]);
    const again = scene.stage.client.group<string>("room", { history: { key: ({ data }) => data, load } });
    expect(again).toBe(scene.room);
    expect(scene.stage.client.group("room")).toBe(scene.room);
    scene.send("a");
    await scene.lose();
    await scene.joined();
    expect(scene.seen).toEqual(["a", "b"]);
    expect(load).toHaveBeenCalledTimes(1);
  });

  test("history that comes while there are subscribers begins then", async () => {
    const { stage, store } = new Scene();
    await stage.connect();
    const room = stage.client.group<string>("other");
    const seen: string[] = [];
    room.subscribe(({ data }) => seen.push(data));
    stage.socket.receiveFrame({ type: "ack", ackId: 1, success: true });
    expect(room.complete).toBe(false);
    store.add("a");
    stage.client.group<string>("other", { history: store.options });
    await turn();
    expect(seen).toEqual(["a"]);
    expect(room.complete).toBe(true);
  });
});
