import { once } from "node:events";
import type { Browser, Page } from "playwright-core";
import { WebPubSubClient } from "web-pubsub-client";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Emulator, startEmulator } from "web-pubsub-emulator";
import { WebSocket } from "ws";
import { launchChromium } from "./chromium.js";
import { lowContrast } from "./contrast.js";
import { roles } from "./stage.js";

const subprotocol = "json.webpubsub.azure.v1";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => browser.close());

interface Stage {
  readonly emulator: Emulator;
  readonly page: Page;
  /** What the page complained of. */
  readonly complaints: string[];
  join(userId: string): Promise<WebPubSubClient>;
}

/** The trace page of a service, and clients to watch in it. */
async function open(options: Parameters<Browser["newPage"]>[0] = {}): Promise<Stage> {
  const emulator = await startEmulator({ admin: true });
  const page = await browser.newPage(options);
  onTestFinished(async () => {
    await page.close();
    await emulator.close();
  });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(String(emulator.adminUrl));
  await page.getByRole("status").filter({ hasText: "live" }).waitFor();
  const join = async (userId: string) => {
    const client = new WebPubSubClient({
      getClientAccessUrl: () => emulator.clientAccessUrl("chat", { userId, roles }),
    });
    onTestFinished(async () => client.stop());
    await client.start();
    await client.joinGroup("news");
    return client;
  };
  return { emulator, page, complaints, join };
}

const card = (page: Page, userId: string) => page.locator("#connections > li").filter({ hasText: userId });
const rows = (page: Page) => page.locator("#traffic > li");

