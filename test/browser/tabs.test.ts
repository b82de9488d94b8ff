import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, type TestContext } from "vitest";
import type { EmulatorOptions } from "web-pubsub-emulator";
import { launchChromium } from "./chromium.js";
import { launchRaw, type RawChromium, type Target } from "./rawChromium.js";
import type { TabsWorld } from "./tabsPage.js";
import { buildTabs, setTabsStage, type TabsScripts, type TabsStage } from "./tabsStage.js";

let scripts: TabsScripts;
beforeAll(async () => {
  scripts = await buildTabs();
});

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe("ten pages", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  async function open(context: BrowserContext, stage: TabsStage, query: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${stage.url}?${query}`);
    await page.waitForFunction(() => (window as unknown as TabsWorld).client.state === "Connected");
    return page;
  }

  const story = (page: Page): Promise<string[]> =>
    page.evaluate(() => (window as unknown as TabsWorld).story);

  /** Every page sends, streams and invokes so often; resolves with what failed. */
  const talk = (pages: Page[], rounds: number): Promise<string[][]> =>
    Promise.all(
      pages.map((page) =>
        page.evaluate(async (count) => {
          const { client } = window as unknown as TabsWorld;
          const tab = new URLSearchParams(location.search).get("state");
          const failures: string[] = [];
          const note = (error: unknown): void => void failures.push(String(error));
          const writer = await client.openGroupStream("all");
          for (let round = 0; round < count; round++) {
            const sending = client.sendToGroup("all", { tab, round }, "json");
            const writing = writer.write(`${tab}.${round} `);
            const { data } = await client.invokeEvent("echo", { tab, round });
            const { round: answered } = data as { round: number };
            if (answered !== round) failures.push(`Invocation ${round} was answered with ${answered}.`);
            await Promise.all([sending, writing]).catch(note);
          }
          await writer.end();
          return failures;
        }, rounds),
      ),
    );

  test("share one connection through cuts, a restart and five closed pages; nothing is lost or doubled", async () => {
    const stage = await setTabsStage(scripts);
    const { bob, emulator, heard, streams } = stage;
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const pages: Page[] = [];
    for (const tab of upTo(10))
      pages.push(await open(context, stage, `group=own${tab}&group=all&state=${tab}`));
    await expect.poll(stage.states).toEqual([{ tab: "9" }]);
    expect(stage.connections()).toHaveLength(1);
    const [first] = stage.connections();

    // While messages pass both ways, the worker's socket is cut.
    let sent = 0;
    const send = async (living: number[], rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++, sent++)
        await Promise.all(living.map((tab) => bob.sendToGroup(`own${tab}`, sent, "json")));
    };
    await Promise.all([
      send(upTo(10), 30),
      talk(pages, 20).then((failures) => expect(failures.flat()).toEqual([])),
    ]);
    emulator.faults.cutTransports({ userId: "ann" });
    await send(upTo(10), 30);
    for (const page of pages) await expect.poll(() => story(page)).toContain("recovered");
    expect(stage.connections()).toEqual([first]);

    const own = (page: Page, tab: number): Promise<unknown[]> =>
      page.evaluate(
        (name) =>
          (window as unknown as TabsWorld).got.filter(({ from }) => from === name).map(({ data }) => data),
        `own${tab}`,
      );
    for (const [tab, page] of pages.entries()) await expect.poll(() => own(page, tab)).toEqual(upTo(60));
    await expect.poll(() => streams.length).toBe(10);
    const whole = (tab: number): string =>
      upTo(20)
        .map((round) => `${tab}.${round} `)
        .join("");
    expect(streams.toSorted()).toEqual(upTo(10).map(whole));

    const closed = pages.splice(5);
    await Promise.all(closed.map((page) => page.close()));
    await expect
      .poll(() => upTo(10).map((tab) => stage.members(`own${tab}`)))
      .toEqual([...[1, 1, 1, 1, 1], ...[0, 0, 0, 0, 0]]);
    await expect.poll(stage.states).toEqual([{ tab: "4" }]);

    emulator.faults.restartService();
    for (const page of pages)
      await expect
        .poll(async () => (await story(page)).filter((each) => each === "connected"))
        .toHaveLength(2);
    await expect.poll(() => upTo(5).map((tab) => stage.members(`own${tab}`))).toEqual([1, 1, 1, 1, 1]);
    await expect.poll(() => bob.state).toBe("Connected");
    await expect.poll(() => emulator.hub("chat").members("all").length).toBe(2);
    expect(stage.connections()).toHaveLength(1);
    expect(stage.connections()).not.toEqual([first]);
    await Promise.all([
      send(upTo(5), 30),
      talk(pages, 20).then((failures) => expect(failures.flat()).toEqual([])),
    ]);
    for (const [tab, page] of pages.entries()) await expect.poll(() => own(page, tab)).toEqual(upTo(90));
    await expect.poll(() => streams.length).toBe(15);

    // From each page to Bob and to every page, each once and in order.
    const rounds = (messages: unknown[], tab: number): number[] =>
      (messages as { tab: string; round: number }[])
        .filter((each) => each.tab === String(tab))
        .map(({ round }) => round);
    for (const tab of upTo(10)) {
      const expected = tab < 5 ? [...upTo(20), ...upTo(20)] : upTo(20);
      await expect.poll(() => rounds(heard, tab)).toEqual(expected);
      for (const page of pages) {
        const all = await page.evaluate(() =>
          (window as unknown as TabsWorld).got.filter(({ from }) => from === "all").map(({ data }) => data),
        );
        expect(rounds(all, tab)).toEqual(expected);
      }
    }
    for (const page of pages)
      expect(await page.evaluate(() => (window as unknown as TabsWorld).failures)).toEqual([]);

    await Promise.all(pages.map((page) => page.close()));
    await expect.poll(stage.connections).toEqual([]);
  });
});

describe("a page that ends, in a browser that no driver touches", () => {
  let chromium: RawChromium;
  beforeAll(async () => {
    // Versions before 148 have the long life of shared workers behind a switch.
    const longLife = "SharedWorkerExtendedLifetime";
    chromium = await launchRaw([`--enable-features=${longLife}`, `--enable-blink-features=${longLife}`]);
  });
  afterAll(() => chromium.close());

  /** Also where a test has closed it before. */
  async function close({ targetId }: Target): Promise<void> {
    await chromium.browser.send("Target.closeTarget", { targetId }).catch(() => undefined);
  }

  async function open(stage: TabsStage, query: string): Promise<Target> {
    const page = await chromium.open(`${stage.url}?${query}`);
    onTestFinished(() => close(page));
    await expect.poll(() => page.evaluate("window.client?.state")).toBe("Connected");
    return page;
  }

  /** Two pages, of which the second one shows its state in the group `all`. */
  async function openTwo(
    more = "",
    options: EmulatorOptions = {},
  ): Promise<{ stage: TabsStage; stays: Target; goes: Target }> {
    const stage = await setTabsStage(scripts, options);
    const stays = await open(stage, `group=all&state=stays&group=kept${more}`);
    const goes = await open(stage, `group=all&state=goes&group=left${more}`);
    await expect.poll(stage.states).toEqual([{ tab: "goes" }]);
    expect(stage.connections()).toHaveLength(1);
    return { stage, stays, goes };
  }

  /** What the page had is let go, before a probe would tell; the other one goes on. */
  async function expectLetGo(stage: TabsStage, stays: Target, since: number): Promise<void> {
    await expect.poll(() => stage.members("left")).toBe(0);
    await expect.poll(stage.states).toEqual([{ tab: "stays" }]);
    // Probes take at least 20 s.
    expect(performance.now() - since).toBeLessThan(20_000);
    expect(stage.members("kept")).toBe(1);
    expect(stage.connections()).toHaveLength(1);
    expect(await stays.evaluate("story")).toEqual(["connected"]);
  }

  test("closed, and with the last one the connection, by a worker that may outlive it", async () => {
    const { stage, stays, goes } = await openTwo("&extended");
    let since = performance.now();
    await close(goes);
    await expectLetGo(stage, stays, since);
    since = performance.now();
    await close(stays);
    await expect.poll(stage.connections).toEqual([]);
    // The service would have waited for 30 s.
    expect(performance.now() - since).toBeLessThan(25_000);
  });

  test("crashed", async () => {
    const { stage, stays, goes } = await openTwo();
    const since = performance.now();
    // It doesn't answer any more.
    void goes.send("Page.crash");
    await expectLetGo(stage, stays, since);
  });

  test("crashed together with the worker in its process: the others get another worker", async () => {
    const { stage, stays, goes } = await openTwo("", { recoveryWindowInMs: 1_000 });
    const [before] = stage.connections();
    // Browsers run a shared worker in the process of a page; here it is that of the first one.
    void stays.send("Page.crash");
    await expect.poll(() => stage.members("kept")).toBe(0);
    await expect.poll(() => goes.evaluate("client.state")).toBe("Connected");
    await expect.poll(stage.states).toEqual([{ tab: "goes" }]);
    await expect.poll(() => stage.connections().length).toBe(1);
    expect(stage.connections()).not.toEqual([before]);
    expect(await goes.evaluate("story")).toEqual(["connected", "recovering", "disconnected", "connected"]);
  });

  test("frozen, and back", async () => {
    const { stage, stays, goes } = await openTwo();
    const since = performance.now();
    await goes.send("Page.setWebLifecycleState", { state: "frozen" });
    await expectLetGo(stage, stays, since);
    await goes.send("Page.setWebLifecycleState", { state: "active" });
    await expect.poll(() => goes.evaluate("client.state")).toBe("Connected");
    await expect.poll(stage.states).toEqual([{ tab: "goes" }]);
    await expect.poll(() => stage.members("left")).toBe(1);
    expect(stage.connections()).toHaveLength(1);
  });

  test("navigated away, and back", async ({ skip }: TestContext) => {
    const { stage, stays, goes } = await openTwo();
    const reasons: string[] = [];
    goes.on("Page.backForwardCacheNotUsed", ({ notRestoredExplanations }) => {
      reasons.push(...(notRestoredExplanations as { reason: string }[]).map(({ reason }) => reason));
    });
    await goes.evaluate("window.mark = 1");
    const since = performance.now();
    await goes.evaluate("location.href = '/elsewhere'").catch(() => undefined);
    await expectLetGo(stage, stays, since);
    await goes.evaluate("history.back()").catch(() => undefined);
    await expect.poll(() => goes.evaluate("window.client?.state").catch(() => "")).toBe("Connected");
    await expect.poll(stage.states).toEqual([{ tab: "goes" }]);
    await expect.poll(() => stage.members("left")).toBe(1);
    expect(stage.connections()).toHaveLength(1);
    if (await goes.evaluate("window.mark !== 1")) {
      console.warn(`NOT COVERED by ${chromium.version}: the back-forward cache (${reasons.join(", ")})`);
      skip(reasons.join());
    }
  });

  test("told of a restoration from the back-forward cache: it connects through the worker again", async () => {
    const { stage, stays, goes } = await openTwo();
    const tell = (name: string): Promise<unknown> =>
      goes.evaluate(`dispatchEvent(new PageTransitionEvent("${name}", { persisted: true }))`);
    const since = performance.now();
    await tell("pagehide");
    await expectLetGo(stage, stays, since);
    // Those of the worker and of the other page, each awaited by the other side: this page has and awaits none.
    const locks = "navigator.locks.query().then(({ held, pending }) => [held.length, pending.length])";
    expect(await goes.evaluate(locks)).toEqual([2, 2]);
    await tell("pageshow");
    await expect.poll(stage.states).toEqual([{ tab: "goes" }]);
    expect(stage.connections()).toHaveLength(1);
  });
});

describe("without a worker that can be used", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  async function open(query: string): Promise<{ page: Page; stage: TabsStage; lines: string[] }> {
    const stage = await setTabsStage(scripts);
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const lines: string[] = [];
    page.on("console", (line) => void lines.push(line.text()));
    await page.goto(`${stage.url}?${query}`);
    await page.waitForFunction(() => (window as unknown as TabsWorld).client.state === "Connected");
    return { page, stage, lines };
  }

  test.each([
    ["is missing", "/missing.js", /could not be loaded/],
    ["throws", "/throws.js", /could not be loaded, or has failed/],
    ["doesn't answer", "/silent.js", /has not answered in 5000 ms/],
    ["is of another version", "/other-version.js", /another version/],
  ])("whose script %s: the page has a connection of its own, and says so once", async (_, script, why) => {
    const { page, stage, lines } = await open(`script=${script}&group=all`);
    expect(await page.evaluate("client.userId")).toBe("alone");
    stage.emulator.faults.restartService();
    await page.waitForFunction(
      () => (window as unknown as TabsWorld).story.filter((each) => each === "connected").length === 2,
    );
    const told = lines.filter((line) => line.includes("connection of its own"));
    expect(told).toEqual([expect.stringMatching(why)]);
  });

  test("where the worker asks a page for credentials, a page gives them", async () => {
    const { page, stage } = await open("name=asks%20pages&group=all");
    expect(await page.evaluate("client.userId")).toBe("alone");
    expect(await page.evaluate("asked")).toBe(1);
    expect(stage.connections()).toHaveLength(1);
  });
});
