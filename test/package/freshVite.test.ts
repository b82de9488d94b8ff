import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import vue from "@vitejs/plugin-vue";
import type { Browser, Page } from "playwright-core";
import { build, createServer, preview, type InlineConfig } from "vite";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { launchChromium } from "../browser/chromium.js";
import { createConsumer, type Consumer } from "./consumer.js";

const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");

/** The one block of code of a language in the README. */
function fromReadme(language: string): string {
  const blocks = Array.from(readme.matchAll(/^```(\w+)\n([^]*?)^```$/gm)).filter(
    ([, each]) => each === language,
  );
  expect(blocks).toHaveLength(1);
  return blocks[0]?.[2] ?? "";
}

/** A framework's project as its users begin one: an entry, the component of the README, Vite and its plugin. */
interface Framework {
  readonly packages: string[];
  readonly plugin: () => InlineConfig["plugins"];
  readonly component: string;
  readonly language: string;
  readonly entry: string;
  readonly main: string;
  /** Other files that it needs, by name. */
  readonly more?: Readonly<Record<string, string>>;
  /** Hot reload builds the component anew with each edit. */
  readonly isAlwaysAnew?: boolean;
  /** Something that makes hot reload build the component anew instead of patching it. */
  readonly remount: readonly [from: string, to: string];
}

const frameworks: Record<string, Framework> = {
  React: {
    packages: ["react", "react-dom"],
    plugin: () => [react()],
    component: "src/App.tsx",
    language: "tsx",
    entry: "src/main.tsx",
    main: `import { StrictMode } from "react";
      import { createRoot } from "react-dom/client";
      import { App } from "./App";
      createRoot(document.getElementById("app")!).render(<StrictMode><App /></StrictMode>);`,
    remount: [
      `const { send`,
      `useGroupMessages("room", { limit: 1 });
       const { send`,
    ],
  },
  Svelte: {
    packages: ["svelte"],
    plugin: () => [svelte({ configFile: false })],
    component: "src/Room.svelte",
    language: "svelte",
    entry: "src/main.ts",
    main: `import { mount } from "svelte";
      import App from "./App.svelte";
      mount(App, { target: document.getElementById("app")! });`,
    more: {
      "src/App.svelte": `<script lang="ts">
          import { provideWebPubSubClient } from "web-pubsub-client/svelte";
          import Room from "./Room.svelte";
          const getClientAccessUrl = async () =>
            (await fetch("http://localhost:8080/negotiate?hub=chat&user=ann")).text();
          provideWebPubSubClient({ credential: { getClientAccessUrl } });
        </script>
        <Room />`,
    },
    isAlwaysAnew: true,
    remount: [
      `const room`,
      `useGroupMessages("room", { limit: 1 });
       const room`,
    ],
  },
  Vue: {
    packages: ["vue"],
    plugin: () => [vue()],
    component: "src/App.vue",
    language: "vue",
    entry: "src/main.ts",
    main: `import { createApp } from "vue";
      import { WebPubSubPlugin } from "web-pubsub-client/vue";
      import App from "./App.vue";
      const getClientAccessUrl = async () =>
        (await fetch("http://localhost:8080/negotiate?hub=chat&user=ann")).text();
      createApp(App).use(WebPubSubPlugin, { credential: { getClientAccessUrl } }).mount("#app");`,
    remount: [
      `const { send`,
      `useGroupMessages("room", { limit: 1 });
       const { send`,
    ],
  },
};

/** What the count on the button is followed by. */
const unit = /(length ?\}+) \w+/;

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