test("connections, groups and traffic show up as they happen, without tokens", async () => {
  const { emulator, page, complaints, join } = await open();
  await page.getByText("Nobody is connected.").waitFor();
  const ann = await join("ann");
  const bob = await join("<b>bob</b>");
  await card(page, "ann").getByText("connected", { exact: true }).waitFor();
  await page.getByRole("button", { name: "news · 2" }).waitFor();
  const secret = { note: "hello", accessToken: "abcdef", jwt: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln" };
  await ann.sendToGroup("news", secret, "json");
  await bob.sendToGroup("news", "x".repeat(5_000), "text");
  await rows(page).filter({ hasText: "sendToGroup" }).filter({ hasText: "<b>bob</b>" }).waitFor();

  const shown = await page.locator("body").innerHTML();
  expect(shown).toContain("hello");
  for (const hidden of ["abcdef", "eyJ", "x".repeat(300)]) expect(shown).not.toContain(hidden);
  expect(await page.locator("#connections b").count()).toBe(0);
  // Acks are there on demand.
  const acks = rows(page).filter({ hasText: /^[\d:.]+outannack/ });
  expect(await acks.count()).toBe(0);
  await page.getByLabel("acks and pings").check();
  expect(await acks.count()).toBeGreaterThan(0);

  await bob.stop();
  await expect.poll(() => card(page, "bob").count()).toBe(0);
  await page.getByRole("button", { name: "news · 1" }).waitFor();
  expect(emulator.hub("chat").connections()).toHaveLength(1);
  expect(complaints).toEqual([]);
});

test("long names and many groups are shortened", async () => {
  const { emulator, page, complaints, join } = await open();
  const ann = await join("a".repeat(300));
  const hub = emulator.hub("chat");
  for (let i = 1; i < 30; i++) await ann.joinGroup(`${i}-${"g".repeat(1_000)}`);
  expect(hub.groups()).toHaveLength(30);
  await page.getByText("and 18 more").waitFor();
  await page.getByRole("button", { name: `29-${"g".repeat(77)}… · 1` }).waitFor();
  expect(await card(page, "aaa").getByRole("button").first().textContent()).toBe(`${"a".repeat(80)}…`);
  expect((await page.locator(".side").innerText()).length).toBeLessThan(5_000);
  // A press still filters by the whole name.
  await page.getByRole("button", { name: `29-${"g".repeat(77)}… · 1` }).click();
  await expect.poll(() => rows(page).count()).toBe(1);
  expect((await rows(page).innerText()).length).toBeLessThan(300);
  expect(complaints).toEqual([]);
});

test("filter and pause", async () => {
  const { page, join } = await open();
  const ann = await join("ann");
  await join("bob");
  await ann.sendToGroup("news", "first", "text");
  await rows(page).filter({ hasText: "groupData" }).filter({ hasText: "bob" }).waitFor();

  await page.getByLabel("Filter").fill("BOB groupdata");
  expect(await rows(page).count()).toBe(1);
  await page.getByLabel("Filter").fill("no such thing");
  await page.getByText("Nothing fits the filter.").waitFor();
  await page.getByLabel("Filter").fill("");
  await card(page, "bob").getByTitle("Show the traffic of this connection").click();
  const [bobsRow] = await rows(page).filter({ hasText: "bob" }).all();
  expect(bobsRow).toBeDefined();
  expect(await rows(page).filter({ hasText: "ann" }).count()).toBe(0);
  await page.getByLabel("Filter").fill("");

  await page.getByRole("button", { name: "Pause" }).click();
  const before = await rows(page).count();
  await ann.sendToGroup("news", "second", "text");
  const resume = page.getByRole("button", { name: /^Resume \(\d+\)$/ });
  await resume.waitFor();
  expect(await rows(page).count()).toBe(before);
  await resume.click();
  await rows(page).filter({ hasText: "second" }).first().waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  expect(await rows(page).count()).toBe(0);
});

test("connections of one user are told apart; a name looks like what filters by it", async () => {
  const { emulator, page, complaints, join } = await open();
  await join("ann");
  const only = card(page, "ann").getByTitle("Show the traffic of this connection");
  expect(await only.textContent()).toBe("ann");
  expect(await only.evaluate((name) => getComputedStyle(name).textDecorationLine)).toBe("underline");
  const second = await join("ann");
  await join("bob");
  const ids = emulator
    .hub("chat")
    .members("news")
    .map(({ connectionId }) => connectionId);
  const names = [`ann · ${ids[0]?.slice(0, 5)}`, `ann · ${ids[1]?.slice(0, 5)}`, "bob"];
  const shown = async () => page.getByTitle("Show the traffic of this connection").allTextContents();
  await expect.poll(shown).toEqual(names);
  await page.getByRole("button", { name: `Cut ${names[1]}` }).waitFor();
  await second.sendToGroup("news", "from the second", "text");
  const sent = rows(page).filter({ hasText: "sendToGroup" });
  await sent.getByText(names[1] ?? "", { exact: true }).click();
  expect(await page.getByLabel("Filter").inputValue()).toBe(ids[1]);
  const traffic = await rows(page).locator(".who").allTextContents();
  expect(new Set(traffic)).toEqual(new Set([names[1]]));
  expect(complaints).toEqual([]);
});

test.each([360, 900, 1280])("at a width of %i, counters stay on their line", async (width) => {
  const { emulator, page, join } = await open({ viewport: { width, height: 700 } });
  const ann = await join("ann");
  emulator.faults.refuseUpgrades({ with: 503, only: "recovery" });
  await card(page, "ann").waitFor();
  emulator.faults.cutTransports();
  for (let i = 0; i < 700; i++) emulator.hub("chat").sendToGroup("news", `message ${i}`);
  const counter = page.getByText("700 of 1000 unacknowledged");
  await counter.waitFor();
  const lines = await counter.evaluate((one) => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return new Set(Array.from(range.getClientRects(), ({ top }) => top)).size;
  });
  expect(lines).toBe(1);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(await page.evaluate(lowContrast)).toEqual([]);
  await ann.stop();
});

