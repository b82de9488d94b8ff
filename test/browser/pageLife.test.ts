import type { Server } from "node:http";
import { afterAll, beforeAll, describe, test, type TestContext } from "vitest";
import { launchRaw, type RawChromium, type Target } from "./rawChromium.js";
import { servePage } from "./stage.js";
import { WatchedPage } from "./watchedPage.js";

/** How soon after a wake the client must have noticed, in ms: what doesn't come at once would take 5 s or more. */
const SOON = 4_000;

let chromium: RawChromium;
let server: Server;
let url: string;
beforeAll(async () => {
  [chromium, { server, url }] = await Promise.all([launchRaw(), servePage()]);
});
afterAll(async () => {
  await chromium.close();
  server.close();
});

/** Says aloud what this browser can't do; the test counts as skipped, not as passed. */
function notCovered({ skip, task }: TestContext, why: string): void {
  console.warn(`NOT COVERED by ${chromium.version}: ${task.name}: ${why}`);
  skip(why);
}

const setOffline = ({ page }: WatchedPage, offline: boolean): Promise<unknown> =>
  page.send("Network.emulateNetworkConditions", {
    offline,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });

const setLife = ({ page }: WatchedPage, state: "frozen" | "active"): Promise<unknown> =>
  page.send("Page.setWebLifecycleState", { state });

async function setWindow({ page }: WatchedPage, windowState: "minimized" | "normal"): Promise<void> {
  const { windowId } = await chromium.browser.send("Browser.getWindowForTarget", { targetId: page.targetId });
  await chromium.browser.send("Browser.setWindowBounds", { windowId, bounds: { windowState } });
}

async function hide(context: TestContext, watched: WatchedPage): Promise<void> {
  await setWindow(watched, "minimized");
  const hidden = (): Promise<unknown> => watched.page.evaluate("document.visibilityState");
  await context.expect
    .poll(hidden, { timeout: 20_000 })
    .toBe("hidden")
    .catch(() => notCovered(context, "a minimised window stays visible"));
}

/** A dead connection is found out by the probe, resumed, and everything comes. */
async function expectProbedAndRecovered(
  { expect }: TestContext,
  watched: WatchedPage,
  woke: number,
): Promise<void> {
  expect(await watched.delay(woke, "sent", "ping")).toBeLessThanOrEqual(SOON);
  await watched.delay(woke, "recovered", watched.connectionId);
  await watched.expectAll();
  expect(await watched.events()).toEqual(["connected", "recovering", "recovered"]);
}

