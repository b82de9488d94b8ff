import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { onTestFailed, onTestFinished } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import type * as WebPubSub from "web-pubsub-client";

const dist = (name: string): string => fileURLToPath(new URL(`../../dist/browser/${name}`, import.meta.url));
export const results = fileURLToPath(new URL("../../test-results/", import.meta.url));

/** What a test's page offers to code that runs in it. */
export interface PageWorld {
  WebPubSub: typeof WebPubSub;
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
      response.end(readFileSync(dist(pathname.slice(1))));
      return;
    }
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>test</title><link rel="icon" href="data:,">${TAGS[tag]}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

/** A service and a page; a failure leaves a screenshot and the console's lines in test-results. */
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
  leaveTraces(page);
  await page.goto(url);
  return { page, context, emulator };
}

/** If the test fails, a screenshot and the console's lines are left in test-results. */
export function leaveTraces(page: Page, label = ""): void {
  const lines: string[] = [];
  page.on("console", (message) => lines.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => lines.push(`page error: ${error.message}`));
  onTestFailed(async ({ task }) => {
    mkdirSync(results, { recursive: true });
    const name = `${task.name} ${label}`.trim().replace(/\W+/g, "-");
    await page
      .screenshot({ path: `${results}${name}.png`, timeout: 5_000 })
      .catch((error: unknown) => lines.push(`no screenshot: ${String(error)}`));
    writeFileSync(`${results}${name}.log`, lines.join("\n"));
  });
}

/** Starts a client in the page and joins a group; what happens to it is noted in the page. */
export async function startInPage(page: Page, accessUrl: string, options: object = {}): Promise<void> {
  await page.evaluate(
    async ([url, given]) => {
      const world = window as unknown as PageWorld;
      world.got = [];
      world.events = [];
      const client = new world.WebPubSub.WebPubSubClient(url, given);
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
