import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebPubSubClient, WebPubSubJsonProtocol } from "web-pubsub-client";
import { serveTabs, throughWorker } from "web-pubsub-client/tabs";
import { DecliningService } from "../../helpers/decliningService.js";
import { ack, disconnected, fromGroup, fromServer, pong } from "../../helpers/frames.js";
import { FakePage } from "../../helpers/fakePage.js";
import { follow } from "../../helpers/settlement.js";
import { ScriptedSocket } from "../../helpers/scriptedSocket.js";
import { turn, URL } from "../../helpers/stage.js";
import { TabsStage } from "../../helpers/tabsStage.js";

let tabs: TabsStage;

beforeEach(() => {
  vi.useFakeTimers();
  tabs = new TabsStage();
});
afterEach(() => {
  vi.unstubAllGlobals();
  tabs.worker[Symbol.dispose]();
  vi.useRealTimers();
});

/** A tab's join, answered by the service. */
async function join(client: WebPubSubClient, group = "room"): Promise<void> {
  const joined = client.joinGroup(group);
  await turn();
  const frame = tabs.sent("joinGroup").at(-1);
  tabs.stage.socket.receiveFrame(ack(frame?.["ackId"]));
  await joined;
}

describe("operations", () => {
  test("a group is joined by the first tab and left by the last one", async () => {
    const [ann, ben] = [await tabs.open(), await tabs.openAnother()];
    await join(ann.client);
    await ben.client.joinGroup("room");
    expect(tabs.sent("joinGroup")).toHaveLength(1);
    await ann.client.leaveGroup("room");
    expect(tabs.sent("leaveGroup")).toHaveLength(0);
    tabs.stage.socket.receiveFrame(fromGroup("one", 1));
    await turn();
    expect([ann.journal, ben.journal]).toEqual([["connected A"], ["connected A", "group one"]]);

    const left = follow(ben.client.leaveGroup("room"));
    await turn();
    // What comes until the service has answered is for nobody else.
    tabs.stage.socket.receiveFrame(fromGroup("two", 2));
    tabs.stage.socket.receiveFrame(ack(tabs.sent("leaveGroup")[0]?.["ackId"]));
    await turn();
    expect(left.status).toBe("resolved");
    expect(ann.journal).toEqual(["connected A"]);
  });

  test("what the server or the token joined goes to every tab", async () => {
    const [ann, ben] = [await tabs.open(), await tabs.openAnother()];
    tabs.stage.socket.receiveFrame(fromGroup("one", 1, "by server"));
    tabs.stage.socket.receiveFrame(fromServer("two", 2));
    await turn();
    for (const { journal } of [ann, ben]) expect(journal).toEqual(["connected A", "group one", "server two"]);
  });

  test("a group that a tab joins again while its leave is on its way is the tab's", async () => {
    const hasty = { ackTimeoutInMs: 1_000, messageRetryOptions: { maxRetries: 0 } };
    const ann = await tabs.open({ options: hasty });
    await join(ann.client);
    const left = follow(ann.client.leaveGroup("room"));
    const joined = follow(ann.client.joinGroup("room"));
    await turn(1_000);
    expect(left.status).toBe("rejected");
    tabs.stage.socket.receiveFrame(ack(tabs.sent("leaveGroup")[0]?.["ackId"]));
    await turn();
    expect(tabs.sent("joinGroup")).toHaveLength(2);
    tabs.stage.socket.receiveFrame(ack(tabs.sent("joinGroup").at(-1)?.["ackId"]));
    await turn();
    expect(joined.status).toBe("resolved");
    // Who isn't in the group doesn't get what others have asked for.
    const ben = await tabs.openAnother();
    await ben.client.joinGroup("room");
    tabs.stage.socket.receiveFrame(fromGroup("one", 1));
    await turn();
    expect(ann.journal).toEqual(["connected A", "group one"]);
  });

  test("a group that nobody wants any more behind the last one's leave is left", async () => {
    const [ann, ben] = [await tabs.open(), await tabs.openAnother()];
    await join(ann.client);
    void ann.client.leaveGroup("room");
    await turn();
    const controller = new AbortController();
    void follow(ben.client.joinGroup("room", { abortSignal: controller.signal }));
    await turn();
    controller.abort();
    await turn();
    tabs.stage.socket.receiveFrame(ack(tabs.sent("leaveGroup")[0]?.["ackId"]));
    await turn();
    const again = tabs.sent("joinGroup").at(1);
    if (again !== undefined) tabs.stage.socket.receiveFrame(ack(again["ackId"]));
    await turn();
    const frames = tabs.stage.socket.sent.filter(({ group }) => group === "room");
    expect(frames.at(-1)?.["type"]).toBe("leaveGroup");
  });

  test("a tab has no state in a group that only others have joined", async () => {
    const [ann, ben] = [await tabs.open(), await tabs.openAnother()];
    await join(ann.client);
    const set = follow(ben.client.setGroupState("room", { is: "here" }));
    await turn();
    expect(set.error).toMatchObject({ code: "Refused", errorDetail: { name: "BadRequest" } });
    expect(tabs.sent("setGroupState")).toHaveLength(0);
  });

  test("a refused join is that tab's alone, and the service is asked once for each", async () => {
    const [ann, ben] = [await tabs.open(), await tabs.openAnother()];
    const refused = follow(ann.client.joinGroup("room"));
    await turn();
    tabs.stage.socket.receiveFrame(ack(tabs.sent("joinGroup")[0]?.["ackId"], "Forbidden"));
    await turn();
    expect(refused.error).toMatchObject({ code: "Refused", errorDetail: { name: "Forbidden" } });
    await join(ben.client);
    tabs.stage.socket.receiveFrame(fromGroup("one", 1));
    await turn();
    expect(ann.journal).toEqual(["connected A"]);
    expect(ben.journal).toEqual(["connected A", "group one"]);
  });

  test("a repeated operation that is still on its way isn't sent twice; one that was executed is a duplicate", async () => {
    const ann = await tabs.open();
    const sent = follow(ann.client.sendToGroup("room", "x", "text"));
    await turn();
    expect(tabs.sent("sendToGroup")).toHaveLength(1);
    await tabs.stage.drop();
    await turn(1_000);
    await tabs.stage.recover();
    await turn(1_000);
    expect(ann.journal).toEqual(["connected A", "recovering", "recovered"]);
    // Only the worker's client has sent it again, with the same ack id.
    const frames = tabs.stage.sockets.flatMap(({ sent: frames }) => frames);
    const ids = frames.filter(({ type }) => type === "sendToGroup").map(({ ackId }) => ackId);
    expect(ids).toEqual([ids[0], ids[0]]);
    tabs.stage.socket.receiveFrame(ack(ids[0]));
    await turn();
    expect(sent.value).toMatchObject({ isDuplicated: false });
  });

  test("an error of the service that may pass is retried by the tab alone, with the same ack id", async () => {
    const ann = await tabs.open();
    const sent = follow(ann.client.sendToGroup("room", "x", "text"));
    await turn();
    for (let attempt = 1; attempt <= 4; attempt++) {
      const frames = tabs.sent("sendToGroup");
      expect(frames).toHaveLength(attempt);
      tabs.stage.socket.receiveFrame(ack(frames.at(-1)?.["ackId"], "InternalServerError"));
      await turn(1_000);
    }
    await turn(10_000);
    expect(sent.error).toMatchObject({ errorDetail: { name: "InternalServerError" } });
    expect(new Set(tabs.sent("sendToGroup").map(({ ackId }) => ackId)).size).toBe(1);
  });

  test("what a tab has asked isn't sent again on a new connection by the worker", async () => {
    const ann = await tabs.open();
    const sent = follow(ann.client.sendToGroup("room", "x", "text"));
    await turn();
    tabs.stage.socket.receiveFrame(disconnected("Go."));
    await tabs.stage.drop(1008);
    await turn(2_000);
    await tabs.stage.accept("B");
    await turn(2_000);
    expect(ann.journal).toEqual(["connected A", "disconnected Go.", "connected B"]);
    const frames = tabs.sent("sendToGroup");
    // By the tab's client, once.
    expect(frames).toHaveLength(1);
    tabs.stage.socket.receiveFrame(ack(frames[0]?.["ackId"]));
    await turn();
    expect(sent.value).toMatchObject({ resentOnNewConnection: true });
  });
});

