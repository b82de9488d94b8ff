import { afterAll, beforeAll, describe, expect, onTestFinished, test, type TestContext } from "vitest";
import { buildKeptPage, setKeptStage, type KeptStage } from "./keptStage.js";
import { expectUnnoticed, go, wander } from "./keptWalk.js";
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

  async function open(stage: KeptStage, query: string): Promise<Target> {
    const page = await chromium.open(`${stage.url}?user=ann${query}`);
    onTestFinished(() => page.close());
    await expect.poll(() => stage.seen.length).toBe(1);
    return page;
  }

  test("a page that is restored from the back-forward cache goes on with the connection", async ({
    skip,
  }: TestContext) => {
    const stage = await setKeptStage(script);
    const page = await open(stage, "");
    const reasons: string[] = [];
    page.on("Page.backForwardCacheNotUsed", ({ notRestoredExplanations }) => {
      reasons.push(...(notRestoredExplanations as { reason: string }[]).map(({ reason }) => reason));
    });
    await page.evaluate("window.mark = 1");
    expectUnnoticed(stage, await wander(page, stage, "history.forward()"));
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
    onTestFinished(() => copy.close());
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
    await page.close();
    await go(next, "location.href = '/?user=ann'", "/");
    await expect.poll(() => next.evaluate("app.got")).toEqual(upTo(5));
    expect(await idOf(next)).toBe(id);
    expect(stage.heard.filter((what) => what.startsWith("disconnected"))).toEqual([]);
    expect(stage.seen).toEqual([id]);
  });
});
