import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { WebPubSubClient } from "web-pubsub-client";
import {
  type ClientUrlOptions,
  type PageService,
  type PageServiceOptions,
  type PageSocketEvent,
  type PageWebSocket,
  type TraceEntry,
  createService,
} from "web-pubsub-emulator/browser";

const reliable = "json.reliable.webpubsub.azure.v1";
const plain = "json.webpubsub.azure.v1";
const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

type Message = Record<string, unknown>;

function open(options: PageServiceOptions = {}): PageService & { readonly warnings: string[] } {
  const warnings: string[] = [];
  const service = createService({ log: ({ message }) => warnings.push(message), ...options });
  onTestFinished(() => service.close());
  return { ...service, warnings };
}

/** A socket, and what happened to it. No timer is needed for anything, so a turn of the event loop is enough. */
class Watched {
  readonly socket: PageWebSocket;
  readonly events: PageSocketEvent[] = [];

  constructor(service: PageService, url: string, protocols: string | string[] = plain) {
    this.socket = new service.webSocket(url, protocols);
    for (const type of ["open", "message", "close", "error"]) {
      this.socket.addEventListener(type, (event) => this.events.push(event));
    }
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  get messages(): Message[] {
    return this.events.flatMap(({ type, data }) =>
      type === "message" ? [JSON.parse(String(data)) as Message] : [],
    );
  }

  get closed():
    { code: number | undefined; reason: string | undefined; wasClean: boolean | undefined } | undefined {
    const event = this.events.find(({ type }) => type === "close");
    return event && { code: event.code, reason: event.reason, wasClean: event.wasClean };
  }

  say(message: Message): void {
    this.socket.send(JSON.stringify(message));
  }
}

/** Everything that needs no time has happened. */
const settled = async () => new Promise<void>((resolve) => setImmediate(resolve));

async function connect(
  service: PageService,
  { hub = "chat", ...options }: ClientUrlOptions & { hub?: string } = {},
  protocols?: string | string[],
): Promise<Watched> {
  const watched = new Watched(service, await service.clientAccessUrl(hub, { roles, ...options }), protocols);
  await settled();
  return watched;
}

describe("the sockets", () => {
  test("open, say who they are, and answer", async () => {
    const service = open();
    const url = await service.clientAccessUrl("chat", { userId: "ann", roles, groups: ["news"] });
    expect(url).toMatch(/^wss:\/\/web-pubsub\.invalid\/client\/hubs\/chat\?access_token=[\w-]+\.[\w-]+\.$/);
    const ann = new Watched(service, url, [plain]);
    expect(ann.socket).toMatchObject({ url, readyState: 0, protocol: "", bufferedAmount: 0, extensions: "" });
    await settled();
    expect(ann.types).toEqual(["open", "message"]);
    expect(ann.socket).toMatchObject({ readyState: service.webSocket.OPEN, protocol: plain });
    expect(ann.messages[0]).toMatchObject({ type: "system", event: "connected", userId: "ann" });
    expect(service.hub("chat").members("news")).toMatchObject([{ userId: "ann", subprotocol: plain }]);

    ann.say({ type: "sendToGroup", group: "news", dataType: "text", data: "ü", ackId: 1 });
    expect(ann.socket.bufferedAmount).toBeGreaterThan(60);
    await settled();
    expect(ann.socket.bufferedAmount).toBe(0);
    expect(ann.messages.slice(1)).toMatchObject([
      { type: "message", group: "news", fromUserId: "ann", data: "ü" },
      { type: "ack", ackId: 1, success: true },
    ]);
  });

  test("what awaits an event goes on before the next one", async () => {
    const service = open();
    const url = await service.clientAccessUrl("chat", { groups: ["news"] });
    const socket = new service.webSocket(url, plain);
    const got: unknown[] = [];
    await new Promise((resolve) => (socket.onopen = resolve));
    service.hub("chat").sendToGroup("news", "early");
    await Promise.resolve();
    await Promise.resolve();
    socket.onmessage = ({ data }) => got.push(JSON.parse(String(data)));
    await settled();
    expect(got).toMatchObject([{ event: "connected" }, { data: "early" }]);
  });

  test.each([
    ["an expired token", { expiresInMinutes: -10 }, /401.*expired/],
    ["a token for another hub", { hub: "other" }, /401.*audience/],
  ])(
    "are refused with %s",
    async (_, { hub = "chat", ...options }: ClientUrlOptions & { hub?: string }, why) => {
      const service = open();
      const url = (await service.clientAccessUrl(hub, options)).replace("/other?", "/chat?");
      const refused = new Watched(service, url);
      await settled();
      expect(refused.types).toEqual(["error", "close"]);
      expect(refused.events[0]?.message).toMatch(why);
      expect(refused.closed).toEqual({ code: 1006, reason: "", wasClean: false });
      expect(refused.socket.readyState).toBe(3);
    },
  );

  test("are refused without a token, unless the hub lets everyone in", async () => {
    const service = open({ hubs: { open: { anonymous: true } } });
    const url = (hub: string) => `wss://web-pubsub.invalid/client/hubs/${hub}`;
    const [closed, welcome] = [new Watched(service, url("chat")), new Watched(service, url("open"))];
    await settled();
    expect(closed.types).toEqual(["error", "close"]);
    expect(welcome.types).toEqual(["open", "message"]);
  });

  test("reach nothing but their service", async () => {
    const service = open();
    const lost = new Watched(service, "wss://example.org/client/hubs/chat");
    const nowhere = new Watched(service, "wss://web-pubsub.invalid/elsewhere");
    await settled();
    expect(lost.types).toEqual(["error", "close"]);
    expect(nowhere.events[0]?.message).toContain("404");
    expect(service.warnings).toEqual([
      expect.stringContaining("example.org"),
      expect.stringMatching(/^A client was refused with 404: There is nothing at \/elsewhere: /),
    ]);
  });

  test("have the standard's errors", async () => {
    const service = open();
    const { webSocket: Socket } = service;
    const url = await service.clientAccessUrl("chat");
    expect(() => new Socket("not a url")).toThrow(/no URL/);
    expect(() => new Socket("ftp://web-pubsub.invalid/")).toThrow(/no URL/);
    expect(() => new Socket(url, [plain, plain])).toThrow(/subprotocols/);
    const ann = new Watched(service, url);
    expect(() => ann.socket.send("early")).toThrow(/connecting/);
    await settled();
    expect(() => ann.socket.close(1001)).toThrow(/1000/);
    expect(() => ann.socket.close(1000, "x".repeat(124))).toThrow(/123/);
    ann.socket.close();
    expect(() => ann.socket.send("late")).not.toThrow();
  });

  test("fail when they offer only what the service doesn't speak", async () => {
    const service = open();
    const alien = await connect(service, {}, "my.protocol");
    expect(alien.types).toEqual(["error", "close"]);
    expect(service.hub("chat").connections()).toEqual([]);
    const bare = await connect(service, {}, []);
    expect(bare.types).toEqual(["open"]);
  });

  test("carry bytes, as a blob or a buffer", async () => {
    const seen: unknown[] = [];
    const service = open({
      hubs: {
        chat: {
          handlers: [
            {
              onEvent: ({ data, dataType }) => {
                seen.push(dataType);
                return { data: data as Uint8Array };
              },
            },
          ],
        },
      },
    });
    const { socket, events } = await connect(service, {}, []);
    socket.send(Uint8Array.of(1, 2));
    await settled();
    const blob = events.at(-1)?.data as Blob;
    expect(blob).toBeInstanceOf(Blob);
    expect([...new Uint8Array(await blob.arrayBuffer())]).toEqual([1, 2]);
    socket.binaryType = "arraybuffer";
    socket.send(new Uint8Array(Uint8Array.of(0, 3, 4, 0).buffer, 1, 2).buffer.slice(1, 3));
    (socket as unknown as WebSocket).send(new Blob([Uint8Array.of(5)]));
    socket.send(new DataView(Uint8Array.of(6).buffer));
    await settled();
    const buffers = events.slice(-3).map(({ data }) => [...new Uint8Array(data as ArrayBuffer)]);
    expect(buffers).toEqual([[3, 4], [5], [6]]);
    expect(seen).toEqual(["binary", "binary", "binary", "binary"]);
  });

  test("a byte order mark is a part of the text", async () => {
    const service = open({
      hubs: { chat: { handlers: [{ onEvent: ({ data }) => ({ data: String(data) }) }] } },
    });
    const socket = new Watched(service, await service.clientAccessUrl("chat"), []);
    await settled();
    socket.socket.send("\ufeffhello");
    await settled();
    expect(socket.events.at(-1)?.data).toBe("\ufeffhello");
  });

  test("a frame that is too large closes with 1009", async () => {
    const service = open();
    const ann = await connect(service);
    ann.socket.send("x".repeat(1024 * 1024 + 1));
    await settled();
    expect(ann.closed).toMatchObject({ code: 1009 });
    expect(service.hub("chat").connections()).toEqual([]);
    expect(service.warnings).toEqual([expect.stringContaining("its frame is larger than 1 MB")]);
  });

  test("closed by the client, with what was sent before; by the server, after what it has said", async () => {
    const ended: string[] = [];
    const service = open({
      hubs: {
        chat: { handlers: [{ onDisconnected: ({ userId, reason }) => ended.push(`${userId}: ${reason}`) }] },
      },
    });
    const ann = await connect(service, { userId: "ann" });
    const bob = await connect(service, { userId: "bob", groups: ["news"] });
    ann.say({ type: "sendToGroup", group: "news", dataType: "text", data: "bye" });
    ann.socket.close(1000, "done");
    expect(ann.socket.readyState).toBe(2);
    await settled();
    expect(ann.closed).toEqual({ code: 1000, reason: "done", wasClean: true });
    expect(bob.messages.at(-1)).toMatchObject({ data: "bye" });
    expect(ended).toEqual(["ann: done"]);

    const [{ connectionId } = { connectionId: "" }] = service.hub("chat").connections();
    service.hub("chat").closeConnection(connectionId, "go");
    await settled();
    expect(bob.types.slice(-2)).toEqual(["message", "close"]);
    expect(bob.messages.at(-1)).toMatchObject({ type: "system", event: "disconnected" });
    expect(bob.closed?.wasClean).toBe(true);
  });

  test("closed while they connect they never open", async () => {
    const service = open();
    const socket = new Watched(service, await service.clientAccessUrl("chat"));
    socket.socket.close();
    await settled();
    expect(socket.types).toEqual(["error", "close"]);
    expect(service.hub("chat").connections()).toEqual([]);
  });

  test("a service that is closed says goodbye and lets nobody in, and its handlers hear of nobody", async () => {
    let asked = 0;
    const service = open({ hubs: { chat: { handlers: [{ onConnect: () => void asked++ }] } } });
    const ann = await connect(service);
    service.close();
    await settled();
    expect(ann.messages.at(-1)).toMatchObject({ event: "disconnected" });
    expect(ann.closed).toMatchObject({ code: 1001, wasClean: true });
    expect((await connect(service)).events[0]?.message).toContain("503");
    expect(asked).toBe(1);
  });
});

describe("under a stopped clock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const client = (service: PageService, options: ClientUrlOptions = {}) => {
    const made = new WebPubSubClient(
      { getClientAccessUrl: () => service.clientAccessUrl("chat", { roles, ...options }) },
      { webSocket: service.webSocket },
    );
    onTestFinished(async () => made.stop());
    return made;
  };

