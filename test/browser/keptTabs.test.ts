import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, type TestContext } from "vitest";
import { launchChromium } from "./chromium.js";
import { buildKeptPage, setKeptStage, type KeptStage } from "./keptStage.js";
import type { KeptApp, KeptWorld } from "./keptPage.js";
import { launchRaw, type RawChromium, type Target } from "./rawChromium.js";

let script: string;
beforeAll(async () => {
  script = await buildKeptPage();
});

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
/** The keys under which sessions are stored in a page. */
const STORED = "Object.keys(sessionStorage).filter((name) => name.includes('resume'))";

describe("back and forward, in a browser that no driver touches", () => {
  let chromium: RawChromium;
  beforeAll(async () => {
    chromium = await launchRaw();
  });
  afterAll(() => chromium.close());

  /** Goes somewhere; the answer may never come if the page is gone before. */
  async function go(page: Target, expression: string, path: string): Promise<void> {
    await page.evaluate(expression).catch((error: unknown) => {
      if (!String(error).includes("navigated or closed")) throw error;
    });
    await expect.poll(() => page.evaluate("location.pathname + document.readyState")).toBe(`${path}complete`);
  }

  /** Also where a test has closed it before. */
  async function close({ targetId }: Target): Promise<void> {
    await chromium.browser.send("Target.closeTarget", { targetId }).catch(() => undefined);
  }

  async function open(stage: KeptStage, query: string): Promise<Target> {
    const page = await chromium.open(`${stage.url}?user=ann${query}`);
    onTestFinished(() => close(page));
    await expect.poll(() => stage.seen.length).toBe(1);
    return page;
  }

  /** Goes away and back, twice, while messages pass. */
  async function wander(page: Target, stage: KeptStage): Promise<KeptApp> {
    for (const [life, way] of ["location.href = '/elsewhere'", "history.forward()"].entries()) {
      stage.down(10);
      await page.evaluate("app.target += 10");
      await go(page, way, "/elsewhere");
      stage.down(10);
      await go(page, "history.back()", "/");
      const all = (life + 1) * 20;
      await expect.poll(() => page.evaluate("app.got.length")).toBe(all);
    }
    await expect.poll(() => stage.up.length).toBe(20);
    return page.evaluate("app");
  }

  function expectUnnoticed(stage: KeptStage, { got, connections, failures }: KeptApp): void {
    expect(got).toEqual(upTo(40));
    expect(stage.up).toEqual(upTo(20));
    expect(failures).toEqual([]);
    const [{ id = "" } = {}] = connections;
    const again = { id, resumed: true };
    expect(connections).toEqual([{ id, resumed: false }, again, again]);
    expect(stage.heard.filter((what) => what.includes("ann"))).toEqual(["joined down ann"]);
    expect(stage.seen).toEqual([id]);
  }

  test("pages that are loaded anew go on with the connection", async () => {
    const stage = await setKeptStage(script);
    const page = await open(stage, "&no-store");
    await page.evaluate("window.mark = 1");
    expectUnnoticed(stage, await wander(page, stage));
    expect(await page.evaluate("window.mark")).toBeUndefined();
  });

  test("so does a page that is restored from the back-forward cache", async ({ skip }: TestContext) => {
    const stage = await setKeptStage(script);
    const page = await open(stage, "");
    const reasons: string[] = [];
    page.on("Page.backForwardCacheNotUsed", ({ notRestoredExplanations }) => {
      reasons.push(...(notRestoredExplanations as { reason: string }[]).map(({ reason }) => reason));
    });
    await page.evaluate("window.mark = 1");
    expectUnnoticed(stage, await wander(page, stage));
    if (await page.evaluate("window.mark !== 1")) {
      console.warn(`NOT COVERED by ${chromium.version}: the back-forward cache (${reasons.join(", ")})`);
      skip(reasons.join());
    }
  });

  test("a page that is told of such a restoration goes on, with the locks and the storage of the browser", async () => {
    const stage = await setKeptStage(script);
    const page = await open(stage, "");
    const tell = (name: string): Promise<unknown> =>
      page.evaluate(`dispatchEvent(new PageTransitionEvent("${name}", { persisted: true }))`);
    await tell("pagehide");
    expect(await page.evaluate(STORED)).toHaveLength(1);
    expect(await page.evaluate("navigator.locks.query().then(({ held }) => held.length)")).toBe(0);
    stage.down(5);
    await tell("pageshow");
    await expect.poll(() => page.evaluate("app.got")).toEqual(upTo(5));
    expect(await page.evaluate("app.connections.map(({ resumed }) => resumed)")).toEqual([false, true]);
    expect(await page.evaluate(STORED)).toEqual([]);
    expect(stage.seen).toHaveLength(1);
  });

  const idOf = (page: Target): Promise<string> => page.evaluate("client.connectionId");
  const setLife = (page: Target, state: "frozen" | "active"): Promise<unknown> =>
    page.send("Page.setWebLifecycleState", { state });

  /** Freezes a page. @returns another tab with a copy of its storage */
  async function freezeAndCopy(page: Target, stage: KeptStage): Promise<Target> {
    const copy = await chromium.open(`${stage.url}elsewhere`);
    onTestFinished(() => close(copy));
    await setLife(page, "frozen");
    await expect.poll(() => page.evaluate(STORED)).toHaveLength(1);
    const items = await page.evaluate("JSON.stringify(sessionStorage)");
    await expect.poll(() => copy.evaluate("location.pathname")).toBe("/elsewhere");
    await copy.evaluate(`Object.assign(sessionStorage, ${items as string})`);
    return copy;
  }

  test("a tab that is duplicated while it is frozen keeps its connection, and the copy begins its own", async () => {
    const stage = await setKeptStage(script);
    const page = await open(stage, "");
    const id = await idOf(page);
    const copy = await freezeAndCopy(page, stage);
    await go(copy, "location.href = '/?user=ann'", "/");
    await expect.poll(() => copy.evaluate("client.state")).toBe("Connected");
    expect(await idOf(copy)).not.toBe(id);
    expect(await copy.evaluate(STORED)).toEqual([]);
    await setLife(page, "active");
    await expect.poll(() => page.evaluate(STORED)).toEqual([]);
    stage.down(5);
    await expect.poll(() => page.evaluate("app.got")).toEqual(upTo(5));
    expect(await page.evaluate("[client.state, client.connectionId]")).toEqual(["Connected", id]);
    expect(stage.heard.filter((what) => what.startsWith("disconnected"))).toEqual([]);
  });

  test("a frozen tab that is discarded is resumed", async () => {
    const stage = await setKeptStage(script);
    const page = await open(stage, "");
    const id = await idOf(page);
    const next = await freezeAndCopy(page, stage);
    stage.down(5);
    // Its process ends without another word.
    await close(page);
    await go(next, "location.href = '/?user=ann'", "/");
    await expect.poll(() => next.evaluate("app.got")).toEqual(upTo(5));
    expect(await idOf(next)).toBe(id);
    expect(stage.heard.filter((what) => what.startsWith("disconnected"))).toEqual([]);
    expect(stage.seen).toEqual([id]);
  });
});