describe.each([false, true])(
  "what the service declines by close code 1007 (it forgets the connection: %s)",
  (forgets) => {
    test("is refused, and what the other tabs have on their way arrives", async () => {
      const service = new DecliningService(tabs.stage, ({ data }) => data === "bad", forgets);
      const all = [tabs.tab(), tabs.tab(), tabs.tab()];
      for (const { client } of all) void client.start().catch(() => undefined);
      await turn(1_000);
      const calls = all.map(({ client }, tab) =>
        ["a", "b", "c"].map((data) =>
          follow(client.sendToGroup("room", tab === 1 && data === "b" ? "bad" : `${tab}${data}`)),
        ),
      );
      await turn(60_000);
      expect(calls.flat().map(({ status }) => status)).toEqual(
        [0, 1, 2].flatMap((tab) =>
          ["a", "b", "c"].map((data) => (tab === 1 && data === "b" ? "rejected" : "resolved")),
        ),
      );
      expect(calls[1]?.[1]?.error).toMatchObject({ code: "Refused" });
      expect(service.declined.length).toBeLessThanOrEqual(4);
      for (const { client } of all) expect(client.state).toBe("Connected");
    });
  },
);

describe("tabs that go", () => {
  test("one that stops lets its groups go; the last one closes the connection", async () => {
    const [ann, ben] = [await tabs.open(), await tabs.openAnother()];
    await join(ann.client);
    await ann.client.stop();
    await turn();
    expect(tabs.sent("leaveGroup")).toHaveLength(1);
    expect(tabs.stage.client.state).toBe("Connected");
    await ben.client.stop();
    await turn(2_000);
    expect(tabs.stage.client.state).toBe("Stopped");
    expect(tabs.stage.socket.closeCalls).toEqual([{ code: 1000, reason: undefined }]);
  });

  test("a tab that comes while the connection closes gets a new one", async () => {
    const ann = await tabs.open();
    void ann.client.stop();
    const ben = tabs.tab();
    const started = follow(ben.client.start());
    await turn(2_000);
    await tabs.stage.accept("B");
    await turn();
    expect(started.status).toBe("resolved");
    expect(ben.journal).toEqual(["connected B"]);
  });

  test("one whose process ends is noticed within a second by its lock", async () => {
    const [ann] = [await tabs.open(), await tabs.openAnother()];
    await join(ann.client);
    tabs.worker.crash(0);
    await turn(1_000);
    expect(tabs.sent("leaveGroup")).toHaveLength(1);
  });

  test("one that doesn't answer, where there are no locks, is gone after 30 s", async () => {
    vi.stubGlobal("navigator", {});
    const [ann] = [await tabs.open(), await tabs.openAnother()];
    await join(ann.client);
    const { port } = tabs.worker.pages[0] as { port: { onmessage: unknown } };
    Object.assign(port, { onmessage: null, postMessage: () => undefined });
    await turn(19_000);
    expect(tabs.sent("leaveGroup")).toHaveLength(0);
    await turn(12_000);
    expect(tabs.sent("leaveGroup")).toHaveLength(1);
  });

  test("a page that is hidden or frozen lets its groups go, and begins anew when it is back", async () => {
    const page = new FakePage();
    const ann = await tabs.open();
    await join(ann.client);
    page.hide();
    // It was the only one, so the connection is closed.
    await turn(2_000);
    expect(tabs.stage.client.state).toBe("Stopped");
    page.show();
    await turn(2_000);
    await tabs.stage.accept("B");
    // The service doesn't answer the join here.
    await turn(5_000);
    expect(ann.journal).toEqual(["connected A", "recovering", "disconnected ", "connected B"]);
  });

  test("one that leaves its messages unacknowledged is cut off, and holds nobody up", async () => {
    const [ann, ben] = [await tabs.open(), await tabs.openAnother()];
    const { socket } = tabs.stage;
    socket.onSent = ({ type }) => type === "ping" && socket.receiveFrame(pong);
    const { port } = tabs.worker.pages[0] as { port: { onmessage: ((event: never) => void) | null } };
    const listen = port.onmessage;
    port.onmessage = null;
    for (let n = 1; n <= 10_001; n++) {
      socket.receiveFrame(fromServer(`${n}`, n));
      if (n % 500 === 0) await turn();
    }
    await turn();
    expect(ben.journal).toHaveLength(10_002);
    port.onmessage = listen;
    // Its socket is closed at the worker's end; its client notices by the silence, and starts anew.
    await turn(80_000);
    expect(ann.client.state).toBe("Connected");
    expect(ann.journal.filter((each) => each.startsWith("connected"))).toHaveLength(2);
  });
});