  test("our client starts, joins, sends and receives without any time", async () => {
    const service = open();
    const ann = client(service, { userId: "ann" });
    const got: unknown[] = [];
    ann.on("group-message", ({ message }) => got.push(message.data));
    await ann.start();
    await ann.joinGroup("news");
    await ann.sendToGroup("news", { hello: "world" }, "json");
    expect(got).toEqual([{ hello: "world" }]);
  });

  test("cut off it recovers when the clock goes on; too late its session is gone", async () => {
    const service = open();
    const ann = client(service);
    await ann.start();
    await ann.joinGroup("news");
    const got: unknown[] = [];
    ann.on("group-message", ({ message }) => got.push(message.data));
    const id = () => service.hub("chat").connections()[0]?.connectionId;
    const before = id();
    service.faults.refuseUpgrades({ with: 503 });
    expect(service.faults.cutTransports()).toBe(1);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(service.hub("chat").connections()).toMatchObject([{ status: "waiting" }]);
    service.hub("chat").sendToGroup("news", "missed");
    service.faults.reset();
    await vi.advanceTimersByTimeAsync(26_000);
    expect(got).toEqual(["missed"]);
    expect(id()).toBe(before);

    service.faults.refuseUpgrades({ with: 503 });
    service.faults.cutTransports();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(service.hub("chat").connections()).toEqual([]);
    service.faults.reset();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(service.hub("chat").connections()).toHaveLength(1);
    expect(id()).not.toBe(before);
  });

