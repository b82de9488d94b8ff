import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, onTestFinished } from "vitest";
import { startEmulator, type Emulator, type EmulatorOptions } from "web-pubsub-emulator";
import type * as WebPubSub from "web-pubsub-client";
import type * as Protobuf from "web-pubsub-client/protobuf";
import type { Engine, EnginePage } from "./engines/engine.js";

const dist = (name: string): string => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));

/** What a test's page offers to code that runs in it. */
export interface PageWorld {
  WebPubSub: typeof WebPubSub;
  /** In pages with this codec only. */
  Protobuf?: typeof Protobuf;
  client: WebPubSub.WebPubSubClient;
  got: unknown[];
  events: string[];
  /** What the console said, by `html`. */
  said: string[];
}

export const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

/** How a page without a bundler takes the package in: each sets the global `WebPubSub`. */
export const TAGS = {
  "script tag": `<script src="/web-pubsub-client.min.js"></script>`,
  "module script": `<script type="module">
    import * as WebPubSub from "/web-pubsub-client.mjs";
    Object.assign(window, { WebPubSub });
  </script>`,
} as const;

/** An empty page with scripts. Its console is noted in the page, for not every driver can tell of it. */
export function html(scripts: string): string {
  const noting = `<script>
    window.said = [];
    for (const level of ["debug", "log", "info", "warn", "error"]) {
      const say = console[level];
      console[level] = (...given) => {
        said.push(level + ": " + given.join(" "));
        say.apply(console, given);
      };
    }
    addEventListener("error", ({ message }) => said.push("uncaught: " + message));
    addEventListener("unhandledrejection", ({ reason }) => said.push("unhandled: " + reason));
  </script>`;
  return `<!doctype html><title>test</title><link rel="icon" href="data:,">${noting}${scripts}`;
}

/** How an empty page is served. */
export interface PageOptions {
  readonly tag?: keyof typeof TAGS;
  /** With "protobuf" clients that are started there speak its reliable subprotocol. */
  readonly codec?: "JSON" | "protobuf";
  /** A script that runs before the package's. */
  readonly before?: string;
  /** What a request to a path does, answered with its result as JSON. */
  readonly routes?: Readonly<Record<string, () => unknown>>;
}

/** Serves an empty page with a built bundle. */
export async function servePage({
  tag = "script tag",
  codec = "JSON",
  before = "",
  routes = {},
}: PageOptions = {}): Promise<{ url: string; server: Server }> {
  const protobuf = codec === "protobuf" ? await bundleProtobuf() : "";
  const scripts = [
    before && `<script>${before}</script>`,
    protobuf && `<script src="/protobuf.js"></script>`,
    TAGS[tag],
  ];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    const route = routes[pathname];
    if (route !== undefined) return void response.end(JSON.stringify(route()));
    if (/^\/[\w-]+(\.min)?\.m?js$/.test(pathname)) {
      response.setHeader("content-type", "text/javascript");
      response.end(pathname === "/protobuf.js" ? protobuf : readFileSync(dist(`browser${pathname}`)));
      return;
    }
    response.setHeader("content-type", "text/html");
    // Browsers don't restore such a page when one goes back to it.
    if (pathname === "/no-store") response.setHeader("cache-control", "no-store");
    response.end(html(scripts.join("")));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

/** A service and a page, as long as the test runs. The page is of an origin of its own, so it shares nothing. */
export async function openPage(
  engine: Engine,
  options: PageOptions = {},
  local: EmulatorOptions = {},
): Promise<{ page: EnginePage; emulator: Emulator }> {
  const emulator = await startEmulator(local);
  onTestFinished(() => emulator.close());
  const { url, server } = await servePage({
    ...options,
    routes: { "/cut": () => emulator.faults.cutTransports() },
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const page = await engine.open(url);
  onTestFinished(() => page.close());
  return { page, emulator };
}

/** Waits until something is true in a page; whatever page is there meanwhile. */
export async function waitInPage<Given>(
  page: EnginePage,
  work: string | ((given: Given) => unknown),
  given?: Given,
  interval = 20,
): Promise<void> {
  const probe = () => (typeof work === "string" ? page.evaluate(work) : page.evaluate(work, given as Given));
  await expect.poll(probe, { interval }).toBeTruthy();
}

let protobufBundle: Promise<string> | undefined;

/** The protobuf subprotocols as a script that sets the global `Protobuf`. */
function bundleProtobuf(): Promise<string> {
  protobufBundle ??= build({
    entryPoints: [dist("esm/protobuf.mjs")],
    bundle: true,
    format: "iife",
    globalName: "Protobuf",
    write: false,
  }).then(({ outputFiles }) => outputFiles[0]?.text ?? "");
  return protobufBundle;
}

/** Starts a client in the page and joins a group; what happens to it is noted in the page. */
export async function startInPage(page: EnginePage, accessUrl: string, options: object = {}): Promise<void> {
  await page.evaluate(
    async ([url, given]) => {
      const world = window as unknown as PageWorld;
      world.got = [];
      world.events = [];
      const protocol = world.Protobuf?.WebPubSubProtobufReliableProtocol();
      const client = new world.WebPubSub.WebPubSubClient(url, { protocol, ...given });
      world.client = client;
      client.on("group-message", ({ message }) => world.got.push(message.data));
      for (const event of ["connected", "disconnected", "recovering", "recovered", "stopped"] as const) {
        client.on(event, () => world.events.push(event));
      }
      await client.start();
      await client.joinGroup("room");
    },
    [accessUrl, options] as const,
  );
}
