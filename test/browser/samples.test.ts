import { spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { fileURLToPath } from "node:url";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startEmulator } from "web-pubsub-emulator";
import { startSamples } from "../../samples-browser/server/samples.mjs";
import { launchChromium } from "./chromium.js";
import { PAGES, serveSamples, visit, type PageName } from "./visitor.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const pages = Object.keys(PAGES) as PageName[];
const numbered = (name: string): string[] => Array.from({ length: 10 }, (_, index) => `${name} ${index}`);
const by = (name: string, lines: string[]): string[] => lines.filter((line) => line.startsWith(name));

test.each(pages)("%s: a cut connection is shown as recovering, and no line is lost", async (page) => {
  const { url, emulator } = await serveSamples();
  const [ann, bob] = await Promise.all([
    visit(browser, url, { name: "Ann", page }),
    visit(browser, url, { name: "Bob" }),
  ]);
  await Promise.all([ann, bob].map((each) => each.page.getByText("Here now: 2").waitFor()));
  await ann.say("Ann was here");
  await bob.page.getByText("Ann was here").waitFor();

  emulator.faults.refuseUpgrades({ with: 503, only: "recovery" });
  await ann.page.getByRole("button", { name: "Cut", exact: true }).click();
  await ann.page.getByRole("status").getByText("Recovering").waitFor();
  await ann.page.getByText(/attempt \d+ in \d/).waitFor();
  for (const line of numbered("Bob")) await bob.say(line);
  for (const line of numbered("Ann")) await ann.say(line);
  expect(by("Bob", await ann.lines())).toEqual([]);

  emulator.faults.reset();
  await ann.page.evaluate(() => dispatchEvent(new Event("online")));
  await ann.page.getByText(/Recovered/).waitFor();
  await ann.page.getByRole("status").getByText("Connected").waitFor();
  for (const { lines } of [ann, bob]) {
    await expect.poll(async () => by("Ann", await lines())).toEqual(["Ann was here", ...numbered("Ann")]);
    await expect.poll(async () => by("Bob", await lines())).toEqual(numbered("Bob"));
  }
  await expect.poll(() => bob.page.locator(".waiting").count()).toBe(0);
});

test("the pages meet in one room, and who closes a page is gone from it", async () => {
  // A page that is closed may have been reloaded: the service waits for it.
  const { url } = await serveSamples({ recoveryWindowInMs: 1_000 });
  const all = await Promise.all(
    pages.map((page, index) => visit(browser, url, { name: `Nr${index}`, page })),
  );
  for (const { page } of all) {
    await page.getByText(`Here now: ${all.length}`).waitFor();
    expect(await page.getByText("(you)").count()).toBe(1);
  }
  for (const [index, { say }] of all.entries()) {
    await say(`line of ${index}`);
    for (const { lines } of all) await expect.poll(lines).toContain(`line of ${index}`);
  }
  const left = [...all];
  while (left.length > 1) {
    await left.pop()?.page.goto("about:blank");
    await left[0]?.page.getByText(`Here now: ${left.length}`).waitFor();
  }
});

test.each(["TypeScript", "React", "Vue", "Svelte"] as const)("%s: rooms are apart", async (page) => {
  const { url } = await serveSamples();
  const [ann, bob] = await Promise.all([
    visit(browser, url, { name: "Ann", page }),
    visit(browser, url, { name: "Bob", page }),
  ]);
  await ann.page.getByRole("button", { name: "garden" }).press("Enter");
  await bob.page.getByText("Here now: 1").waitFor();
  await ann.page.getByRole("heading", { name: "garden" }).waitFor();
  await ann.page.getByText("Here now: 1").waitFor();
  expect(await ann.page.getByRole("button", { name: "garden" }).getAttribute("aria-current")).toBe("true");
  await bob.say("in the lobby");
  await expect.poll(bob.lines).toEqual(["in the lobby"]);
  await bob.page.getByRole("button", { name: "garden" }).click();
  await ann.page.getByText("Here now: 2").waitFor();
  await bob.say("in the garden");
  await expect.poll(ann.lines).toEqual(["in the garden"]);
  await ann.page.goBack();
  await ann.page.getByRole("heading", { name: "lobby" }).waitFor();
  await bob.page.getByText("Here now: 1").waitFor();
});