  test("tokens go by the same clock", async () => {
    const service = open();
    const url = await service.clientAccessUrl("chat", { expiresInMinutes: 10 });
    vi.setSystemTime(Date.now() + 14 * 60_000);
    const inTime = new Watched(service, url);
    await vi.advanceTimersByTimeAsync(0);
    expect(inTime.types).toEqual(["open", "message"]);
    vi.setSystemTime(Date.now() + 2 * 60_000);
    const late = new Watched(service, url);
    await vi.advanceTimersByTimeAsync(0);
    expect(late.types).toEqual(["error", "close"]);
  });

  test("half open, nothing comes through, and a close takes as long as in a browser", async () => {
    const service = open();
    const ann = new Watched(service, await service.clientAccessUrl("chat", { roles }));
    await vi.advanceTimersByTimeAsync(0);
    expect(service.faults.goHalfOpen()).toBe(1);
    const before = ann.events.length;
    ann.say({ type: "ping" });
    service.hub("chat").sendToAll("nobody hears");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ann.events).toHaveLength(before);
    ann.socket.close();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(ann.socket.readyState).toBe(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ann.closed).toEqual({ code: 1006, reason: "", wasClean: false });
  });

  test("an upgrade that hangs ends with the fault", async () => {
    const service = open();
    service.faults.refuseUpgrades({ with: "hang", times: 1 });
    const ann = new Watched(service, await service.clientAccessUrl("chat"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ann.events).toEqual([]);
    service.faults.reset();
    await vi.advanceTimersByTimeAsync(0);
    expect(ann.types).toEqual(["error", "close"]);
  });

  test("a reliable session is replayed over another socket", async () => {
    const service = open();
    const url = await service.clientAccessUrl("chat", { groups: ["news"] });
    const ann = new Watched(service, url, reliable);
    await vi.advanceTimersByTimeAsync(0);
    const { connectionId, reconnectionToken } = ann.messages[0] ?? {};
    service.faults.cutTransports();
    service.hub("chat").sendToGroup("news", "missed");
    const query = new URLSearchParams({
      awps_connection_id: String(connectionId),
      awps_reconnection_token: String(reconnectionToken),
    });
    const again = new Watched(service, `wss://web-pubsub.invalid/client/hubs/chat?${query}`, reliable);
    await vi.advanceTimersByTimeAsync(0);
    expect(ann.closed).toMatchObject({ code: 1006 });
    expect(again.messages.at(-1)).toMatchObject({ data: "missed", sequenceId: 1 });
  });
});

