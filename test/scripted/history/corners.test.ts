import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type {
  GroupMessage,
  HistoryOptions,
  HistoryQuery,
  StandardSchemaV1,
  StoredMessage,
} from "web-pubsub-client";
import { turn } from "../../helpers/stage.js";
import { Scene } from "./scene.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const texts = (messages: readonly { data: string }[]): string[] => messages.map(({ data }) => data);

/** What is shown on the console meanwhile. */
function onConsole(): unknown[] {
  const shown: unknown[] = [];
  vi.spyOn(console, "error").mockImplementation((...words) => void shown.push(...words));
  return shown;
}

/** Refuses what begins with `b`. */
const noB: StandardSchemaV1<string, string> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      String(value).startsWith("b") ? { issues: [{ message: "b" }] } : { value: value as string },
  },
};

describe("options", () => {
  test("`key` and `load` may be methods that use `this`", async () => {
    class Store implements HistoryOptions<string> {
      readonly texts = ["a", "b"];
      readonly prefix = "id-";
      key(message: GroupMessage<string>): string {
        return this.prefix + message.data;
      }
      load({ limit }: HistoryQuery<string>): StoredMessage<string>[] {
        return this.texts.slice(-limit).map((data) => ({ data }));
      }
    }
    const scene = new Scene();
    scene.stage.client.group<string>("room", { history: new Store() });
    await scene.begin();
    expect(scene.seen).toEqual(["a", "b"]);
  });

  test.each([{ limit: 0.5 }, { limit: Infinity }, { initial: 1.5 }, { initial: Infinity }])(
    "%o is refused: a store can't count so",
    (wrong) => {
      const { stage, store } = new Scene();
      const history = { ...store.options, ...wrong };
      expect(() => stage.client.group<string>("room", { history })).toThrow("must be a whole number");
    },
  );
});

describe("what the store answers", () => {
  test("a store that ignores what it is asked, and answers all it has, isn't asked without end", async () => {
    const scene = new Scene();
    const all = Array.from({ length: 200 }, (_, at) => ({ data: `${at}` }));
    const load = vi.fn(() => all);
    scene.stage.client.group<string>("room", { history: { ...scene.store.options, load } });
    await scene.begin();
    expect(scene.seen).toEqual([]);
    expect(scene.gaps).toEqual([
      ".. 0 history.load has answered 200 messages, but must answer at most limit, which was 3.",
    ]);
    expect(load).toHaveBeenCalledOnce();
  });

  test("a full page that the schema refuses isn't taken for the end", async () => {
    const scene = new Scene({ schema: noB, limit: 2 });
    scene.room.onInvalidMessage(() => {});
    scene.store.add("x", "b1", "b2", "c", "d");
    await scene.begin();
    await expect(scene.room.loadOlder()).rejects.toThrow("The schema refuses all 2 messages");
  });

  test("null, as databases answer it, is what was left out", async () => {
    const scene = new Scene();
    scene.store.answers.push(() => [{ data: "a", fromUserId: null, metadata: null, dataType: null }]);
    await scene.begin();
    expect(scene.room.recent).toMatchObject([{ data: "a", fromUserId: "", dataType: "text" }]);
    expect(scene.room.recent[0]).not.toHaveProperty("metadata");
  });
});

describe("a client that has stopped", () => {
  test("keeps no timer, though a subscriber stays", async () => {
    const scene = new Scene();
    scene.store.add("a");
    await scene.begin();
    void scene.stage.client.stop();
    await turn();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("fills the gap when it has started again", async () => {
    const scene = new Scene();
    scene.store.add("a");
    await scene.begin();
    void scene.stage.client.stop();
    await turn();
    scene.store.add("b", "c");
    await scene.stage.connect("B");
    await scene.joined();
    scene.receive("c");
    expect(scene.seen).toEqual(["a", "b", "c"]);
  });
});

test.each(["a", "b", "c", "d", "e"])(
  "a listener that stops the client when it gets %s changes no order",
  async (stopsAt) => {
    const scene = new Scene({ limit: 5 });
    scene.store.add("a", "b", "c");
    const load = scene.store.later();
    await scene.stage.connect();
    scene.subscribe();
    const end = scene.room.subscribe(({ data }) => {
      if (data !== stopsAt) return;
      end();
      void scene.stage.client.stop();
    });
    await scene.joined();
    scene.send("d", "e");
    load.answer();
    await turn();
    scene.store.add("f");
    await scene.stage.connect("B");
    await scene.joined();
    expect(scene.seen).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(scene.room.complete).toBe(true);
  },
);

describe("a load that fails", () => {
  test("is shown to the developer while nobody listens, and is in the log", async () => {
    const shown = onConsole();
    const log: unknown[] = [];
    const logger = { info: () => {}, warning: (words: unknown) => log.push(words), error: () => {} };
    const scene = new Scene({ logger });
    const { client } = scene.stage;
    const load = (): never => {
      throw new Error("down");
    };
    client.group<string>("other", { history: { key: ({ data }) => data, load } }).subscribe(() => {});
    await scene.stage.connect();
    await scene.joined();
    expect(shown.map(String).join()).toContain(
      "Listen with onGap to hear of this. The history of group other can't be loaded: down",
    );
    expect(log.join()).toContain("The history of group other can't be loaded: down");
  });

  test("is only told where somebody listens", async () => {
    const shown = onConsole();
    const scene = new Scene();
    scene.store.fails("down");
    await scene.begin();
    expect(scene.gaps).toEqual([".. 0 down"]);
    expect(shown).toEqual([]);
  });
});

describe("loadOlder before the newest messages are there", () => {
  test("waits for them, so that nothing comes twice", async () => {
    const scene = new Scene();
    scene.store.add("a", "b", "c", "d", "e", "f");
    await scene.stage.connect();
    scene.subscribe();
    const older = scene.room.loadOlder();
    await turn();
    expect(scene.store.asked).toEqual([]);
    await scene.joined();
    expect([...texts(await older), ...scene.seen]).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(scene.store.asked).toEqual(["newest 3", "before d 3"]);
  });

  test("waits no longer when the load has failed, the group is refused or the last subscriber goes", async () => {
    for (const how of ["failed", "refused", "gone"]) {
      const scene = new Scene();
      scene.store.add("a");
      if (how === "failed") scene.store.fails("down");
      await scene.stage.connect();
      const end = scene.subscribe();
      const older = scene.room.loadOlder();
      if (how === "gone") end();
      else await scene.joined(how === "refused" ? "Forbidden" : undefined);
      expect(texts(await older), how).toEqual(["a"]);
    }
  });
});
