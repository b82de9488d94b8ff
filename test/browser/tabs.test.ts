import { afterAll, beforeAll, describe, expect, onTestFinished, test, type TestContext } from "vitest";
import type { EmulatorOptions } from "web-pubsub-emulator";
import { launchRaw, type RawChromium, type Target } from "./rawChromium.js";
import { buildTabs, setTabsStage, type TabsScripts, type TabsStage } from "./tabsStage.js";

let scripts: TabsScripts;
beforeAll(async () => {
  scripts = await buildTabs();
});

describe("a page that ends, in a browser that no driver touches", () => {
  let chromium: RawChromium;
  beforeAll(async () => {
    // Versions before 148 have the long life of shared workers behind a switch.
    const longLife = "SharedWorkerExtendedLifetime";
    chromium = await launchRaw([`--enable-features=${longLife}`, `--enable-blink-features=${longLife}`]);
  });
  afterAll(() => chromium.close());

  async function open(stage: TabsStage, query: string): Promise<Target> {
    const page = await chromium.open(`${stage.url}?${query}`);
    onTestFinished(() => page.close());
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
    await goes.close();
    await expectLetGo(stage, stays, since);
    since = performance.now();
    await stays.close();
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
