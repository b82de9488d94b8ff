import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { KeptApp, KeptWorld } from "../../keptPage.js";
import { buildKeptPage, setKeptStage, type KeptStage } from "../../keptStage.js";
import { waitInPage } from "../../stage.js";
import type { Engine, EnginePage } from "../engine.js";

const app = (page: EnginePage): Promise<KeptApp> => page.evaluate(() => (window as unknown as KeptWorld).app);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Reloads a page while it and Bob send each other so many messages in each of its lives. */
async function reloadUnderLoad(
  page: EnginePage,
  stage: KeptStage,
  reloads: number,
  each: number,
): Promise<void> {
  for (let life = 0; life < reloads; life++) {
    stage.down(each / 2);
    await waitInPage(page, () => "app" in window);
    await page.evaluate((more) => void ((window as unknown as KeptWorld).app.target += more), each);
    // At another moment in each life, with messages on their way to both sides.
    const enough = life * each + ((life * 37) % (each / 2));
    await waitInPage(
      page,
      (count: number) => (window as unknown as KeptWorld).app.got.length >= count,
      enough,
      5,
    );
    const reloading = page.reload();
    for (let sent = 0; sent < each / 2; sent += 10) {
      stage.down(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await reloading;
  }
}

const CASES = [
  { codec: "JSON", reloads: 50, each: 100 },
  { codec: "protobuf", reloads: 10, each: 100 },
];

/** A session that is kept while its page is loaded again and again. */
export function reloadTests(engine: () => Engine): void {
  let script: string;
  beforeAll(async () => {
    script = await buildKeptPage();
  });

  test.each(CASES)(
    "$codec: a page is reloaded $reloads times while messages pass: none is missed, doubled or reordered, and nobody sees a leave",
    async ({ codec, reloads, each }) => {
      const stage = await setKeptStage(script);
      // So that operations are on their way at a reload, however slow its driver is.
      stage.emulator.faults.holdAcks({ delayInMs: 500, filter: { userId: "ann" } });
      const page = await engine().open(`${stage.url}?user=ann&${codec}`);
      onTestFinished(() => page.close());
      await expect.poll(() => stage.seen.length).toBe(1);
      await reloadUnderLoad(page, stage, reloads, each);
      const all = reloads * each;
      await expect.poll(async () => (await app(page)).got.length).toBeGreaterThanOrEqual(all);
      await expect.poll(() => stage.up.length).toBeGreaterThanOrEqual(all);
      // Messages come before the last page is told that it is connected.
      await expect.poll(async () => (await app(page)).connections.length).toBeGreaterThan(reloads);
      const { got, connections, failures, restored } = await app(page);
      expect(got).toEqual(upTo(all));
      expect(stage.up).toEqual(upTo(all));
      expect(failures).toEqual([]);
      const [{ id = "" } = {}] = connections;
      expect(connections).toEqual([
        { id, resumed: false },
        ...Array.from({ length: reloads }, () => ({ id, resumed: true })),
      ]);
      // So few reloads as ten may all come when no operation is on its way.
      if (reloads >= 50) expect(restored).toBeGreaterThan(0);
      expect(stage.heard.filter((what) => what.includes("ann"))).toEqual(["joined down ann"]);
      expect(stage.seen).toEqual([id]);
    },
  );
}
