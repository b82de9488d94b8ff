import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import * as serverSdk from "@azure/web-pubsub";
import * as middleware from "@azure/web-pubsub-express";
import express, { type Express } from "express";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import * as clientPackage from "web-pubsub-client";
import * as core from "web-pubsub-client/core";
import * as history from "web-pubsub-client/history";
import * as emulatorPackage from "web-pubsub-emulator";
import { countBlocks, type Module, modulesOf, problemsOf, programOf } from "./pageModules.js";

const PAGE = "docs/history-recipes.md";

const files = modulesOf(PAGE);

test("the page's modules type-check together", () => {
  expect([...files.keys()]).toEqual([
    "store.ts",
    "server.ts",
    "room.ts",
    "main.ts",
    "app/rooms/[room]/messages/route.ts",
    "handler.ts",
    "roomByInvocation.ts",
    "say.ts",
    "storeByTime.ts",
    "roomByTime.ts",
    "test.ts",
  ]);
  // Every block of code is such a module.
  expect(countBlocks(PAGE)).toBe(files.size);
  expect(problemsOf(files, "recipes")).toEqual([]);
});

/** Clients and services that modules have made. */
const made: { stop(): Promise<void> | void }[] = [];
class Core extends core.CoreClient {
  constructor(...args: ConstructorParameters<typeof clientPackage.WebPubSubClient>) {
    super(...args);
    made.push(this);
  }
}
const packages: Record<string, unknown> = {
  "@azure/web-pubsub": serverSdk,
  "@azure/web-pubsub-express": middleware,
  express: { __esModule: true, default: express },
  "web-pubsub-client": clientPackage,
  "web-pubsub-client/core": { ...core, CoreClient: Core },
  "web-pubsub-client/history": history,
  "web-pubsub-emulator": emulatorPackage,
};

const program = (): ((name: string) => Promise<Module>) => programOf(files, packages);

interface Scene {
  readonly emulator: emulatorPackage.Emulator;
  readonly service: WebPubSubServiceClient;
  /** What the page's code reaches with paths instead of URLs. */
  serve(app: Express | ((request: Request) => Promise<Response>)): Promise<string>;
}

beforeEach(() => {
  made.length = 0;
});

async function open(options: emulatorPackage.EmulatorOptions = {}): Promise<Scene> {
  const emulator = await emulatorPackage.startEmulator(options);
  onTestFinished(async () => {
    for (const each of made) await each.stop();
    await emulator.close();
    vi.restoreAllMocks();
  });
  const service = new serverSdk.WebPubSubServiceClient(emulator.connectionString, "chat", {
    allowInsecureConnection: true,
  });
  const roles = ["webpubsub.joinLeaveGroup"];
  const original = globalThis.fetch;
  const serve: Scene["serve"] = async (app) => {
    let reach: (path: string, init?: RequestInit) => Promise<Response>;
    let origin = "http://page.test";
    if (app.length === 1) {
      const handler = app as (request: Request) => Promise<Response>;
      reach = (path, init) => handler(new Request(origin + path, init));
    } else {
      origin = await listen(createServer(app as Express));
      reach = (path, init) => original(origin + path, init);
    }
    vi.spyOn(globalThis, "fetch").mockImplementation(async (to, init) => {
      if (typeof to !== "string" || !to.startsWith("/")) return original(to, init);
      if (to === "/negotiate")
        return new Response(await emulator.clientAccessUrl("chat", { userId: "ann", roles }));
      return reach(to, init);
    });
    return origin;
  };
  return { emulator, service, serve };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function postByRest(text: string): Promise<void> {
  const response = await fetch("/rooms/lobby/messages", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ from: "bob", text }),
  });
  expect([response.status, await response.json()]).toEqual([
    201,
    { id: expect.any(Number) as unknown, from: "bob", text },
  ]);
}

