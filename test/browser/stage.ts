import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import type * as WebPubSub from "web-pubsub-client";
import type * as Protobuf from "web-pubsub-client/protobuf";

const dist = (name: string): string => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));

/** What a test's page offers to code that runs in it. */
export interface PageWorld {
  WebPubSub: typeof WebPubSub;
  /** After `addProtobuf` only. */
  Protobuf?: typeof Protobuf;
  client: WebPubSub.WebPubSubClient;
  got: unknown[];
  events: string[];
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

/** Serves an empty page with a built bundle. */
export async function servePage(
  tag: keyof typeof TAGS = "script tag",
): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    if (/^\/[\w-]+(\.min)?\.m?js$/.test(pathname)) {
      response.setHeader("content-type", "text/javascript");
      response.end(readFileSync(dist(`browser${pathname}`)));
      return;
    }
    response.setHeader("content-type", "text/html");
    // Browsers don't restore such a page when one goes back to it.
    if (pathname === "/no-store") response.setHeader("cache-control", "no-store");
    response.end(`<!doctype html><title>test</title><link rel="icon" href="data:,">${TAGS[tag]}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

/** A service and a page, as long as the test runs. */
export async function openPage(
  browser: Browser,
  url: string,
  options: Parameters<typeof startEmulator>[0] = {},
): Promise<{ page: Page; context: BrowserContext; emulator: Emulator }> {
  const emulator = await startEmulator(options);
  const context = await browser.newContext();
  onTestFinished(async () => {
    await context.close();
    await emulator.close();
  });
  const page = await context.newPage();
  await page.goto(url);
  return { page, context, emulator };
}

/** Brings the protobuf subprotocols into a page: clients that are started there speak the reliable one. */
export async function addProtobuf(page: Page): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [dist("esm/protobuf.mjs")],
    bundle: true,
    format: "iife",
    globalName: "Protobuf",
    write: false,
  });
  await page.addScriptTag({ content: outputFiles[0]?.text ?? "" });
}

/** Starts a client in the page and joins a group; what happens to it is noted in the page. */
export async function startInPage(page: Page, accessUrl: string, options: object = {}): Promise<void> {
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