describe("credentials and fallback", () => {
  test("the worker asks a tab for its URL, and another one if that goes", async () => {
    tabs.worker[Symbol.dispose]();
    const { InnerWorker } = await import("../../helpers/sharedWorker.js");
    const { virtualChannel } = await import("../../helpers/tabsStage.js");
    const sockets: ScriptedSocket[] = [];
    class Socket extends ScriptedSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        sockets.push(this);
      }
    }
    const worker = new InnerWorker(
      ({ getClientAccessUrl }) => new WebPubSubClient({ getClientAccessUrl }, { webSocket: Socket }),
      virtualChannel,
    );
    const hanging = { getClientAccessUrl: () => new Promise<string>(() => undefined) };
    const ann = new WebPubSubClient(...throughWorker(worker.make, { fallback: URL }));
    const ben = new WebPubSubClient(...throughWorker(worker.make, { fallback: hanging }));
    void ben.start().catch(() => undefined);
    await turn();
    void ann.start().catch(() => undefined);
    await turn();
    expect(sockets).toHaveLength(0);
    await ben.stop();
    await turn();
    expect(sockets.map(({ url }) => url.href)).toEqual([URL]);
    worker[Symbol.dispose]();
  });

  test("a tab that can't give a URL says so, and the start fails with that", async () => {
    const { InnerWorker } = await import("../../helpers/sharedWorker.js");
    const { virtualChannel } = await import("../../helpers/tabsStage.js");
    const worker = new InnerWorker((access) => new WebPubSubClient(access), virtualChannel);
    const client = new WebPubSubClient(...throughWorker(worker.make));
    const started = follow(client.start());
    await turn();
    expect(started.error?.message).toContain("throughWorker was given no fallback");
    worker[Symbol.dispose]();
  });

  const noWorker = (): never => {
    throw new ReferenceError("SharedWorker is not defined");
  };

  test("without a worker the page connects by the fallback, and is told once in the log", async () => {
    const sockets: ScriptedSocket[] = [];
    class Socket extends ScriptedSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        sockets.push(this);
      }
    }
    const info = vi.fn();
    const logger = { info, warning: vi.fn(), error: vi.fn() };
    const options = { webSocket: Socket, logger };
    const client = new WebPubSubClient(...throughWorker(noWorker, { fallback: URL, options }));
    void client.start({ keepTrying: true }).catch(() => undefined);
    await turn();
    expect(sockets[0]?.url.href).toBe(URL);
    sockets[0]?.receiveClose(1006);
    await turn(2_000);
    expect(sockets).toHaveLength(2);
    const told = info.mock.calls.flat().filter((words) => String(words).includes("connection of its own"));
    expect(told).toHaveLength(1);
    await client.stop();
  });

  test("without a worker and a fallback the start says what is missing", async () => {
    const client = new WebPubSubClient(...throughWorker(noWorker));
    const started = follow(client.start());
    await turn();
    expect(started.error?.message).toContain("no fallback");
  });

  test.each([
    [
      "of another version",
      (port: MessagePort) => port.postMessage({ type: "welcome", version: 0, lock: "x" }),
    ],
    ["that doesn't answer", () => undefined],
  ])("a worker %s isn't used, which is told on the console", async (_, answer) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.stubGlobal("SharedWorker", class {});
    const { virtualChannel } = await import("../../helpers/tabsStage.js");
    const make = () => {
      const { port1, port2 } = virtualChannel();
      port2.onmessage = () => answer(port2 as never);
      return { port: port1, onerror: null };
    };
    const sockets: ScriptedSocket[] = [];
    class Socket extends ScriptedSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        sockets.push(this);
      }
    }
    const client = new WebPubSubClient(
      ...throughWorker(make, { fallback: URL, options: { webSocket: Socket } }),
    );
    void client.start().catch(() => undefined);
    await turn(5_000);
    expect(sockets).toHaveLength(1);
    expect(warn).toHaveBeenCalledTimes(1);
    await client.stop();
    warn.mockRestore();
  });
});

