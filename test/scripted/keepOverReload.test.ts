import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OperationMessage } from "web-pubsub-client";
import { keepOverReload, type KeepOverReloadOptions } from "web-pubsub-client/resume";
import { FakePage, FakeStorage } from "../helpers/fakePage.js";
import { ack } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn, type StageOptions } from "../helpers/stage.js";

let page: FakePage;
let warned: unknown[];
beforeEach(() => {
  vi.useFakeTimers();
  page = new FakePage();
  warned = [];
  vi.spyOn(console, "warn").mockImplementation((...words) => void warned.push(words.join(" ")));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface KeptStage {
  readonly stage: Stage;
  readonly log: string[];
  readonly end: () => void;
}

/** A client whose session is kept. */
function kept(options: Partial<KeepOverReloadOptions> = {}, stageOptions: StageOptions = {}): KeptStage {
  const log: string[] = [];
  const note = (...words: unknown[]): void => void log.push(words.join(" "));
  const stage = new Stage({ logger: { info: note, warning: note, error: note }, ...stageOptions });
  return { stage, log, end: keepOverReload(stage.client, { key: "ann", ...options }) };
}

/** Starts a client, and gets it connected on a new connection. */
async function connected(id = "A", options?: Partial<KeepOverReloadOptions>): Promise<KeptStage> {
  const all = kept(options);
  await all.stage.connect(id);
  return all;
}

/** Another page holds the connection `A`. */
async function holdElsewhere(): Promise<void> {
  await turn();
  page.locks.held.add("web-pubsub-client/resume:ann:A");
}

const isRecovery = ({ socket }: Stage): boolean => socket.url.href.includes("awps_connection_id");

describe("a reload", () => {
  test("the session is saved on `pagehide` and goes on with `start`", async () => {
    const { stage } = await connected();
    follow(stage.client.sendToGroup("g", "unanswered"));
    page.hide();
    expect([stage.client.state, stage.socket.terminated]).toEqual(["Stopped", true]);
    expect(page.storage.items.size).toBe(1);

    const next = kept();
    const started = await next.stage.begin();
    expect(next.stage.socket.url.href).toContain("awps_connection_id=A&awps_reconnection_token=token-A");
    // Claimed: who comes now finds nothing.
    expect(page.storage.items.size).toBe(0);
    await next.stage.recover();
    expect(started.status).toBe("resolved");
    expect(next.stage.named).toEqual(["connected A resumed"]);
    expect(next.stage.socket.frames("sendToGroup")).toMatchObject([{ data: "unanswered", ackId: 1 }]);
  });

  test("nothing is saved of a client that was stopped, is stopping or was never started", async () => {
    const { stage } = await connected();
    void stage.client.stop();
    page.hide();
    expect(page.storage.items.size).toBe(0);

    const idle = kept();
    await turn();
    page.hide();
    expect([page.storage.items.size, idle.stage.client.state]).toEqual([0, "Stopped"]);
  });

  test("nor of one that drains: it was told to stop", async () => {
    const { stage } = await connected();
    follow(stage.client.sendToGroup("g", 1));
    follow(stage.client.stop({ drainInMs: 10_000 }));
    page.freeze();
    page.hide();
    expect(page.storage.items.size).toBe(0);
  });

  test("the key names the user: another one doesn't see the session", async () => {
    await connected();
    page.hide();
    const bob = kept({ key: "bob" });
    await bob.stage.begin();
    expect(isRecovery(bob.stage)).toBe(false);
    expect(page.storage.items.size).toBe(1);
  });

  test("a session without a connection has operations and groups", async () => {
    const { stage } = kept();
    follow(stage.client.start());
    await turn();
    follow(stage.client.sendToGroup("g", "early"));
    page.hide();
    const next = kept();
    await next.stage.connect("B");
    expect(next.stage.socket.frames("sendToGroup")).toMatchObject([{ data: "early" }]);
  });

  test("another storage can be given", async () => {
    const storage = new FakeStorage();
    await connected("A", { storage });
    page.hide();
    expect([page.storage.items.size, storage.items.size]).toEqual([0, 1]);
    const next = kept({ storage });
    await next.stage.begin();
    expect(isRecovery(next.stage)).toBe(true);
  });
});

describe("the options of start", () => {
  const hear = (): { heard: string[]; onRestored: (operation: OperationMessage) => void } => {
    const heard: string[] = [];
    return { heard, onRestored: ({ kind }) => heard.push(kind) };
  };

  test("`onRestored` may be given to either; that of `start` counts", async () => {
    for (const way of ["keep", "start", "both"]) {
      const { stage } = await connected();
      follow(stage.client.sendToGroup("g", 1));
      page.hide();
      const [keep, start] = [hear(), hear()];
      const next = kept(way === "start" ? {} : { onRestored: keep.onRestored });
      follow(next.stage.client.start(way === "keep" ? {} : { onRestored: start.onRestored }));
      await turn();
      expect([keep.heard.length, start.heard.length]).toEqual(way === "keep" ? [1, 0] : [0, 1]);
      await next.stage.client.stop();
      page = new FakePage();
    }
  });

  test("a session that the caller gives is resumed, not the stored one", async () => {
    const other = new Stage();
    await other.connect("Z");
    const session = other.client.suspend();
    await connected();
    page.hide();
    const next = kept();
    follow(next.stage.client.start({ resume: session }));
    await turn();
    expect(next.stage.socket.url.href).toContain("awps_connection_id=Z");
  });

  test("`keepTrying` still holds where nothing is stored", async () => {
    const { stage } = kept();
    follow(stage.client.start({ keepTrying: true }));
    await turn();
    await stage.drop();
    expect(stage.client.state).toBe("Disconnected");
  });
});

describe("stop", () => {
  test("clears what is stored, also before the client was started", async () => {
    await connected();
    page.hide();
    const next = kept();
    await next.stage.client.stop();
    expect(page.storage.items.size).toBe(0);
    await next.stage.begin();
    expect(isRecovery(next.stage)).toBe(false);
  });

  test("ends a start that waits for the lock, and what it waited with", async () => {
    await connected();
    page.hide();
    await holdElsewhere();
    const next = kept();
    const started = await next.stage.begin();
    expect(started.status).toBe("pending");
    await next.stage.client.stop();
    await turn();
    expect(started.error).toMatchObject({ code: "Stopped" });
    expect(page.storage.items.size).toBe(0);
    expect(next.stage.sockets).toEqual([]);
  });

  test("after it the page isn't listened to, and no lock is held", async () => {
    const { stage } = await connected();
    expect([page.listeners, page.locks.held.size]).toEqual([3, 1]);
    follow(stage.client.stop());
    await turn(100);
    expect([page.listeners, page.locks.held.size]).toEqual([0, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a start that fails before the session was resumed keeps it", () => {
  test("aborted while it waits for the lock: for the next start", async () => {
    await connected();
    page.hide();
    await holdElsewhere();
    const next = kept();
    const abort = new AbortController();
    const started = follow(next.stage.client.start({ abortSignal: abort.signal }));
    await turn(500);
    abort.abort();
    await turn();
    expect(started.error).toMatchObject({ name: "AbortError" });
    expect(page.storage.items.size).toBe(1);
    page.locks.held.clear();
    await next.stage.begin();
    expect(isRecovery(next.stage)).toBe(true);
  });

  test("aborted before, or with what isn't a signal", async () => {
    await connected();
    page.hide();
    const { stage } = kept();
    const aborted = follow(stage.client.start({ abortSignal: AbortSignal.abort() }));
    const wrong = follow(stage.client.start({ abortSignal: "soon" as unknown as AbortSignal }));
    await turn();
    expect([aborted.error?.name, wrong.error?.name]).toEqual(["AbortError", "TypeError"]);
    expect(page.storage.items.size).toBe(1);
    await stage.begin();
    expect(isRecovery(stage)).toBe(true);
  });

  test("the page goes away meanwhile: for the next page", async () => {
    await connected();
    page.hide();
    const stored = page.storage.text;
    await holdElsewhere();
    const next = kept();
    await next.stage.begin();
    page.hide();
    await turn(5_000);
    expect(page.storage.text).toBe(stored);
    expect(next.stage.sockets).toEqual([]);
  });

  test("two starts at once: the second is refused, the first resumes", async () => {
    await connected();
    page.hide();
    const { stage } = kept();
    const [first, second] = [follow(stage.client.start()), follow(stage.client.start())];
    await turn();
    await stage.recover();
    expect([first.status, second.error]).toMatchObject(["resolved", { code: "AlreadyStarted" }]);
    expect(isRecovery(stage)).toBe(true);
  });
});

describe("a lock makes sure that one page has the id", () => {
  test("a page that started anew holds it for its connection, and for the next one", async () => {
    const { stage } = await connected();
    expect([...page.locks.held]).toEqual(["web-pubsub-client/resume:ann:A"]);
    await stage.drop(1008);
    await stage.accept("B");
    await turn();
    expect([...page.locks.held]).toEqual(["web-pubsub-client/resume:ann:B"]);
    page.hide();
    await turn();
    expect(page.locks.held.size).toBe(0);
  });

  test("a duplicated tab waits 1 s, and starts anew without restoring anything", async () => {
    const original = await connected();
    follow(original.stage.client.sendToGroup("g", 1));
    page.freeze();
    page.thaw();
    // The copy was made while the page was frozen.
    const storage = new FakeStorage();
    page.freeze();
    for (const [key, value] of page.storage.items) storage.setItem(key, value);
    page.thaw();
    const duplicate = kept({ storage });
    await duplicate.stage.begin();
    await turn(999);
    expect(duplicate.stage.sockets).toEqual([]);
    await turn(1);
    expect(isRecovery(duplicate.stage)).toBe(false);
    expect(storage.items.size).toBe(0);
    await duplicate.stage.accept("B");
    expect(duplicate.stage.socket.frames("sendToGroup")).toEqual([]);
    expect(original.stage.client.connectionId).toBe("A");
    expect(page.locks.held.size).toBe(2);
  });

  test("the page before may take a moment to go", async () => {
    await connected();
    page.hide();
    await turn();
    const name = "web-pubsub-client/resume:ann:A";
    let leave!: () => void;
    void page.locks.request(name, { signal: new AbortController().signal }, () => {
      return new Promise<void>((resolve) => (leave = resolve));
    });
    const next = kept();
    await next.stage.begin();
    await turn(900);
    leave();
    await turn();
    expect(isRecovery(next.stage)).toBe(true);
    await next.stage.recover();
    await turn(5_000);
    expect([...page.locks.held]).toEqual([name]);
  });

  test.each([
    ["none", undefined],
    ["refused", { request: () => Promise.reject(new Error("no origin")) }],
  ])("without locks (%s) the claim suffices", async (_, locks) => {
    vi.stubGlobal("navigator", { locks });
    await connected();
    page.hide();
    const [first, second] = [kept(), kept()];
    await Promise.all([first.stage.begin(), second.stage.begin()]);
    expect([isRecovery(first.stage), isRecovery(second.stage)]).toEqual([true, false]);
  });
});

describe("a frozen page", () => {
  test("saves a snapshot, and clears it when it goes on", async () => {
    const { stage } = await connected();
    page.freeze();
    expect([page.storage.items.size, stage.client.state]).toEqual([1, "Connected"]);
    page.thaw();
    expect(page.storage.items.size).toBe(0);
  });

  test("that is discarded is resumed by the next one", async () => {
    await connected();
    page.freeze();
    page.locks.held.clear();
    const next = kept();
    await next.stage.begin();
    expect(isRecovery(next.stage)).toBe(true);
  });

  test("leaves alone what another page has stored meanwhile", async () => {
    await connected();
    page.freeze();
    const [key = ""] = page.storage.items.keys();
    page.storage.setItem(key, "another");
    page.thaw();
    expect(page.storage.text).toBe("another");
  });
});

describe("the back-forward cache", () => {
  test("a restored page goes on with what it has saved", async () => {
    const { stage } = await connected();
    page.hide();
    page.freeze();
    await turn(3_000);
    page.show();
    await turn();
    expect(stage.sockets).toHaveLength(2);
    await stage.recover();
    expect(stage.named).toEqual(["connected A", "stopped", "connected A resumed"]);
    expect(page.storage.items.size).toBe(0);
    page.hide();
    expect(page.storage.items.size).toBe(1);
  });

  test("and anew if another page has taken that, trying until it is connected", async () => {
    const { stage } = await connected();
    page.hide();
    page.storage.items.clear();
    page.show();
    await turn();
    await stage.drop();
    await turn(1_000);
    await stage.accept("B");
    expect(stage.named).toEqual(["connected A", "stopped", "connected B"]);
  });

  test("a client that wasn't started stays so", async () => {
    const { stage } = await connected();
    follow(stage.client.stop());
    await turn(100);
    page.hide();
    page.show();
    await turn();
    expect([stage.client.state, stage.sockets.length]).toEqual(["Stopped", 1]);
  });

  test("one that the application starts when it hears of the stop waits for the page", async () => {
    const { stage } = await connected();
    stage.client.on("stopped", () => void follow(stage.client.start()));
    page.hide();
    await turn(1_000);
    expect([page.storage.items.size, stage.sockets.length]).toEqual([1, 1]);
    page.show();
    await turn();
    await stage.recover();
    expect(stage.client).toMatchObject({ state: "Connected", connectionId: "A" });
    expect(stage.sockets).toHaveLength(2);
  });
});

describe("a storage that fails", () => {
  test("no room: the operations are dropped, and that is told", async () => {
    const { stage, log } = await connected();
    follow(stage.client.sendToGroup("g", "x".repeat(5_000)));
    page.storage.room = 1_000;
    page.hide();
    const words = "The storage has no room for 1 unsettled operations (QuotaExceededError).";
    expect(log).toContain(words);
    expect(warned).toEqual([`web-pubsub-client: ${words}`]);
    const next = kept();
    await next.stage.begin();
    await next.stage.recover();
    expect(next.stage.named).toEqual(["connected A resumed"]);
    expect(next.stage.socket.frames("sendToGroup")).toEqual([]);
  });

  test("no room at all: told too, and nothing old stays", async () => {
    await connected();
    page.freeze();
    page.storage.room = 10;
    page.hide();
    expect(warned).toEqual([
      "web-pubsub-client: The session could not be kept over a reload (QuotaExceededError).",
    ]);
    expect(page.storage.items.size).toBe(0);
  });

  test.each([
    "junk",
    "null",
    "12345",
    "[]",
    "{}",
    `{"version":"web-pubsub-session-1"}`,
    `{"version":"web-pubsub-session-0","endpoint":"","droppedAt":0,"nextAckId":1,"operations":[],"features":{}}`,
    `{"version":"web-pubsub-session-1","endpoint":"","droppedAt":0,"nextAckId":1,"operations":[null],"features":{}}`,
    `{"version":"web-pubsub-session-1","endpoint":"","droppedAt":0,"nextAckId":1,"operations":[],"features":{},"identity":{}}`,
  ])("junk is ignored and removed, and that is logged: %s", async (junk) => {
    await connected();
    page.hide();
    const [key = ""] = page.storage.items.keys();
    page.storage.setItem(key, junk);
    const next = kept();
    const started = await next.stage.begin();
    await next.stage.accept("B");
    expect([started.status, page.storage.items.size]).toEqual(["resolved", 0]);
    expect(next.log.join()).toContain("isn't a session of this version");
    expect(next.log.join()).not.toContain(junk);
  });

  test("one that throws keeps nothing from working", async () => {
    const broken = () => {
      throw new DOMException("no", "SecurityError");
    };
    const { stage } = await connected("A", {
      storage: { getItem: broken, setItem: broken, removeItem: broken },
    });
    page.hide();
    expect(stage.client.state).toBe("Stopped");
    page.show();
    await turn();
    await stage.accept("B");
    await stage.client.stop();
  });

  test("a page without one says so and goes on without", async () => {
    vi.stubGlobal("sessionStorage", undefined);
    const { stage } = await connected();
    expect(warned).toHaveLength(1);
    page.hide();
    expect(stage.client.state).toBe("Connected");
  });
});

describe("calls", () => {
  test("the returned function ends it, and the client goes on", async () => {
    const { stage, end } = await connected();
    end();
    await turn();
    expect([page.listeners, page.locks.held.size]).toEqual([0, 0]);
    page.hide();
    expect([stage.client.state, page.storage.items.size]).toEqual(["Connected", 0]);
  });

  test("ended while the start waits for the lock: the session stays for a later call", async () => {
    await connected();
    page.hide();
    await holdElsewhere();
    const { stage, end } = kept();
    await stage.begin();
    end();
    await turn();
    expect([isRecovery(stage), page.storage.items.size]).toEqual([false, 1]);
  });

  test("a later call takes the place of the earlier one, whose function does nothing then", async () => {
    const { stage, end } = await connected();
    keepOverReload(stage.client, { key: "bob" });
    await turn();
    expect([...page.locks.held]).toEqual(["web-pubsub-client/resume:bob:A"]);
    end();
    page.hide();
    expect([...page.storage.items.keys()]).toEqual(["web-pubsub-client/resume:bob"]);
  });

  test("a client that is started already is kept too", async () => {
    const stage = new Stage();
    await stage.connect();
    keepOverReload(stage.client, { key: "ann" });
    page.hide();
    expect(page.storage.items.size).toBe(1);
  });

  test("the application's own `suspend` hands the session to somebody else", async () => {
    const { stage } = await connected();
    stage.client.suspend();
    await turn();
    expect([page.listeners, page.locks.held.size, page.storage.items.size]).toEqual([0, 0, 0]);
  });

  test.each([
    [undefined, "key"],
    [{}, "key"],
    [{ key: "" }, "key"],
    [{ key: 7 }, "key"],
    [{ key: "ann", storage: {} }, "storage"],
    [{ key: "ann", onRestored: "no" }, "onRestored"],
  ])("invalid options are a TypeError: %j", (options, name) => {
    const { client } = new Stage();
    const call = (): unknown => keepOverReload(client, options as unknown as KeepOverReloadOptions);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(`keepOverReload: ${name} must`);
  });

  test("what isn't a client is a TypeError", () => {
    expect(() => keepOverReload({} as Stage["client"], { key: "ann" })).toThrow(/must be a CoreClient/);
  });

  test("on a server it does nothing", async () => {
    vi.unstubAllGlobals();
    const { stage, end } = await connected();
    expect(stage.client.state).toBe("Connected");
    end();
    await stage.client.stop();
  });

  test("neither the token nor what was sent is in the log", async () => {
    const { stage, log } = await connected();
    follow(stage.client.sendToGroup("g", "private words"));
    page.storage.room = 500;
    page.hide();
    page.storage.room = Infinity;
    const next = kept();
    await next.stage.begin();
    follow(next.stage.client.sendToGroup("g", "private words"));
    page.freeze();
    page.thaw();
    next.stage.socket.receiveFrame(ack(1));
    page.hide();
    const words = [...log, ...next.log, ...warned].join();
    expect(words).not.toMatch(/token-A|secret|private/);
  });
});