test.each([360, 700, 870, 960, 1080, 1280])(
  "at a width of %i, rows have room for what was sent",
  async (width) => {
    const { page, join } = await open({ viewport: { width, height: 700 } });
    const ann = await join("ann");
    await ann.sendToGroup("news", "what was sent", "text");
    const sent = rows(page).filter({ hasText: "sendToGroup" }).getByText("what was sent");
    await sent.waitFor();
    const { width: room = 0 } = (await rows(page).first().locator(".what").boundingBox()) ?? {};
    expect(room).toBeGreaterThan(180);
  },
);

test("Cut: the client loses its connection and recovers it before the developer's eyes", async () => {
  const { page, join } = await open();
  const ann = await join("ann");
  const recovered = new Promise<void>((resolve) => ann.on("recovered", () => resolve()));
  await card(page, "ann").getByRole("button", { name: "Cut" }).click();
  await recovered;
  await rows(page).filter({ hasText: "lost" }).waitFor();
  await rows(page).filter({ hasText: "messages replayed" }).waitFor();
  await card(page, "ann").getByText("connected", { exact: true }).waitFor();
});

test("while recoveries are refused the connection waits; what is sent to it too, until faults are reset", async () => {
  const { emulator, page, join } = await open();
  const ann = await join("ann");
  emulator.faults.refuseUpgrades({ with: 503, only: "recovery" });
  await page.getByText("In force: refuseUpgrades (with 503, only recovery)").waitFor();
  await card(page, "ann").getByRole("button", { name: "Cut" }).click();
  await card(page, "ann")
    .getByText(/waiting, \d+ s left/)
    .waitFor();
  expect(await card(page, "ann").getByRole("button", { name: "Cut" }).isDisabled()).toBe(true);
  emulator.hub("chat").sendToGroup("news", "for later");
  await rows(page).filter({ hasText: "waits for recovery" }).filter({ hasText: "for later" }).waitFor();
  await card(page, "ann").getByText("1 of 1000 unacknowledged").waitFor();
  const got = new Promise((resolve) => ann.on("group-message", ({ message }) => resolve(message.data)));
  await page.getByRole("button", { name: "Reset faults" }).click();
  expect(await got).toBe("for later");
  await card(page, "ann").getByText("0 of 1000 unacknowledged").waitFor();
  await expect.poll(() => page.getByRole("button", { name: "Reset faults" }).isVisible()).toBe(false);
});

test("Half-open: the socket stays up, nothing comes through; resetting drops it", async () => {
  const { page, join } = await open();
  const ann = await join("ann");
  await card(page, "ann").getByRole("button", { name: "Half-open" }).click();
  await card(page, "ann").getByText("half-open", { exact: true }).waitFor();
  expect(ann.state).toBe("Connected");
  const recovered = new Promise<void>((resolve) => ann.on("recovered", () => resolve()));
  await page.getByRole("button", { name: "Reset faults" }).click();
  await recovered;
  await card(page, "ann").getByText("connected", { exact: true }).waitFor();
});

test("a service that is gone is shown, and found again", async () => {
  const { emulator, page, join } = await open();
  await join("ann");
  await card(page, "ann").waitFor();
  await emulator.close();
  await page.getByText("service not reached, trying again").waitFor();
  // What was last known stays readable, and looks like the past.
  expect(await page.locator(".side").evaluate((side) => getComputedStyle(side).opacity)).toBe("1");
  expect(await page.locator("#connections > li").evaluate((one) => getComputedStyle(one).borderStyle)).toBe(
    "dashed",
  );
  expect(await page.evaluate(lowContrast)).toEqual([]);
  const problem = page.getByRole("alert").filter({ hasText: "The service can't be reached." });
  await card(page, "ann").getByRole("button", { name: "Cut" }).click();
  await problem.waitFor();
  const again = await startEmulator({ admin: true, port: Number(new URL(emulator.endpoint).port) });
  onTestFinished(async () => again.close());
  await page.getByRole("status").filter({ hasText: "live" }).waitFor();
  await problem.waitFor({ state: "hidden" });
});