describe("several tabs and users", () => {
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  const idOf = (page: Page): Promise<string | undefined> =>
    page.evaluate(() => (window as unknown as KeptWorld).client.connectionId);
  const connected = async (page: Page): Promise<string> => {
    await page.waitForFunction(() => (window as Partial<KeptWorld & Window>).client?.state === "Connected");
    return (await idOf(page)) ?? "";
  };

  async function open(stage: KeptStage): Promise<{ page: Page; id: string }> {
    context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(`${stage.url}?user=ann`);
    return { page, id: await connected(page) };
  }

  /** Another tab with a copy of this one's `sessionStorage`. */
  async function duplicate(page: Page): Promise<Page> {
    const [copy] = await Promise.all([
      context.waitForEvent("page"),
      page.evaluate(() => void window.open(location.href)),
    ]);
    return copy;
  }

  test("a duplicated tab has its own connection, and each keeps its own over a reload", async () => {
    const stage = await setKeptStage(script);
    const { page, id } = await open(stage);
    const copy = await duplicate(page);
    const other = await connected(copy);
    expect(other).not.toBe(id);
    await Promise.all([page.reload(), copy.reload()]);
    expect([await connected(page), await connected(copy)]).toEqual([id, other]);
    stage.down(5);
    await expect.poll(() => page.evaluate("app.got")).toEqual(upTo(5));
    expect(stage.heard.filter((what) => what.startsWith("disconnected"))).toEqual([]);
  });

  test("who signs in next in the same tab has a session of their own", async () => {
    const stage = await setKeptStage(script);
    const { page, id } = await open(stage);
    await page.goto(`${stage.url}?user=cem`);
    const other = await connected(page);
    expect(other).not.toBe(id);
    expect(await page.evaluate("client.userId")).toBe("cem");
    expect(stage.emulator.hub("chat").connections()).toContainEqual(
      expect.objectContaining({ connectionId: id, status: "waiting" }),
    );
  });

  test("`stop` ends the session: the page after it begins anew, and nothing is stored", async () => {
    const stage = await setKeptStage(script);
    const { page, id } = await open(stage);
    await page.evaluate("client.stop()");
    await page.reload({ waitUntil: "commit" });
    expect(await connected(page)).not.toBe(id);
    expect(await page.evaluate(STORED)).toEqual([]);
    expect(stage.heard).toContain("disconnected ann");
  });
});
