import { describe, expect, onTestFinished, test } from "vitest";
import { PAGES, serveSamples, type PageName } from "../../visitor.js";
import { leaveTrace } from "../../traces.js";
import type { Engine, EnginePage, Size } from "../engine.js";

const SIZES: Record<string, Size> = {
  "a desktop": { width: 1280, height: 800 },
  "a phone": { width: 360, height: 740 },
};

/** The pages of the samples: people talk, and nothing is wider than the view. */
export function sampleTests(engine: () => Engine): void {
  const text = (page: EnginePage, selector: string): Promise<string> =>
    page.evaluate((given: string) => document.querySelector(given)?.textContent ?? "", selector);

  describe.each(Object.keys(SIZES))("at the width of %s", (name) => {
    const size = SIZES[name];

    test("the samples' pages meet in one room and talk", async () => {
      const { url } = await serveSamples();
      const names = Object.keys(PAGES) as PageName[];
      const pages: EnginePage[] = [];
      for (const [index, each] of names.entries()) {
        const page = await engine().open(`${url}${PAGES[each]}?name=Nr${index}`, size);
        onTestFinished(() => page.close());
        pages.push(page);
        await expect.poll(() => text(page, "[role=status]")).toContain("Connected");
      }
      for (const page of pages) {
        await expect.poll(() => text(page, ".people")).toContain(`Here now: ${names.length}`);
        expect(await page.evaluate("innerWidth")).toBe(size?.width);
      }
      for (const [index, page] of pages.entries()) {
        await page.type("#message", `line of ${index}`);
        for (const other of pages)
          await expect.poll(() => text(other, "[role=log]")).toContain(`line of ${index}`);
      }
      for (const page of pages)
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(
          0,
        );
      // SHOTS=1 leaves pictures to look at.
      if (process.env["SHOTS"] === "1")
        for (const [index, page] of pages.entries())
          leaveTrace(`${engine().name} ${names[index]} ${name}`, { png: await page.screenshot() });
    });
  });
}
