import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../browser/chromium.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const site = join(root, "site/dist");

let files: string[];
let browser: Browser;
beforeAll(async () => {
  // What `npm run docs` does, but for the API reference: that builds the packages, which other tests are using. VitePress
  // fails by itself on a dead link between pages, and our part of it on one to a file that isn't in the repository.
  for (const args of [
    ["site/playground/build.mjs"],
    ["node_modules/vitepress/bin/vitepress.js", "build", "site"],
  ])
    await promisify(execFile)(process.execPath, args, { cwd: root });
  files = readdirSync(site, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/"));
  browser = await launchChromium();
});
afterAll(() => browser?.close());

const read = (name: string): string => readFileSync(join(site, name), "utf8");
const pages = (): string[] => files.filter((name) => name.endsWith(".html"));

/** The pages by name, each with the anchors that it has. */
const anchors = (): Map<string, Set<string | undefined>> =>
  new Map(
    pages().map((page) => [page, new Set(Array.from(read(page).matchAll(/ id="([^"]+)"/g), ([, id]) => id))]),
  );

/** Those of the links of a page that lead to no page of the site, or to no heading of it. */
function deadLinks(page: string, links: readonly string[], there: ReturnType<typeof anchors>): string[] {
  return links
    .filter((href) => !/^\w+:/.test(href))
    .filter((href) => {
      const [path = "", heading] = href.split("#");
      const target =
        path === "" ? page : posix.join("/", path.startsWith("/") ? "" : posix.dirname(page), path);
      const found = there.get(target.replace(/^\//, "").replace(/(^|\/)$/, "$1index.html"));
      return found === undefined || (heading !== undefined && !found.has(decodeURIComponent(heading)));
    })
    .map((href) => `${page}: ${href}`);
}

test("every link within the site leads to a page, and to a heading that it has", () => {
  expect(pages().length).toBeGreaterThan(25);
  const there = anchors();
  const links = (page: string): string[] =>
    Array.from(read(page).matchAll(/<a\b[^>]* href="([^"]*)"/g), ([, href = ""]) => href);
  expect(pages().flatMap((page) => deadLinks(page, links(page), there))).toEqual([]);
});

test("no page names a file of another host to be loaded", () => {
  const loading =
    /<(?:script|img|iframe|source|video|audio|link)\b[^>]*?\b(?:src|href)="(?:\w+:)?\/\/[^"]*"/g;
  const foreign = files
    .filter((name) => /\.(html|css)$/.test(name))
    .flatMap((name) => [
      ...(read(name).match(loading) ?? []),
      ...(name.endsWith(".css")
        ? (read(name).match(/(?:url\(|@import)\s*["']?(?:\w+:)?\/\/[^)"']*/g) ?? [])
        : []),
    ]);
  expect(foreign).toEqual([]);
});

test("pages and their search work from a plain file server, and ask nobody else", async () => {
  const types: Record<string, string> = { html: "text/html", js: "text/javascript", css: "text/css" };
  const server = createServer(({ url = "" }, response) => {
    const name = decodeURI(url)
      .replace(/[?#].*/, "")
      .replace(/^\//, "")
      .replace(/(^|\/)$/, "$1index.html");
    if (!files.includes(name)) return void response.writeHead(404).end();
    response.setHeader("content-type", types[name.split(".").at(-1) ?? ""] ?? "application/octet-stream");
    response.end(readFileSync(join(site, name)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const page = await browser.newPage();
  onTestFinished(async () => {
    await page.close();
    server.close();
  });
  const elsewhere: string[] = [];
  const failed: string[] = [];
  page.on("request", (request) => {
    if (!/^data:/.test(request.url()) && !request.url().startsWith(`${origin}/`))
      elsewhere.push(request.url());
  });
  page.on("response", (response) => {
    if (response.status() >= 400) failed.push(response.url());
  });
  page.on("pageerror", ({ message }) => failed.push(message));

  await page.goto(`${origin}/`);
  await page.getByRole("link", { name: "Start", exact: true }).first().click();
  await page.getByRole("heading", { level: 1, name: "Start" }).waitFor();
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("searchbox").fill("recovered after pauses");
  await page.getByRole("listbox").getByRole("option").first().waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "States" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/states.html");
  await page.goto(`${origin}/performance.html`);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  // The playground makes the links of its promises itself.
  await page.goto(`${origin}/playground.html`);
  const promises = await page
    .locator("blockquote a")
    .evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  expect(promises).toHaveLength(5);
  expect(deadLinks("playground.html", promises, anchors())).toEqual([]);
  expect({ elsewhere, failed }).toEqual({ elsewhere: [], failed: [] });
});