describe("wrong use", () => {
  test("is told at once", () => {
    expect(() => throughWorker(undefined as never)).toThrow(TypeError);
    expect(() =>
      throughWorker(() => ({}) as never, { options: { protocol: WebPubSubJsonProtocol() } }),
    ).toThrow(/json.reliable/);
    expect(() => throughWorker(() => ({}) as never, { fallback: 1 as never })).toThrow(TypeError);
    expect(() => serveTabs(() => tabs.stage.client)).toThrow(/SharedWorker/);
  });
});

test("a wake of any tab reaches the worker", async () => {
  const wakes = new Set<() => void>();
  const onWake = (listener: () => void) => {
    wakes.add(listener);
    return () => void wakes.delete(listener);
  };
  await tabs.open({ options: { environment: { onWake } } });
  await tabs.stage.drop();
  await turn(1);
  // The attempt fails, and the next one waits.
  await tabs.stage.drop();
  const before = tabs.stage.sockets.length;
  for (const wake of [...wakes]) wake();
  await turn();
  expect(tabs.stage.sockets.length).toBe(before + 1);
});

test("a link that falls silent is recovered by the tabs as well", async () => {
  const ann = await tabs.open();
  while (tabs.stage.sockets.length === 1) await turn(1_000);
  await tabs.stage.recover();
  await turn(2_000);
  expect(ann.journal).toEqual(["connected A", "recovering", "recovered"]);
});

test("a lost connection isn't tried for without end when the last tab stops meanwhile", async () => {
  const ann = await tabs.open();
  await tabs.stage.drop();
  await ann.client.stop();
  await turn(1_000);
  await tabs.stage.drop(1008);
  await turn(60_000);
  expect(tabs.stage.client.state).toBe("Stopped");
});