test("pings find out half-open connections, and what was said meanwhile arrives", async () => {
  const { url } = await serveSamples();
  const bob = await visit(browser, url, { name: "Bob" });
  const deaf = await Promise.all(
    pages.map((page, index) => visit(browser, url, { name: `Nr${index}`, page })),
  );
  for (const { page } of deaf) await page.getByRole("button", { name: "Go half-open" }).click();
  await bob.say("can you hear me?");
  for (const [index, { say }] of deaf.entries()) await say(`can you? ${index}`);
  const all = ["can you hear me?", ...deaf.map((_, index) => `can you? ${index}`)];
  await Promise.all(deaf.map(({ page }) => page.getByText(/Recovered/).waitFor()));
  for (const { lines } of [bob, ...deaf]) await expect.poll(async () => (await lines()).sort()).toEqual(all);
});

test.each(["TypeScript", "React", "Vue", "Svelte"] as const)(
  "%s: a new connection is called new",
  async (page) => {
    const { url } = await serveSamples();
    const ann = await visit(browser, url, { name: "Ann", page });
    await ann.page.getByText("Here now: 1").waitFor();
    await ann.page.getByRole("button", { name: "Cut and forget" }).click();
    await ann.page.getByText("New connection.").waitFor();
    await ann.page.getByText("Nothing was said while you were away.").waitFor();
    await ann.page.getByRole("status").getByText("Connected").waitFor();
    // The presence is restored with it.
    await ann.page.getByText("Ann (you)").waitFor();
    await ann.say("back");
    await expect.poll(ann.lines).toEqual(["back"]);
  },
);

test.each(pages)(
  "%s: why there is no connection is said, in the words of the negotiate endpoint",
  async (page) => {
    const { url } = await serveSamples();
    const ann = await visit(browser, url, { name: "Ann", page });
    const reason = ann.page.getByRole("alert");
    expect(await reason.count()).toBe(0);
    const body = JSON.stringify({ error: "Only members may come in." });
    await ann.page.route("**/negotiate*", (route) =>
      route.fulfill({ status: 403, contentType: "application/json", body }),
    );
    // Somebody else, since a reload would try to recover for 30 s.
    await ann.page.goto(`${url}${PAGES[page]}?name=Cem`);
    await ann.page.getByRole("status").getByText("Offline").waitFor();
    await reason.getByText("answered 403: Only members may come in.").waitFor();
    await ann.page.unroute("**/negotiate*");
    await ann.page.getByRole("status").getByText("Connected").waitFor();
    await expect.poll(() => reason.count()).toBe(0);
  },
);

test("Cut and refuse strikes the own connection only", async () => {
  const { url, emulator } = await serveSamples();
  const bob = await visit(browser, url, { name: "Bob" });
  // What is refused can't be used up by anybody.
  await fetch(`${url}faults/refuse?connectionId=somebody-else`, { method: "POST" });
  const armed = emulator.faults.active;
  expect(armed).toEqual([expect.objectContaining({ kind: "refuseUpgrades", times: 2 })]);
  emulator.faults.cutTransports({ userId: "Bob" });
  await bob.page.getByText(/Recovered/).waitFor();
  expect(emulator.faults.active).toEqual(armed);
});

test("Cut and refuse strikes the own connection twice", async () => {
  const { url, emulator } = await serveSamples();
  const ann = await visit(browser, url, { name: "Ann" });
  await ann.page.getByRole("button", { name: "Cut and refuse" }).click();
  await ann.page.getByText(/Recovered/).waitFor();
  expect(emulator.faults.active).toEqual([]);
});

/** Where an element is in the window. */
const boxOf = (place: Locator) => place.evaluate((element) => element.getBoundingClientRect());

