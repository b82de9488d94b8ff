import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { build as viteBuild, createServer as createViteServer } from "vite";
import webpack from "webpack";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { launchChromium } from "../browser/chromium.js";
import { createConsumer, type Consumer } from "./consumer.js";

/** The block of docs/tabs.md that begins with the name of its file: what its readers write. */
function fromDocs(file: string): string {
  const docs = readFileSync(fileURLToPath(new URL("../../docs/tabs.md", import.meta.url)), "utf8");
  const [, code = ""] = new RegExp(`^\`\`\`ts no-run\\n(// ${file}\\n[^]*?)^\`\`\`$`, "m").exec(docs) ?? [];
  expect(code).not.toBe("");
  return code;
}

/** What the tests look at. */
const SHOW = `
  const got = [];
  client.on("group-message", ({ message }) => got.push(message.data));
  await client.joinGroup("room");
  Object.assign(window, { client, got });`;

let consumer: Consumer;
let browser: Browser;
let emulator: Emulator;
beforeAll(async () => {
  consumer = createConsumer();
  consumer.write("src/worker.ts", fromDocs("worker.ts"));
  consumer.write("src/page.ts", fromDocs("page.ts") + SHOW);
  consumer.write("index.html", html("/src/page.ts"));
  [emulator, browser] = await Promise.all([
    // The last tab's worker may end too soon to close its connection.
    startEmulator({ recoveryWindowInMs: 1_000 }),
    launchChromium(),
  ]);
});
afterAll(async () => {
  await browser.close();
  await emulator.close();
  consumer.remove();
});

function html(script: string): string {
  return `<!doctype html><title>app</title><link rel="icon" href="/icon.svg">
    <script type="module" src="${script}"></script>`;
}

const negotiate = (): Promise<string> =>
  emulator.clientAccessUrl("chat", { roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"] });

/** Builds for production, into a folder with an `index.html`. */
const bundlers: Record<string, (outDir: string) => Promise<unknown>> = {
  vite: (outDir) =>
    viteBuild({
      root: consumer.folder,
      configFile: false,
      logLevel: "error",
      // Waits at the top level of modules are of ES2022.
      build: { outDir, emptyOutDir: true, target: "es2022" },
    }),
  webpack: async (path) => {
    const run = promisify(
      webpack as (
        options: webpack.Configuration,
        done: (error: Error | null, stats?: webpack.Stats) => void,
      ) => void,
    );
    const stats = await run({
      entry: join(consumer.folder, "src/page.ts"),
      mode: "production",
      context: consumer.folder,
      output: { path, filename: "page.js", publicPath: "/" },
    });
    expect((stats as webpack.Stats).toString({ all: false, errors: true, warnings: true })).toBe("");
    consumer.write(join(path.slice(consumer.folder.length), "index.html"), html("/page.js"));
  },
};

/** Serves a folder, and the URLs of clients, as long as the test runs. */
async function serve(folder: string, policy: string): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    if (pathname === "/negotiate") return void negotiate().then((url) => response.end(url));
    const file = join(folder, pathname === "/" ? "index.html" : pathname);
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    response.setHeader("content-type", file.endsWith(".html") ? "text/html" : "text/javascript");
    response.setHeader("content-security-policy", policy);
    response.end(readFileSync(file));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Two tabs of one browser, and what their consoles say. */
async function openTwo(url: string): Promise<{ tabs: Page[]; lines: string[] }> {
  const context = await browser.newContext();
  onTestFinished(async () => {
    await context.close();
    await expect.poll(() => emulator.hub("chat").connections()).toEqual([]);
  });
  const lines: string[] = [];
  const tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) {
    tab.on("console", (line) => void lines.push(line.text()));
    tab.on("pageerror", ({ message }) => void lines.push(message));
    await tab.goto(url);
    // A policy without eval takes Playwright's own waiting away.
    await expect.poll(() => tab.evaluate("window.client?.state")).toBe("Connected");
  }
  return { tabs, lines };
}

/** A message of the first tab reaches both. */
async function expectTalk([first, second]: Page[]): Promise<void> {
  await first?.evaluate("client.sendToGroup('room', 'hello')");
  for (const tab of [first, second]) await expect.poll(() => tab?.evaluate("got")).toEqual(["hello"]);
}

/** A page that reloads itself, as Vite's may do at its first start, leaves its worker's connection for a while. */
const expectConnections = (count: number): Promise<void> =>
  expect.poll(() => emulator.hub("chat").connections().length).toBe(count);

/** No inline code, no eval, and nothing from elsewhere. */
const STRICT = "default-src 'none'; script-src 'self'; connect-src 'self' ws://127.0.0.1:*";

test.each(Object.keys(bundlers))(
  "%s builds the worker, and two tabs with a strict content security policy share a connection",
  async (name) => {
    const outDir = join(consumer.folder, `out-${name}`);
    await bundlers[name]?.(outDir);
    const url = await serve(outDir, `${STRICT}; worker-src 'self'`);
    const { tabs, lines } = await openTwo(url);
    await expectConnections(1);
    await expectTalk(tabs);
    expect(lines.filter((line) => !line.includes("icon"))).toEqual([]);
  },
);

test("where the policy forbids workers, each tab has a connection of its own and says so once", async () => {
  const outDir = join(consumer.folder, "out-forbidden");
  await bundlers["vite"]?.(outDir);
  const url = await serve(outDir, `${STRICT}; worker-src 'none'`);
  const { tabs, lines } = await openTwo(url);
  await expectConnections(2);
  await expectTalk(tabs);
  emulator.faults.restartService();
  await expect.poll(() => emulator.hub("chat").members("room")).toHaveLength(2);
  const told = lines.filter((line) => line.includes("connection of its own"));
  expect(told).toHaveLength(2);
});

test("Vite's server for development serves the worker as it is", async () => {
  const server = await createViteServer({
    root: consumer.folder,
    configFile: false,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0 },
    plugins: [
      {
        name: "negotiate",
        configureServer({ middlewares }) {
          middlewares.use("/negotiate", (_, response) => {
            void negotiate().then((url) => response.end(url));
          });
        },
      },
    ],
  });
  onTestFinished(() => server.close());
  await server.listen();
  const { tabs } = await openTwo(`http://127.0.0.1:${(server.httpServer?.address() as AddressInfo).port}/`);
  await expectConnections(1);
  await expectTalk(tabs);
});