describe.each(Object.entries(frameworks))("a fresh project with Vite and %s", (_, framework) => {
  const { packages, plugin, component, language, entry, main, more = {}, isAlwaysAnew, remount } = framework;
  let consumer: Consumer;
  let config: InlineConfig;
  beforeAll(() => {
    consumer = createConsumer(packages);
    consumer.write(component, fromReadme(language));
    consumer.write(entry, main);
    for (const [name, text] of Object.entries(more)) consumer.write(name, text);
    consumer.write(
      "index.html",
      `<!doctype html><title>app</title><link rel="icon" href="data:,">
       <div id="app"></div><script type="module" src="/${entry}"></script>`,
    );
    config = {
      root: consumer.folder,
      configFile: false,
      logLevel: "error",
      plugins: plugin(),
      server: { host: "127.0.0.1", port: 0 },
      preview: { host: "127.0.0.1", port: 0 },
    };
  });
  afterAll(() => consumer.remove());

  /** Opens the page, and counts at the service. */
  async function visit(port: number) {
    const emulator: Emulator = await startEmulator({ log: () => {}, negotiate: true });
    const happened: string[] = [];
    emulator.trace(({ type, group }) => happened.push(group === undefined ? type : `${type} ${group}`));
    const page = await browser.newPage();
    onTestFinished(async () => {
      await page.close();
      await emulator.close();
    });
    const problems: string[] = [];
    page.on("pageerror", ({ message }) => problems.push(message));
    page.on("console", (line) => {
      if (line.type() === "error" || line.type() === "warning") problems.push(line.text());
    });
    // The service of the test takes the place of the one at the command line's port.
    await page.route("http://localhost:8080/negotiate?hub=chat&user=ann", async (route) => {
      const { pathname, search } = new URL(route.request().url());
      await route.fulfill({
        response: await route.fetch({ url: `${emulator.endpoint}${pathname}${search}` }),
      });
    });
    await page.goto(`http://127.0.0.1:${port}/`);
    const counts = (): number[] =>
      ["opened", "lost", "ended", "joinGroup room", "leaveGroup room"].map(
        (what) => happened.filter((each) => each === what).length,
      );
    return { page, problems, counts };
  }

  const shows = (page: Page, text: string): Promise<void> =>
    page.getByRole("button", { name: text, exact: true }).waitFor();

  /** What is served now; undefined once the page has been loaded anew. */
  const mark = (page: Page): Promise<unknown> => page.evaluate("window.mark");

  test("the lines of the README work as written; hot reload keeps the connection and the group", async () => {
    const server = await createServer(config);
    onTestFinished(() => server.close());
    await server.listen();
    const { page, problems, counts } = await visit((server.httpServer?.address() as AddressInfo).port);
    await shows(page, "joined: 0 messages");
    await page.getByRole("button").click();
    await shows(page, "joined: 1 messages");
    await page.evaluate("window.mark = 1");
    expect(counts()).toEqual([1, 0, 0, 1, 0]);

    const file = join(consumer.folder, component);
    onTestFinished(() => writeFileSync(file, fromReadme(language)));
    const edit = (from: string | RegExp, to: string): void => {
      const before = readFileSync(file, "utf8");
      const after = before.replace(from, to);
      expect(after).not.toBe(before);
      writeFileSync(file, after);
    };
    // Patched in place: not even the messages are gone.
    const kept = isAlwaysAnew ? 0 : 1;
    edit(unit, "$1 letters");
    await shows(page, `joined: ${kept} letters`);
    await page.getByRole("button").click();
    await shows(page, `joined: ${kept + 1} letters`);

    // Taken out and put in anew.
    edit(...remount);
    edit(unit, "$1 notes");
    await shows(page, "joined: 0 notes");
    await page.getByRole("button").click();
    await shows(page, "joined: 1 notes");

    // Longer than a group or a connection that nobody holds is kept.
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 1_500))");
    await page.getByRole("button").click();
    await shows(page, "joined: 2 notes");
    expect(await mark(page)).toBe(1);
    expect(counts()).toEqual([1, 0, 0, 1, 0]);
    expect(problems).toEqual([]);
  });

  test("built for production it works as well", async () => {
    vi.stubEnv("NODE_ENV", "production");
    onTestFinished(() => void vi.unstubAllEnvs());
    await build(config);
    const server = await preview(config);
    onTestFinished(() => server.close());
    const { page, problems, counts } = await visit((server.httpServer.address() as AddressInfo).port);
    await shows(page, "joined: 0 messages");
    await page.getByRole("button").click();
    await shows(page, "joined: 1 messages");
    expect(counts()).toEqual([1, 0, 0, 1, 0]);
    expect(problems).toEqual([]);
  });
});