test.each(pages)(
  "%s at 1280 by 800: the connection is in view beside the last fault button",
  async (page) => {
    const { url } = await serveSamples();
    // Enough people to make the side longer than the window.
    for (const name of ["Bob", "Cem", "Dan", "Eve"]) await visit(browser, url, { name });
    const ann = await visit(browser, url, { name: "Ann", page, viewport: { width: 1280, height: 800 } });
    await ann.page.getByText("Here now: 5").waitFor();
    const last = ann.page
      .getByRole("region", { name: /^Break/ })
      .getByRole("listitem")
      .last();
    await last.evaluate((item) => item.scrollIntoView({ block: "end" }));
    const [status, end] = [
      await boxOf(ann.page.getByRole("region", { name: "Connection", exact: true })),
      await boxOf(last),
    ];
    expect(status.top).toBeGreaterThanOrEqual(0);
    expect(status.bottom).toBeLessThanOrEqual(end.top);
    expect(end.bottom).toBeLessThanOrEqual(800);
  },
);

test.each(pages)("%s: a log at its end stays there when a keyboard takes half of a phone", async (page) => {
  const { url } = await serveSamples();
  const ann = await visit(browser, url, { name: "Ann", page, viewport: { width: 390, height: 844 } });
  for (const line of [...numbered("one"), ...numbered("two")]) await ann.say(line);
  await expect.poll(async () => (await ann.lines()).length).toBe(20);
  const log = ann.page.getByRole("log");
  const fromEnd = () =>
    log.evaluate(({ scrollHeight, scrollTop, clientHeight }) =>
      Math.round(scrollHeight - scrollTop - clientHeight),
    );
  const height = () => log.evaluate(({ clientHeight }) => clientHeight);
  await expect.poll(fromEnd).toBeLessThan(2);
  const before = await height();
  await ann.page.setViewportSize({ width: 390, height: 480 });
  await expect.poll(height).toBeLessThan(before);
  await expect.poll(fromEnd).toBeLessThan(2);
  // Who reads what was said before isn't taken from it.
  await log.evaluate((element) => element.scrollTo(0, 0));
  await ann.page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(height).toBe(before);
  await ann.say("last");
  await expect.poll(ann.lines).toContain("last");
  expect(await log.evaluate(({ scrollTop }) => scrollTop)).toBe(0);
});

test.each([1280, 390])("tabs keep within the margins of a window %i wide", async (width) => {
  const { url } = await serveSamples();
  for (const page of ["TypeScript", "Script tag"] as const) {
    const ann = await visit(browser, url, { name: "Ann", page, viewport: { width, height: 844 } });
    const title = await boxOf(ann.page.getByRole("heading", { level: 1 }));
    const tab = await boxOf(ann.page.getByRole("link", { name: page, exact: true }));
    expect(tab.left).toBeGreaterThanOrEqual(title.left);
    expect(tab.right).toBeLessThanOrEqual(width - title.left);
    await ann.context.close();
  }
});

test.each(pages)("%s: no network is said", async (page) => {
  const { url } = await serveSamples();
  const ann = await visit(browser, url, { name: "Ann", page });
  await ann.context.setOffline(true);
  await ann.page.getByRole("status").getByText("No network").waitFor();
  await ann.context.setOffline(false);
  await ann.page.getByRole("status").getByText("Connected").waitFor();
});

test("with a connection string the samples start no service, and the fault buttons are off", async () => {
  await using emulator = await startEmulator();
  const { connectionString } = emulator;
  const { url, emulator: own, close } = await startSamples({ connectionString, port: 0 });
  onTestFinished(close);
  expect(own).toBeUndefined();
  for (const page of pages) {
    const ann = await visit(browser, url, { name: "Ann", page });
    await ann.page.getByText("(local service only)").waitFor();
    // Nobody keeps lines there, and nobody says so.
    await ann.page.getByText("Lines from before you came aren't kept.").waitFor();
    expect(await ann.page.getByRole("button", { name: "Go half-open" }).isDisabled()).toBe(true);
    await ann.say("up there");
    await expect.poll(ann.lines).toEqual(["up there"]);
    await ann.context.close();
  }
});

const start = fileURLToPath(new URL("../../samples-browser/server/start.mjs", import.meta.url));

