/** A page with a client and its panel, and a strict policy, as long as a test runs. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import type { WebPubSubClient, WebPubSubClientOptions } from "web-pubsub-client";
import type { DevtoolsOptions, mountDevtools } from "web-pubsub-client/devtools";
import { roles } from "./stage.js";

const dist = (name: string): string => fileURLToPath(new URL(`../../dist/esm/${name}.mjs`, import.meta.url));

/** What the page offers to code that runs in it. */
export interface PanelWorld {
  readonly Panel: {
    readonly WebPubSubClient: typeof WebPubSubClient;
    readonly mountDevtools: typeof mountDevtools;
  };
  client: WebPubSubClient;
  remove: () => void;
}

let script: Promise<string> | undefined;

async function bundle(): Promise<string> {
  const contents = `export { WebPubSubClient } from ${JSON.stringify(dist("index"))};
    export { mountDevtools } from ${JSON.stringify(dist("devtools"))};`;
  const resolveDir = fileURLToPath(new URL("../..", import.meta.url));
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    format: "iife",
    globalName: "Panel",
    platform: "browser",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

export interface Stage {
  readonly page: Page;
  readonly emulator: Emulator;
  /** Errors and complaints about the policy. */
  readonly complaints: string[];
  /** Starts a client for Ann and mounts its panel. */
  start(options?: DevtoolsOptions, clientOptions?: WebPubSubClientOptions): Promise<void>;
  /** Opens the panel by its button. */
  open(): Promise<void>;
  /** Chooses a tab and returns its panel. */
  tab(name: string): Promise<Locator>;
}

/** @param html what the page has besides */
export async function stage(
  browser: Browser,
  { html = "", ...options }: BrowserContextOptions & { readonly html?: string } = {},
): Promise<Stage> {
  const source = await (script ??= bundle());
  const server = createServer(({ url }, response) => {
    const isScript = url === "/panel.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    // No inline styles, no inline scripts.
    response.setHeader(
      "content-security-policy",
      "default-src 'none'; script-src 'self'; connect-src *; img-src data:",
    );
    response.end(
      isScript
        ? source
        : `<!doctype html><html lang="en"><title>app</title><meta name="viewport" content="width=device-width">
          <link rel="icon" href="data:,"><h1>The application</h1>${html}<script src="/panel.js"></script>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const emulator = await startEmulator({ admin: true, adminOrigins: [origin] });
  const context = await browser.newContext(options);
  onTestFinished(async () => {
    await context.close();
    server.close();
    await emulator.close();
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // Of sockets that fail the browser itself tells.
    if (message.type() === "error" && !/WebSocket|Failed to load/.test(message.text()))
      complaints.push(message.text());
  });
  await page.goto(origin);
  return {
    page,
    emulator,
    complaints,
    async start(panelOptions = {}, clientOptions = {}) {
      const access = await emulator.clientAccessUrl("chat", { userId: "ann", roles });
      await page.evaluate(
        async ([url, forPanel, forClient]) => {
          const world = window as unknown as PanelWorld;
          world.client = new world.Panel.WebPubSubClient(url, forClient);
          world.remove = world.Panel.mountDevtools(world.client, forPanel);
          await world.client.start();
        },
        [access, panelOptions as object, clientOptions as object] as const,
      );
    },
    open: () => page.getByRole("button", { name: /inspect the connection/ }).click(),
    async tab(name) {
      await page.getByRole("tab", { name }).click();
      return page.getByRole("tabpanel", { name });
    },
  };
}

/** All that is in the panel, whether it is shown or not. */
export const markup = (page: Page): Promise<string> =>
  page.evaluate(() => document.querySelector("web-pubsub-devtools")?.shadowRoot?.innerHTML ?? "");
