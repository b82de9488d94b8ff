import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { go, LINK } from "../../keptWalk.js";
import { waitInPage, type PageWorld } from "../../stage.js";
import type { TabsWorld } from "../../tabsPage.js";
import { buildTabs, setTabsStage, type TabsScripts, type TabsStage } from "../../tabsStage.js";
import type { Abilities, Engine, EnginePage } from "../engine.js";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** One connection for all tabs, by a shared worker. */
export function tabTests(engine: () => Engine, { restoresPages }: Abilities): void {
  let scripts: TabsScripts;
  beforeAll(async () => {
    scripts = await buildTabs();
  });

  describe("ten pages", () => {
    async function open(stage: TabsStage, query: string): Promise<EnginePage> {
      const page = await engine().open(`${stage.url}?${query}`);
      onTestFinished(() => page.close());
      await waitInPage(page, () => (window as unknown as TabsWorld).client.state === "Connected");
      return page;
    }

    const story = (page: EnginePage): Promise<string[]> =>
      page.evaluate(() => (window as unknown as TabsWorld).story);

    /** Every page sends, streams and invokes so often; resolves with what failed. */
    const talk = (pages: EnginePage[], rounds: number): Promise<string[][]> =>
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
      const pages: EnginePage[] = [];
      for (const tab of upTo(10)) pages.push(await open(stage, `group=own${tab}&group=all&state=${tab}`));
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

      const own = (page: EnginePage, tab: number): Promise<unknown[]> =>
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

  test("a page that goes and comes back: its groups are let go meanwhile, and others keep theirs", async () => {
    const stage = await setTabsStage(scripts);
    const open = async (query: string): Promise<EnginePage> => {
      const page = await engine().open(`${stage.url}?${query}`);
      onTestFinished(() => page.close());
      return page;
    };
    const stays = await open("group=all&group=stays&state=stays");
    const goes = await open("group=all&group=goes&state=goes");
    const isIn = (group: string, count: number): Promise<void> =>
      expect.poll(() => stage.members(group)).toBe(count);
    await Promise.all([isIn("stays", 1), isIn("goes", 1)]);
    await expect.poll(stage.states).toEqual([{ tab: "goes" }]);
    const [connection] = stage.connections();

    await goes.evaluate("void (window.mark = 1)");
    await go(goes, LINK, "/elsewhere");
    await isIn("goes", 0);
    await expect.poll(stage.states).toEqual([{ tab: "stays" }]);
    await stage.bob.sendToGroup("all", "while it was away", "text");
    await expect.poll(() => stays.evaluate("got.length")).toBe(1);

    await go(goes, "history.back()", "/");
    await isIn("goes", 1);
    await expect.poll(stage.states).toEqual([{ tab: "goes" }]);
    await stage.bob.sendToGroup("all", "it is back", "text");
    const told = { from: "all", data: "it is back" };
    await expect.poll(() => goes.evaluate("got")).toEqual([told]);
    await expect.poll(() => stays.evaluate("got.length")).toBe(2);
    expect(await goes.evaluate("window.mark === 1")).toBe(restoresPages);
    const life = restoresPages ? ["connected", "disconnected", "connected"] : ["connected"];
    // Which listener of the page's return comes first, the client's or the port's, is the engine's choice.
    expect(await goes.evaluate("story.filter((each) => each !== 'recovering')")).toEqual(life);
    expect(await stays.evaluate("story")).toEqual(["connected"]);
    expect(stage.connections()).toEqual([connection]);
  });

  describe("without a worker that can be used", () => {
    async function open(query: string): Promise<{ page: EnginePage; stage: TabsStage }> {
      const stage = await setTabsStage(scripts);
      const page = await engine().open(`${stage.url}?${query}`);
      onTestFinished(() => page.close());
      await waitInPage(page, () => (window as unknown as TabsWorld).client.state === "Connected");
      return { page, stage };
    }

    test.each([
      ["is missing", "/missing.js", /could not be loaded/],
      ["throws", "/throws.js", /could not be loaded, or has failed/],
      ["doesn't answer", "/silent.js", /has not answered in 5000 ms/],
      ["is of another version", "/other-version.js", /another version/],
    ])("whose script %s: the page has a connection of its own, and says so once", async (_, script, why) => {
      const { page, stage } = await open(`script=${script}&group=all`);
      expect(await page.evaluate("client.userId")).toBe("alone");
      stage.emulator.faults.restartService();
      await waitInPage(
        page,
        () => (window as unknown as TabsWorld).story.filter((each) => each === "connected").length === 2,
      );
      const lines = await page.evaluate(() => (window as unknown as PageWorld).said);
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
}