test("the connection string of the environment decides the service; one URL is printed, and a signal ends all", async () => {
  const cloud = `Endpoint=https://somewhere.webpubsub.azure.com;AccessKey=${btoa("key".repeat(12))};Version=1.0;`;
  const child = spawn(process.execPath, [start], {
    env: { ...process.env, WEB_PUBSUB_CONNECTION_STRING: cloud, PORT: "0" },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await expect.poll(() => said).toContain("Ctrl+C ends it");
  const [address = "", ...more] = said.match(/http:\S+/g) ?? [];
  expect(more).toEqual([]);
  expect(said).toContain("the service of WEB_PUBSUB_CONNECTION_STRING");
  const json = async (path: string): Promise<unknown> => (await fetch(address + path)).json();
  expect(await json("service")).toEqual({ local: false });
  expect(await json("negotiate?name=Ann")).toEqual({
    url: expect.stringMatching(
      /^wss:\/\/somewhere\.webpubsub\.azure\.com\/client\/hubs\/chat\?access_token=/,
    ) as unknown,
  });
  expect(await (await fetch(address)).text()).toContain("Chat in plain TypeScript");
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
});

test("odd requests are answered, and the server goes on", async () => {
  const { url } = await serveSamples();
  const { port } = new URL(url);
  // fetch would tidy the target up.
  const status = async (method: string, path: string) => {
    const sent = request({ host: "127.0.0.1", port, method, path }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  expect(await status("GET", "//")).toBe(200);
  expect(await status("GET", "//negotiate?name=Ann")).toBe(404);
  expect(await status("GET", "/negotiate?name=%zz&name=%00?")).toBe(200);
  for (const deed of ["__proto__", "toString", "melt"])
    expect(await status("POST", `/faults/${deed}?connectionId=x`)).toBe(400);
  expect(await status("GET", "/negotiate?name=Ann")).toBe(200);
});

test.each([{ PORT: "http" }, { PORT: "70000" }])("a port that is none is refused: %s", async (given) => {
  const child = spawn(process.execPath, [start], { env: { ...process.env, ...given } });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  expect(await once(child, "exit")).toEqual([1, null]);
  expect(said).toContain(`PORT must be a whole number from 0 to 65535, but it is "${given.PORT}".`);
});

test.each(pages)(
  "%s: a reload keeps its place in the room: nobody leaves or comes, and no line is missing",
  async (page) => {
    const { url, emulator } = await serveSamples();
    const [ann, bob] = await Promise.all([
      visit(browser, url, { name: "Ann", page }),
      visit(browser, url, { name: "Bob" }),
    ]);
    await Promise.all([ann, bob].map((each) => each.page.getByText("Here now: 2").waitFor()));
    const ids = (): string[] =>
      emulator
        .hub("chat")
        .connections()
        .map(({ connectionId }) => connectionId);
    const before = ids();
    // What Bob's page ever says of who is here.
    await bob.page.evaluate(() => {
      const people = document.querySelector(".people") as HTMLElement;
      const seen = ((window as unknown as { seen: string[] }).seen = [] as string[]);
      new MutationObserver(() => seen.push(people.innerText.replaceAll(/\s+/g, " "))).observe(people, {
        childList: true,
        subtree: true,
        characterData: true,
      });
    });
    await ann.say("Ann before");
    await bob.say("Bob before");
    await expect.poll(ann.lines).toEqual(expect.arrayContaining(["Ann before", "Bob before"]));

    // One line is on its way when the page goes, and another comes meanwhile.
    emulator.faults.goHalfOpen({ userId: "Ann" });
    await ann.say("Ann meanwhile");
    await bob.say("Bob meanwhile");
    await ann.page.reload();
    await ann.page.getByText(/loaded again/).waitFor();
    await bob.say("Bob after");
    await ann.say("Ann after");
    for (const { lines } of [ann, bob]) {
      await expect
        .poll(async () => by("Ann", await lines()))
        .toEqual(["Ann before", "Ann meanwhile", "Ann after"]);
      await expect
        .poll(async () => by("Bob", await lines()))
        .toEqual(["Bob before", "Bob meanwhile", "Bob after"]);
    }
    await expect.poll(() => ann.page.locator(".waiting").count()).toBe(0);
    await ann.page.getByText("Here now: 2").waitFor();
    expect(ids()).toEqual(before);
    const counts = await bob.page.evaluate(() => (window as unknown as { seen: string[] }).seen);
    expect(counts.filter((text) => !text.includes("Here now: 2"))).toEqual([]);
  },
);
