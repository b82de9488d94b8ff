import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { KeptWorld } from "../../keptPage.js";
import { buildKeptPage, setKeptStage, type KeptStage } from "../../keptStage.js";
import { expectUnnoticed, wander } from "../../keptWalk.js";
import { waitInPage } from "../../stage.js";
import type { Abilities, Engine, EnginePage } from "../engine.js";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
/** The keys under which sessions are stored in a page. */
const STORED = "Object.keys(sessionStorage).filter((name) => name.includes('resume'))";

/** Sessions that are kept over reloads, of several tabs and users. */
export function keptTabTests(engine: () => Engine, { restoresPages }: Abilities): void {
  describe("a session that is kept", () => {
    let script: string;
    beforeAll(async () => {
      script = await buildKeptPage();
    });

    const idOf = (page: EnginePage): Promise<string | undefined> =>
      page.evaluate(() => (window as unknown as KeptWorld).client.connectionId);
    const connected = async (page: EnginePage): Promise<string> => {
      await waitInPage(page, () => (window as Partial<KeptWorld & Window>).client?.state === "Connected");
      return (await idOf(page)) ?? "";
    };

    async function open(stage: KeptStage): Promise<{ page: EnginePage; id: string }> {
      const page = await engine().open(`${stage.url}?user=ann`);
      onTestFinished(() => page.close());
      return { page, id: await connected(page) };
    }

    test.each(["", "&no-store"])(
      "the back button, twice, in a page with %j: it goes on with the connection",
      async (query) => {
        const stage = await setKeptStage(script);
        const page = await engine().open(`${stage.url}?user=ann${query}`);
        onTestFinished(() => page.close());
        await expect.poll(() => stage.seen.length).toBe(1);
        await page.evaluate("void (window.mark = 1)");
        expectUnnoticed(stage, await wander(page, stage));
        expect((await page.evaluate("window.mark")) === 1).toBe(restoresPages);
      },
    );

    test("a duplicated tab has its own connection, and each keeps its own over a reload", async () => {
      const stage = await setKeptStage(script);
      const { page, id } = await open(stage);
      const copy = await page.duplicate();
      onTestFinished(() => copy.close());
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
      await page.reload();
      expect(await connected(page)).not.toBe(id);
      expect(await page.evaluate(STORED)).toEqual([]);
      expect(stage.heard).toContain("disconnected ann");
    });
  });
}
