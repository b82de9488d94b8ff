import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { turn } from "../../helpers/stage.js";
import { Scene } from "./scene.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const letters = (count: number, prefix = "m"): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);

describe("the first subscription", () => {
  test("the newest messages are loaded once the group is joined, and come before what was received meanwhile", async () => {
    const scene = new Scene();
    scene.store.add("a", "b", "c", "d");
    const load = scene.store.later();
    await scene.begin();
    scene.send("e");
    expect(scene.seen).toEqual([]);
    load.answer();
    await turn();
    // The store has "e" too by now.
    expect(scene.seen).toEqual(["c", "d", "e"]);
    expect(scene.store.asked).toEqual(["newest 3"]);
    expect(scene.gaps).toEqual([]);
    expect(scene.complete).toEqual([true]);
    expect(scene.room.complete).toBe(true);
    expect(
      [...scene.keys].sort((a, b) => a - b),
      "the keys rise",
    ).toEqual(scene.keys);
    expect(new Set(scene.keys).size).toBe(3);
  });

  test("`initial` says how many; with 0 the next gap begins at the newest one all the same", async () => {
    const two = new Scene({ history: { initial: 2 } });
    two.store.add("a", "b", "c");
    await two.begin();
    expect(two.seen).toEqual(["b", "c"]);

    const none = new Scene({ history: { initial: 0 } });
    none.store.add("a", "b");
    const load = none.store.later();
    await none.begin();
    none.send("c");
    load.answer();
    await turn();
    expect(none.seen).toEqual(["c"]);
    expect(none.store.asked).toEqual(["newest 1"]);
    await none.lose();
    none.store.add("d");
    await none.joined();
    expect(none.seen).toEqual(["c", "d"]);
  });

  test("one that begins when all others have ended begins anew", async () => {
    const scene = new Scene();
    scene.store.add("a");
    const end = await scene.begin();
    scene.send("b");
    end();
    expect(scene.room.complete).toBe(false);
    expect(scene.room.recent).toEqual([]);
    scene.send("c");
    scene.subscribe();
    await turn();
    expect(scene.seen).toEqual(["a", "b", "a", "b", "c"]);
  });

  test("a later subscriber finds in `recent` what the others were given", async () => {
    const scene = new Scene();
    scene.store.add("a");
    await scene.begin();
    scene.send("b");
    expect(scene.room.recent.map(({ data }) => data)).toEqual(["a", "b"]);
    scene.send(...letters(150));
    expect(scene.room.recent).toHaveLength(100);
    expect(scene.room.recent.at(-1)?.data).toBe("m150");
  });

  test("stored messages have the defaults of sent ones, and what the store adds", async () => {
    const scene = new Scene();
    const got: unknown[] = [];
    scene.store.answers.push(() => [
      { data: "plain" },
      { data: { n: 1 }, fromUserId: "ann", metadata: { a: "b" } },
      { data: null, dataType: "json" },
    ]);
    const room = scene.stage.client.group<unknown>("room", {
      history: { key: ({ data }) => JSON.stringify(data), load: (query) => scene.store.load(query as never) },
    });
    room.subscribe(({ key: _, ...message }) => got.push(message));
    await scene.stage.connect();
    await scene.joined();
    const all = { kind: "groupData", group: "room" };
    expect(got).toEqual([
      { ...all, dataType: "text", data: "plain", fromUserId: "" },
      { ...all, dataType: "json", data: { n: 1 }, fromUserId: "ann", metadata: { a: "b" } },
      { ...all, dataType: "json", data: null, fromUserId: "" },
    ]);
  });
});

