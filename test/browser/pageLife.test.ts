import type { Server } from "node:http";
import { afterAll, beforeAll, describe, test, type TestContext } from "vitest";
import { launchRaw, type RawChromium, type Target } from "./rawChromium.js";
import { servePage } from "./stage.js";
import { SOON, WatchedPage, WATCHING } from "./watchedPage.js";

type RawPage = WatchedPage<Target>;

let chromium: RawChromium;
let server: Server;
let url: string;
beforeAll(async () => {
  [chromium, { server, url }] = await Promise.all([launchRaw(), servePage({ before: WATCHING })]);
});
const open = (): Promise<Target> => chromium.open(url);
afterAll(async () => {
  await chromium.close();
  server.close();
});

/** Says aloud what this browser can't do; the test counts as skipped, not as passed. */
function notCovered({ skip, task }: TestContext, why: string): void {
  console.warn(`NOT COVERED by ${chromium.version}: ${task.name}: ${why}`);
  skip(why);
}

const setLife = ({ page }: RawPage, state: "frozen" | "active"): Promise<unknown> =>
  page.send("Page.setWebLifecycleState", { state });

async function setWindow({ page }: RawPage, windowState: "minimized" | "normal"): Promise<void> {
  const { windowId } = await chromium.browser.send("Browser.getWindowForTarget", { targetId: page.targetId });
  await chromium.browser.send("Browser.setWindowBounds", { windowId, bounds: { windowState } });
}

async function hide(context: TestContext, watched: RawPage): Promise<void> {
  await setWindow(watched, "minimized");
  const hidden = (): Promise<unknown> => watched.page.evaluate("document.visibilityState");
  await context.expect
    .poll(hidden, { timeout: 20_000 })
    .toBe("hidden")
    .catch(() => notCovered(context, "a minimised window stays visible"));
}

describe.concurrent("each page for itself", () => {
  test("a page that was frozen while visible: the dead connection is probed and resumed", async (context) => {
    const watched = await WatchedPage.open(context, open);
    await setLife(watched, "frozen");
    watched.emulator.faults.goHalfOpen();
    watched.publish();
    await setLife(watched, "active");
    await watched.expectProbedAndRecovered(await watched.timeOf("resume"));
  });

  test("a page frozen in the background and resumed there: likewise", async (context) => {
    const { expect } = context;
    const watched = await WatchedPage.open(context, open);
    await hide(context, watched);
    await setLife(watched, "frozen");
    watched.emulator.faults.goHalfOpen();
    watched.publish();
    await setLife(watched, "active");
    const woke = await watched.timeOf("resume");
    expect(await watched.page.evaluate("document.visibilityState")).toBe("hidden");
    await watched.expectProbedAndRecovered(woke);
  });

  test("a connection cut while the page was frozen is resumed at once, also after a while", async (context) => {
    const { expect } = context;
    const watched = await WatchedPage.open(context, open);
    await hide(context, watched);
    await setLife(watched, "frozen");
    watched.emulator.faults.cutTransports();
    watched.publish(200);
    // It really is frozen: the service waits for a client that doesn't stir.
    await expect.poll(() => watched.emulator.hub("chat").connections()[0]?.status).toBe("waiting");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(watched.emulator.hub("chat").connections()[0]?.status).toBe("waiting");
    await setLife(watched, "active");
    const woke = await watched.timeOf("resume");
    expect(await watched.delay(woke, "recovering")).toBeLessThanOrEqual(SOON);
    expect(await watched.delay(woke, "socket")).toBeLessThanOrEqual(SOON);
    await watched.delay(woke, "recovered", watched.connectionId);
    await watched.expectAll();
  });

  test("a background tab with throttled timers receives, and recovers without being looked at", async (context) => {
    const { expect } = context;
    const watched = await WatchedPage.open(context, open);
    await hide(context, watched);
    const ticks = await watched.page.evaluate<number>(
      `new Promise((resolve) => {
         let ticks = 0;
         const interval = setInterval(() => ticks++, 50);
         const end = Date.now() + 3_000;
         const wait = () => (Date.now() < end ? fetch("/").then(wait) : resolve(ticks));
         wait();
       })`,
    );
    if (ticks > 10) notCovered(context, `timers of 50 ms fired ${ticks} times in 3 s`);
    watched.publish();
    await watched.expectAll();
    for (let cut = 1; cut <= 3; cut++) {
      watched.emulator.faults.cutTransports();
      watched.publish(50);
      await watched.expectAll();
    }
    // Sending works there too.
    await watched.page.evaluate("client.sendToGroup('other', 'from the background')");
    expect(new Set(await watched.events())).toEqual(new Set(["connected", "recovering", "recovered"]));
  });

  test("a tab that is looked at again: the dead connection is probed and resumed", async (context) => {
    const { expect } = context;
    const watched = await WatchedPage.open(context, open);
    await hide(context, watched);
    watched.emulator.faults.goHalfOpen();
    watched.publish();
    await setWindow(watched, "normal");
    await expect.poll(() => watched.page.evaluate("document.visibilityState")).toBe("visible");
    await watched.expectProbedAndRecovered(await watched.timeOf("visibilitychange"));
  });

  /** Runs what leads to another page; that page may be there before the answer, which then never comes. */
  async function leave(page: Target, expression: string): Promise<void> {
    await page.evaluate(expression).catch((error: unknown) => {
      if (!String(error).includes("navigated or closed")) throw error;
    });
  }

  /** Goes to another page and back. @returns why the page wasn't restored, if it was loaded anew */
  async function goAndComeBack({ expect }: TestContext, watched: RawPage): Promise<string[] | undefined> {
    const { page } = watched;
    const path = await page.evaluate<string>("location.pathname");
    const reasons: string[] = [];
    page.on("Page.backForwardCacheNotUsed", ({ notRestoredExplanations }) => {
      reasons.push(...(notRestoredExplanations as { reason: string }[]).map(({ reason }) => reason));
    });
    await page.evaluate("window.mark = 1");
    await leave(page, "location.href = '/elsewhere'");
    await expect.poll(() => page.evaluate("location.pathname")).toBe("/elsewhere");
    await leave(page, "history.back()");
    await expect.poll(() => page.evaluate("location.pathname")).toBe(path);
    await watched.loaded();
    return (await page.evaluate("window.mark")) === 1 ? undefined : reasons;
  }

  test("the back button, page restored: its closed connection is resumed at once", async (context) => {
    const watched = await WatchedPage.open(context, open);
    const reasons = await goAndComeBack(context, watched);
    if (reasons !== undefined) return notCovered(context, `the page was loaded anew (${reasons.join(", ")})`);
    watched.publish();
    const woke = await watched.timeOf("pageshow");
    context.expect(await watched.delay(woke, "recovering")).toBeLessThanOrEqual(SOON);
    await watched.expectAll();
    context.expect(await watched.events()).toEqual(["connected", "recovering", "recovered"]);
  });
});
