import { describe, onTestFinished, test, type TestContext } from "vitest";
import { Proxy } from "../../../network/proxy.js";
import { go, LINK } from "../../keptWalk.js";
import { servePage } from "../../stage.js";
import { SOON, WatchedPage, WATCHING, type WatchedOptions } from "../../watchedPage.js";
import type { Abilities, Engine, EnginePage } from "../engine.js";

/** What happens to a page and to its machine: sleep, networks that go and come back, the back button. */
export function lifeTests(engine: () => Engine, { goesOffline, restoresPages }: Abilities): void {
  async function open(
    context: TestContext,
    { path = "", ...options }: WatchedOptions & { path?: string } = {},
  ): Promise<WatchedPage<EnginePage>> {
    const { url, server } = await servePage({ before: WATCHING });
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return WatchedPage.open(context, () => engine().open(`${url}${path}`), options);
  }

  describe("sleep", () => {
    function fallAsleep(): void {
      engine().signal("SIGSTOP");
      // Whatever fails: the other tests need it awake.
      onTestFinished(() => engine().signal("SIGCONT"));
    }

    /** Lets the browser go on. @returns when something happened in the page again */
    async function wake(watched: WatchedPage): Promise<number> {
      const before = Date.now();
      engine().signal("SIGCONT");
      await watched.delay(before, "ran again");
      return (await watched.log()).find(({ at }) => at >= before)?.at ?? Infinity;
    }

    test("longer than the clock may jump: the dead connection is probed and resumed", async (context) => {
      const watched = await open(context);
      watched.emulator.faults.goHalfOpen();
      watched.publish();
      fallAsleep();
      await new Promise((resolve) => setTimeout(resolve, 6_500));
      await watched.expectProbedAndRecovered(await wake(watched));
    });

    test("longer than the service keeps the connection: a new one comes, with its groups", async (context) => {
      const { expect } = context;
      const watched = await open(context, { local: { recoveryWindowInMs: 500 } });
      const { faults, hub } = watched.emulator;
      fallAsleep();
      faults.cutTransports();
      await expect.poll(() => hub("chat").connections()).toEqual([]);
      // Long enough to be told from a page that was only slow.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const woke = await wake(watched);
      expect(await watched.delay(woke, "recovering")).toBeLessThanOrEqual(SOON);
      await watched.delay(woke, "connected");
      await expect.poll(() => hub("chat").members("room")).toHaveLength(1);
      watched.publish();
      await watched.expectAll();
      expect(await watched.events()).toEqual(["connected", "recovering", "disconnected", "connected"]);
    });
  });

  // The driver of WebKit has no such switch; the next test is what it runs instead.
  if (goesOffline)
    test("the network goes and comes back, as the page is told: the dead connection is probed and resumed", async (context) => {
      const watched = await open(context);
      await watched.page.setOffline?.(true);
      onTestFinished(() => watched.page.setOffline?.(false));
      await watched.timeOf("offline");
      watched.emulator.faults.goHalfOpen();
      watched.publish();
      await watched.page.setOffline?.(false);
      await watched.expectProbedAndRecovered(await watched.timeOf("online"));
    });

  test("a network that dies without a sign: pings find out, and what was sent meanwhile comes", async (context) => {
    const { expect } = context;
    let proxy: Proxy | undefined;
    const watched = await open(context, {
      client: { keepAliveIntervalInMs: 1_000, keepAliveTimeoutInMs: 2_000 },
      async through(url) {
        proxy = await Proxy.before(url);
        return proxy.through(url);
      },
    });
    onTestFinished(() => proxy?.[Symbol.asyncDispose]());
    if (proxy === undefined) throw new Error("The page went another way.");
    proxy.deaf = Infinity;
    for (const link of proxy.links) link.fallSilent();
    watched.publish(50);
    await watched.timeOf("recovering");
    expect(await watched.page.evaluate("got.length")).toBe(0);
    for (const link of proxy.links) link.cut();
    proxy.deaf = 0;
    await watched.timeOf("recovered");
    await watched.expectAll();
    expect(await watched.events()).toEqual(["connected", "recovering", "recovered"]);
    expect(await watched.page.evaluate("client.connectionId")).toBe(watched.connectionId);
  });

  /** Goes to another page and back. @returns whether the page was restored from the back-forward cache */
  async function goAndComeBack(watched: WatchedPage): Promise<boolean> {
    const path = await watched.page.evaluate<string>("location.pathname");
    await watched.page.evaluate("void (window.mark = 1)");
    await go(watched.page, LINK, "/elsewhere");
    await go(watched.page, "history.back()", path);
    await watched.loaded();
    return (await watched.page.evaluate("window.mark")) === 1;
  }

  if (!restoresPages)
    test("the back button, page loaded anew: a new connection works", async (context) => {
      const watched = await open(context, { path: "no-store" });
      context.expect(await goAndComeBack(watched)).toBe(false);
      const id = await watched.begin();
      context.expect(id).not.toBe(watched.connectionId);
      watched.publish();
      await watched.expectAll();
    });

  // In Chromium only without a driver: `pageLife.test.ts`.
  if (restoresPages)
    test("the back button, page restored: its closed connection is resumed at once", async (context) => {
      const watched = await open(context);
      context.expect(await goAndComeBack(watched)).toBe(true);
      watched.publish();
      const woke = await watched.timeOf("pageshow");
      context.expect(await watched.delay(woke, "recovering")).toBeLessThanOrEqual(SOON);
      await watched.expectAll();
      context.expect(await watched.events()).toEqual(["connected", "recovering", "recovered"]);
    });
}