/** Posts while the service restarts, and sees that the page's `main.ts` prints everything once and in order. */
async function seesAll(load: (name: string) => Promise<Module>, { emulator }: Scene): Promise<void> {
  const printed: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
  await postByRest("before");
  await load("main.ts");
  await expect.poll(() => printed).toEqual(["bob: before"]);
  await postByRest("live");
  await expect.poll(() => printed).toEqual(["bob: before", "bob: live"]);
  emulator.faults.refuseUpgrades({ with: 503 });
  emulator.faults.restartService();
  // Nobody is in the room: these are in the store only.
  await postByRest("missed 1");
  await postByRest("missed 2");
  emulator.faults.reset();
  await expect.poll(() => printed.length).toBe(5);
  await postByRest("after");
  await expect.poll(() => printed.length).toBe(6);
  expect(printed.filter((line) => line.startsWith("bob"))).toEqual([
    "bob: before",
    "bob: live",
    "bob: missed 1",
    "bob: missed 2",
    "bob: after",
  ]);
  expect(printed).toContain("(2 from while you were away)");
}

async function status(query: string): Promise<number> {
  return (await fetch(`/rooms/lobby/messages?${query}`)).status;
}

test("a store behind REST with Express", async () => {
  const scene = await open();
  const load = program();
  const { application } = (await load("server.ts")) as unknown as {
    application(service: WebPubSubServiceClient): Express;
  };
  await scene.serve(application(scene.service));
  await seesAll(load, scene);
  expect(await Promise.all(["", "after=1&limit=2", "after=x", "limit=1001", "limit=0"].map(status))).toEqual([
    200, 200, 400, 400, 400,
  ]);
});

test("a store behind REST with a route handler of Next", async () => {
  const scene = await open();
  const load = program();
  vi.stubEnv("WEB_PUBSUB_CONNECTION_STRING", scene.emulator.connectionString);
  onTestFinished(() => void vi.unstubAllEnvs());
  const route = (await load("app/rooms/[room]/messages/route.ts")) as unknown as Record<
    string,
    (request: Request, context: { params: Promise<{ room: string }> }) => Promise<Response>
  >;
  await scene.serve(async (request: Request) => {
    const [, room = ""] = /^\/rooms\/([^/]+)\/messages$/.exec(new URL(request.url).pathname) ?? [];
    const handler = route[request.method];
    if (handler === undefined) return new Response(null, { status: 405 });
    return handler(request, { params: Promise.resolve({ room }) });
  });
  await seesAll(load, scene);
  expect(await Promise.all(["", "after=1&limit=2", "after=x", "limit=1001", "limit=0"].map(status))).toEqual([
    200, 200, 400, 400, 400,
  ]);
});