describe("a gap", () => {
  test("what came between two connections is loaded page by page, in order and once", async () => {
    const scene = new Scene();
    await scene.begin();
    scene.send("a", "b");
    await scene.lose();
    scene.store.add(...letters(7));
    expect(scene.room.complete).toBe(false);
    const load = scene.store.later();
    await scene.joined();
    scene.send("c", "d");
    expect(scene.seen).toEqual(["a", "b"]);
    load.answer();
    await turn();
    expect(scene.seen).toEqual(["a", "b", ...letters(7), "c", "d"]);
    expect(scene.store.asked).toEqual(["newest 3", "after b 3", "after m3 3", "after m6 3", "after d 3"]);
    expect(scene.gaps).toEqual(["b.. 9 filled"]);
    expect(scene.complete).toEqual([true, false, true]);
    expect(
      [...scene.keys].sort((a, b) => a - b),
      "the keys rise",
    ).toEqual(scene.keys);
  });

  test("the first received message after it is told, if there is one", async () => {
    const scene = new Scene();
    await scene.begin();
    scene.send("a");
    await scene.lose();
    scene.store.add("b");
    const load = scene.store.later();
    await scene.joined();
    load.answer();
    scene.receive("late");
    await turn();
    expect(scene.gaps).toEqual(["a..late 1 filled"]);
    expect(scene.seen).toEqual(["a", "b", "late"]);
  });

  test("a connection that is recovered has none", async () => {
    const scene = new Scene();
    await scene.begin();
    scene.send("a");
    await scene.stage.drop();
    await scene.stage.recover();
    scene.send("b");
    expect(scene.seen).toEqual(["a", "b"]);
    expect(scene.store.asked).toEqual(["newest 3"]);
    expect(scene.room.complete).toBe(true);
    expect(scene.complete).toEqual([true]);
  });

  test("copies of what was loaded are dropped for 30 s, and for as long as the connection is being recovered", async () => {
    const scene = new Scene();
    scene.store.add("a", "b");
    await scene.begin();
    await turn(29_000);
    scene.receive("a");
    await scene.stage.drop();
    await turn(20_000);
    await scene.stage.recover();
    scene.receive("b");
    await turn(29_000);
    scene.receive("b");
    expect(scene.seen).toEqual(["a", "b"]);
    await turn(1_001);
    scene.receive("b");
    expect(scene.seen, "later ones are messages like any other").toEqual(["a", "b", "b"]);
  });

  test("keys are computed around a gap only", async () => {
    const key = vi.fn(({ data }: { data: string }) => data);
    const scene = new Scene({ history: { key } });
    await scene.begin();
    await turn(30_000);
    key.mockClear();
    scene.send(...letters(200));
    expect(key).not.toHaveBeenCalled();
    expect(scene.seen).toHaveLength(200);
  });

  test("a store that answers earlier messages again is right too", async () => {
    const scene = new Scene();
    await scene.begin();
    scene.send("a", "b", "c");
    await scene.lose();
    scene.store.answers.push(() => ["b", "x", "c"].map((data) => ({ data })));
    scene.store.answers.push(() => []);
    await scene.joined();
    expect(scene.seen).toEqual(["a", "b", "c", "x"]);
  });

  test("more than ten pages of received messages don't wait: the store has them", async () => {
    const scene = new Scene();
    await scene.begin();
    scene.send("a");
    await scene.lose();
    scene.store.add("b");
    const load = scene.store.later();
    await scene.joined();
    const page = scene.store.page.bind(scene.store);
    // What was asked for before the others came.
    vi.spyOn(scene.store, "page").mockImplementationOnce((query) => page(query).slice(0, 1));
    scene.send(...letters(35));
    load.answer();
    await turn();
    expect(scene.seen).toEqual(["a", "b", ...letters(35)]);
    expect(scene.gaps).toEqual(["a.. 36 filled"]);
  });

  test("a group that was refused on the new connection is filled when it is joined later", async () => {
    const scene = new Scene();
    await scene.begin();
    scene.send("a");
    await scene.lose();
    scene.store.add("b");
    await scene.joined("Forbidden");
    expect(scene.room.status).toBe("refused");
    expect(scene.room.complete).toBe(false);
    expect(scene.store.asked).toHaveLength(1);
    await scene.lose("C");
    scene.store.add("c");
    await scene.joined();
    expect(scene.seen).toEqual(["a", "b", "c"]);
    expect(scene.gaps).toEqual(["a.. 2 filled"]);
  });

  test("a stop and a start leave one, too", async () => {
    const scene = new Scene();
    await scene.begin();
    scene.send("a");
    await scene.stage.client.stop();
    scene.store.add("b");
    await scene.stage.connect("B");
    await scene.joined();
    expect(scene.seen).toEqual(["a", "b"]);
  });

  test("where nothing is known from before, more than a page may be missing: that is told", async () => {
    const scene = new Scene();
    await scene.begin();
    await scene.lose();
    scene.store.add("a", "b", "c", "d");
    await scene.joined();
    expect(scene.seen).toEqual(["b", "c", "d"]);
    expect(scene.gaps).toEqual([".. 3 open"]);
    expect(scene.room.complete).toBe(false);
  });

  test("schemas check what is loaded, as what is received", async () => {
    const schema = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: async (value: unknown) => {
          await Promise.resolve();
          return value === "bad" ? { issues: [{ message: "is bad" }] } : { value: value as string };
        },
      },
    };
    const scene = new Scene({ schema });
    const invalid: unknown[] = [];
    scene.room.onInvalidMessage(({ groupMessage }) => invalid.push(groupMessage.data));
    scene.store.add("a", "bad", "b");
    await scene.begin();
    scene.send("bad", "c");
    await turn();
    expect(scene.seen).toEqual(["a", "b", "c"]);
    expect(invalid).toEqual(["bad", "bad"]);
  });
});