describe.concurrent("each page for itself", () => {
  /** A browser of its own, for all of it sleeps. */
  async function launchSleeper({ onTestFinished }: TestContext): Promise<RawChromium> {
    const own = await launchRaw();
    onTestFinished(() => own.close());
    return own;
  }

  /** Lets a browser go on. @returns when something happened in the page again */
  async function wake(sleeper: RawChromium, watched: WatchedPage): Promise<number> {
    const before = Date.now();
    sleeper.signal("SIGCONT");
    await watched.delay(before, "ran again");
    return (await watched.log()).find(({ at }) => at >= before)?.at ?? Infinity;
  }

  // First, for it takes longest.
  test("sleep, longer than the clock may jump: the dead connection is probed and resumed", async (context) => {
    const sleeper = await launchSleeper(context);
    const watched = await WatchedPage.open(context, sleeper, url);
    watched.emulator.faults.goHalfOpen();
    watched.publish();
    sleeper.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 6_500));
    await expectProbedAndRecovered(context, watched, await wake(sleeper, watched));
  });

  test("sleep, longer than the service keeps the connection: a new one comes, with its groups", async (context) => {
    const { expect } = context;
    const sleeper = await launchSleeper(context);
    const watched = await WatchedPage.open(context, sleeper, url, { recoveryWindowInMs: 500 });
    const { faults, hub } = watched.emulator;
    sleeper.signal("SIGSTOP");
    faults.cutTransports();
    await expect.poll(() => hub("chat").connections()).toEqual([]);
    // Long enough to be told from a page that was only slow.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const woke = await wake(sleeper, watched);
    expect(await watched.delay(woke, "recovering")).toBeLessThanOrEqual(SOON);
    await watched.delay(woke, "connected");
    await expect.poll(() => hub("chat").members("room")).toHaveLength(1);
    watched.publish();
    await watched.expectAll();
    expect(await watched.events()).toEqual(["connected", "recovering", "disconnected", "connected"]);
  });

  test("the network goes and comes back: the stalled connection is probed and resumed", async (context) => {
    const watched = await WatchedPage.open(context, chromium, url);
    await setOffline(watched, true);
    await watched.timeOf("offline");
    watched.emulator.faults.goHalfOpen();
    watched.publish();
    await setOffline(watched, false);
    await expectProbedAndRecovered(context, watched, await watched.timeOf("online"));
  });

  test("a page that was frozen while visible: the dead connection is probed and resumed", async (context) => {
    const watched = await WatchedPage.open(context, chromium, url);
    await setLife(watched, "frozen");
    watched.emulator.faults.goHalfOpen();
    watched.publish();
    await setLife(watched, "active");
    await expectProbedAndRecovered(context, watched, await watched.timeOf("resume"));
  });

  test("a page frozen in the background and resumed there: likewise", async (context) => {
    const { expect } = context;
    const watched = await WatchedPage.open(context, chromium, url);
    await hide(context, watched);
    await setLife(watched, "frozen");
    watched.emulator.faults.goHalfOpen();
    watched.publish();
    await setLife(watched, "active");
    const woke = await watched.timeOf("resume");
    expect(await watched.page.evaluate("document.visibilityState")).toBe("hidden");
    await expectProbedAndRecovered(context, watched, woke);
  });

  test("a connection cut while the page was frozen is resumed at once, also after a while", async (context) => {
    const { expect } = context;
    const watched = await WatchedPage.open(context, chromium, url);
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
    const watched = await WatchedPage.open(context, chromium, url);
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
    const watched = await WatchedPage.open(context, chromium, url);
    await hide(context, watched);
    watched.emulator.faults.goHalfOpen();
    watched.publish();
    await setWindow(watched, "normal");
    await expect.poll(() => watched.page.evaluate("document.visibilityState")).toBe("visible");
    await expectProbedAndRecovered(context, watched, await watched.timeOf("visibilitychange"));
  });

  /** Runs what leads to another page; that page may be there before the answer, which then never comes. */
  async function leave(page: Target, expression: string): Promise<void> {
    await page.evaluate(expression).catch((error: unknown) => {
      if (!String(error).includes("navigated or closed")) throw error;
    });
  }

  /** Goes to another page and back. @returns why the page wasn't restored, if it was loaded anew */
  async function goAndComeBack({ expect }: TestContext, watched: WatchedPage): Promise<string[] | undefined> {
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

  test("the back button, page loaded anew: a new connection works", async (context) => {
    const watched = await WatchedPage.open(context, chromium, `${url}no-store`);
    context.expect(await goAndComeBack(context, watched)).toBeDefined();
    const id = await watched.begin();
    context.expect(id).not.toBe(watched.connectionId);
    watched.publish();
    await watched.expectAll();
  });

  test("the back button, page restored: its closed connection is resumed at once", async (context) => {
    const watched = await WatchedPage.open(context, chromium, url);
    const reasons = await goAndComeBack(context, watched);
    if (reasons !== undefined) return notCovered(context, `the page was loaded anew (${reasons.join(", ")})`);
    watched.publish();
    const woke = await watched.timeOf("pageshow");
    context.expect(await watched.delay(woke, "recovering")).toBeLessThanOrEqual(SOON);
    await watched.expectAll();
    context.expect(await watched.events()).toEqual(["connected", "recovering", "recovered"]);
  });
});