test("what can't be sent is taken out of the store, and the next one isn't held up", async () => {
  interface Store {
    post(room: string, message: object, send: () => Promise<unknown>): Promise<{ id: number }>;
    page(room: string, wanted: object): Promise<{ text: string }[]>;
  }
  const { post, page } = (await program()("store.ts")) as unknown as Store;
  const texts = async (wanted: object): Promise<string[]> =>
    (await page("r", { limit: 10, ...wanted })).map(({ text }) => text);
  const live: string[] = [];
  const say = (text: string, failure?: Error) =>
    post("r", { from: "ann", text }, async () => {
      // It is there before anybody gets it.
      expect((await texts({})).at(-1)).toBe(text);
      if (failure !== undefined) throw failure;
      live.push(text);
    });
  const said = await Promise.allSettled([say("a"), say("b", new Error("no service")), say("c"), say("d")]);
  expect(said.map((each) => each.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect(live).toEqual(["a", "c", "d"]);
  expect(await texts({})).toEqual(live);
  expect(await texts({ limit: 2 })).toEqual(["c", "d"]);
  expect(await texts({ after: 1, limit: 1 })).toEqual(["c"]);
  expect(await texts({ before: 2 })).toEqual(["a"]);
});

test("a store behind invokeEvent", async () => {
  const load = program();
  const app = express();
  const origin = await listen(createServer(app));
  const handler = { url: `${origin}/api/webpubsub/hubs/chat/`, events: "*" };
  const { emulator, service } = await open({ hubs: { chat: { handlers: [handler] } } });
  const { eventHandler } = (await load("handler.ts")) as unknown as {
    eventHandler(service: WebPubSubServiceClient): middleware.WebPubSubEventHandler;
  };
  app.use(eventHandler(service).getMiddleware());
  interface Message {
    readonly id: number;
    readonly from: string;
    readonly text: string;
  }
  const { historyOf } = (await load("roomByInvocation.ts")) as unknown as {
    historyOf(client: clientPackage.WebPubSubClient, room: string): history.HistoryOptions<Message>;
  };
  const { say } = (await load("say.ts")) as unknown as {
    say(client: clientPackage.WebPubSubClient, room: string, text: string): Promise<void>;
  };
  const client = async (userId: string): Promise<clientPackage.WebPubSubClient> => {
    const roles = ["webpubsub.joinLeaveGroup"];
    const started = new clientPackage.WebPubSubClient({
      getClientAccessUrl: () => emulator.clientAccessUrl("chat", { userId, roles }),
    });
    made.push(started);
    await started.start();
    return started;
  };
  const [ann, bob] = [await client("ann"), await client("bob")];
  await say(bob, "lobby", "before");
  const room = ann.group<Message>("lobby", { history: historyOf(ann, "lobby") });
  const got: string[] = [];
  room.subscribe(({ data: { from, text } }) => got.push(`${from}: ${text}`));
  await expect.poll(() => got).toEqual(["bob: before"]);
  await say(bob, "lobby", "live");
  await expect.poll(() => got).toEqual(["bob: before", "bob: live"]);
  // Ann's connection is lost for good, and she has no new one yet.
  emulator.faults.rejectRecovery({ filter: { userId: "ann" } });
  emulator.faults.refuseUpgrades({ with: 503, only: "new" });
  emulator.faults.cutTransports({ userId: "ann" });
  await say(bob, "lobby", "missed");
  emulator.faults.reset();
  await expect.poll(() => got).toEqual(["bob: before", "bob: live", "bob: missed"]);
});

test("cursors by time: a clock that stands still or is set back loses no message", async () => {
  interface Message {
    readonly id: string;
    readonly at: number;
    readonly text: string;
  }
  interface Store {
    insert(room: string, text: string, now: number): Message;
    page(room: string, wanted: object): Promise<Message[]>;
  }
  const load = program();
  const { insert, page } = (await load("storeByTime.ts")) as unknown as Store;
  const { historyOf } = (await load("roomByTime.ts")) as unknown as {
    historyOf(ask: (query: object) => Promise<Message[]>): history.HistoryOptions<Message>;
  };
  const service = (await open()).emulator;
  const hub = service.hub("chat");
  let now = 1_000;
  const say = (text: string): void => hub.sendToGroup("r", insert("r", text, now));
  const client = new Core({
    getClientAccessUrl: () => service.clientAccessUrl("chat", { roles: ["webpubsub.joinLeaveGroup"] }),
  });
  await client.start();
  ["a", "b", "c"].forEach(say);
  const options = historyOf(async (query) => page("r", query));
  const room = history.groupHandle<Message>(client, "r", { history: { ...options, limit: 2 } });
  const got: string[] = [];
  room.subscribe(({ data }) => got.push(data.text));
  await expect.poll(() => got).toEqual(["b", "c"]);
  expect((await room.loadOlder()).map(({ data }) => data.text)).toEqual(["a"]);
  service.faults.restartService();
  now = 500;
  ["d", "e", "f", "g", "h"].forEach(say);
  await expect.poll(() => got).toEqual(["b", "c", "d", "e", "f", "g", "h"]);
});

test("the local service as the store of a test", async () => {
  const made = (await program()("test.ts")) as unknown as {
    readonly emulator: emulatorPackage.Emulator;
    readonly history: history.HistoryOptions<{ readonly id: string }>;
  };
  const { emulator } = made;
  onTestFinished(() => emulator.close());
  await using client = new clientPackage.WebPubSubClient({
    getClientAccessUrl: () => emulator.clientAccessUrl("chat", { roles: ["webpubsub.joinLeaveGroup"] }),
  });
  await client.start();
  const hub = emulator.hub("chat");
  hub.sendToGroup("room", { id: "a" });
  const got: string[] = [];
  const room = client.group<{ readonly id: string }>("room", { history: made.history });
  room.subscribe(({ data }) => got.push(data.id));
  await expect.poll(() => got).toEqual(["a"]);
  emulator.faults.restartService();
  hub.sendToGroup("room", { id: "b" });
  await expect.poll(() => got).toEqual(["a", "b"]);
});