test("the keyboard reaches all of it, and stays where it is while things change", async () => {
  const { page, join } = await open();
  await join("ann");
  const chip = page.getByRole("button", { name: "news · 1" });
  await chip.waitFor();
  const reached: string[] = [];
  const focused = () =>
    page.evaluate(() => {
      const { activeElement: at } = document;
      return at?.getAttribute("aria-label") ?? at?.textContent ?? "";
    });
  await page.locator("body").press("Tab");
  for (; reached.length < 20 && (await focused()) !== "Clear"; await page.keyboard.press("Tab"))
    reached.push((await focused()).trim());
  expect(reached).toEqual(["ann", "Cut ann", "Half-open ann", "news · 1", "Filter", "", "Pause"]);

  await chip.focus();
  await join("bob");
  await page.getByRole("button", { name: "news · 2" }).waitFor();
  expect(await focused()).toBe("news · 2");
  await page.keyboard.press("Enter");
  expect(await page.getByLabel("Filter").inputValue()).toBe("news");
});

test("of several hubs each row says which", async () => {
  const { emulator, page, join } = await open();
  const ann = await join("ann");
  await ann.sendToGroup("news", "before", "text");
  await using other = new WebPubSubClient({
    getClientAccessUrl: () => emulator.clientAccessUrl("orders", { userId: "olga", roles }),
  });
  await other.start();
  await other.joinGroup("news");
  await rows(page).filter({ hasText: "orders ›" }).filter({ hasText: "joinGroup" }).waitFor();
  expect(await page.getByRole("button", { name: "news · 1" }).count()).toBe(2);
});

test("thousands of messages at once and hundreds of connections leave it quick and bounded", async () => {
  const { emulator, page, complaints, join } = await open();
  const ann = await join("ann");
  const crowd = Array.from({ length: 250 }, async (_, i) => {
    const socket = new WebSocket(
      await emulator.clientAccessUrl("chat", { userId: `user ${i}` }),
      subprotocol,
    );
    onTestFinished(() => socket.terminate());
    await once(socket, "message");
  });
  await Promise.all(crowd);
  await page.getByText("51 more are not shown.").waitFor();
  expect(await page.locator("#connections > li").count()).toBe(200);

  let sent = 0;
  const flood = setInterval(() => {
    for (let i = 0; i < 100; i++, sent++)
      void ann.sendToGroup("nobody", `flood ${sent}`, "text", { fireAndForget: true });
  }, 20);
  onTestFinished(() => clearInterval(flood));
  await rows(page).filter({ hasText: "flood" }).first().waitFor();
  // Most of what a frame takes is left to the reader, while all this comes.
  await page.getByLabel("Filter").fill("flood");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: /^Resume \(\d+\)$/ }).click();
  await expect.poll(() => sent).toBeGreaterThan(5_000);
  await expect.poll(() => rows(page).count()).toBe(300);
  clearInterval(flood);
  await ann.sendToGroup("nobody", "the last flood", "text");
  await rows(page).filter({ hasText: "the last flood" }).waitFor();
  expect(await rows(page).count()).toBe(300);
  expect(complaints).toEqual([]);
});

test.each([
  ["phone", 390, 844],
  ["small phone", 320, 640],
  ["desktop", 1_280, 800],
] as const)("on a %s nothing is cut off, light or dark", async (_name, width, height) => {
  const { page, join } = await open({ viewport: { width, height } });
  const ann = await join("somebody-with-a-very-long-name@a-very-long-domain.example");
  await ann.joinGroup("w".repeat(200));
  await ann.sendToGroup("news", "x".repeat(500), "text");
  await rows(page).filter({ hasText: "groupData" }).waitFor();
  const backgrounds: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    backgrounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    expect(await page.evaluate(lowContrast)).toEqual([]);
  }
  expect(backgrounds[0]).not.toBe(backgrounds[1]);
});