test("functions handle events and listen; the trace shows it all", async () => {
  const heard: string[] = [];
  const service = open({
    hubs: {
      Chat: {
        handlers: [
          {
            onConnect: () => ({ userId: "anna", state: { visits: 1 } }),
            onEvent: ({ data, state }) => ({ data: { echo: data, ...state } }),
          },
        ],
        listeners: [{ systemEvents: ["connected"], onEvent: ({ type }) => heard.push(type) }],
      },
    },
  });
  const trace: TraceEntry[] = [];
  onTestFinished(service.trace((entry) => trace.push(entry)));
  const ann = await connect(service, { userId: "ann" });
  ann.say({ type: "event", event: "greet", dataType: "text", data: "hi", ackId: 1 });
  await settled();
  expect(ann.messages).toMatchObject([
    { userId: "anna" },
    { from: "server", data: { echo: "hi", visits: 1 } },
    { ackId: 1, success: true },
  ]);
  expect(heard).toEqual(["azure.webpubsub.sys.connected", "azure.webpubsub.user.greet"]);
  expect(trace.map(({ type }) => type)).toContain("event");

  service.setHubs({ chat: { handlers: [{ onEvent: () => ({ data: "changed" }) }] } });
  ann.say({ type: "event", event: "greet", dataType: "text", data: "hi", ackId: 2 });
  await settled();
  expect(ann.messages.at(-2)).toMatchObject({ data: "changed" });
});

test("what a page can't do is said at once", () => {
  const chat = (options: unknown) => () => createService({ hubs: { chat: options as object } });
  expect(chat({ handlers: [{ url: "http://localhost:3000/" }] })).toThrow(
    "hubs.chat.handlers[0]: in a page only functions can handle events.",
  );
  expect(chat({ listeners: [{ eventHubs: { connectionString: "x" } }] })).toThrow(
    /only functions can listen/,
  );
  expect(() => createService({ port: 1 } as object)).toThrow(/options has no "port"/);
  expect(() => createService({ recoveryWindowInMs: -1 })).toThrow(/recoveryWindowInMs/);
});
