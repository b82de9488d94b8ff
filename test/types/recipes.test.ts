import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as serverSdk from "@azure/web-pubsub";
import express, { type Express } from "express";
import * as vite from "vite";
import { expect, onTestFinished, test, vi } from "vitest";
import * as clientPackage from "web-pubsub-client";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { countBlocks, type Module, modulesOf, problemsOf, programOf } from "./pageModules.js";

const PAGE = "docs/recipes-negotiate.md";
const files = modulesOf(PAGE);

test("the page's modules type-check together", () => {
  expect([...files.keys()]).toEqual([
    "session.ts",
    "server.ts",
    "app/negotiate/route.ts",
    "client.ts",
    "vite.config.ts",
  ]);
  expect(countBlocks(PAGE)).toBe(files.size);
  expect(problemsOf(files, "negotiate")).toEqual([]);
});

const packages = {
  "@azure/web-pubsub": serverSdk,
  express: { __esModule: true, default: express },
  vite,
  "web-pubsub-client": clientPackage,
};
/** The application's part: who has this cookie is Ann. */
const session = {
  userOf: async (cookies?: string | null) => (cookies === "session=of-ann" ? "ann" : undefined),
};
const load = (name: string): Promise<Module> => programOf(files, packages, { "session.ts": session })(name);

async function openEmulator(): Promise<Emulator> {
  const emulator = await startEmulator({ negotiate: true });
  onTestFinished(() => emulator.close());
  return emulator;
}

/** The page's client gets in with the server's answers, and is out when the server doesn't know the user any more. */
async function connects(emulator: Emulator, ask: (cookie: string) => Promise<Response>): Promise<void> {
  let cookie = "session=of-ann";
  const asked = vi.spyOn(globalThis, "fetch").mockImplementation(() => ask(cookie));
  onTestFinished(() => asked.mockRestore());
  const { connect } = (await load("client.ts")) as unknown as {
    connect(onSignedOut: () => void): clientPackage.WebPubSubClient;
  };
  const signedOut = vi.fn();
  const client = connect(signedOut);
  onTestFinished(() => client.stop());
  await client.start();
  await client.joinGroup("room");
  expect(client.userId).toBe("ann");
  expect(asked.mock.calls[0]).toEqual(["/negotiate"]);
  expect((await ask(cookie)).headers.get("cache-control")).toBe("no-store");

  cookie = "session=over";
  expect((await ask(cookie)).status).toBe(401);
  emulator.faults.rejectRecovery();
  emulator.faults.cutTransports();
  await expect.poll(() => client.state).toBe("Stopped");
  expect(signedOut).toHaveBeenCalledTimes(1);
}

test("a server with Express", async () => {
  const emulator = await openEmulator();
  const { application } = (await load("server.ts")) as unknown as {
    application(connectionString: string): Express;
  };
  const server: Server = createServer(application(emulator.connectionString)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const original = globalThis.fetch;
  await connects(emulator, (cookie) =>
    original(`http://127.0.0.1:${port}/negotiate`, { headers: { cookie } }),
  );
});

test("a route handler of Next", async () => {
  const emulator = await openEmulator();
  vi.stubEnv("WEB_PUBSUB_CONNECTION_STRING", emulator.connectionString);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { GET } = (await load("app/negotiate/route.ts")) as unknown as {
    GET(request: Request): Promise<Response>;
  };
  // Requests of a page may not name cookies, but the server gets them.
  await connects(emulator, (cookie) =>
    GET({ headers: new Headers({ cookie }), url: "http://page.test/negotiate" } as Request),
  );
});

test("Vite's proxy to the local service: the URL leads to the service, not to Vite", async () => {
  const emulator = await openEmulator();
  const { default: config } = (await load("vite.config.ts")) as unknown as { default: vite.UserConfig };
  const proxy = config.server?.proxy?.["/negotiate"] as vite.ProxyOptions;
  expect(proxy.target).toBe("http://localhost:8080");
  const server = await vite.createServer({
    configFile: false,
    root: import.meta.dirname,
    logLevel: "silent",
    optimizeDeps: { noDiscovery: true },
    server: {
      host: "127.0.0.1",
      port: 0,
      watch: null,
      ws: false,
      proxy: { "/negotiate": { ...proxy, target: emulator.endpoint } },
    },
  });
  onTestFinished(() => server.close());
  await server.listen();
  const { port } = server.httpServer?.address() as AddressInfo;
  const url = await (await fetch(`http://127.0.0.1:${port}/negotiate`)).text();
  expect(url).toContain(`${emulator.endpoint.replace("http", "ws")}/client/hubs/chat`);
  await using client = new clientPackage.WebPubSubClient(url);
  await client.start();
  expect(client.userId).toBe("ann");
});
