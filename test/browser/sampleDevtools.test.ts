import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { serveSamples, visit } from "./visitor.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test.each(["TypeScript", "React", "Vue", "Svelte"] as const)(
  "%s: a button brings the panel, which breaks the connection, outlives a reload and goes again",
  async (kind) => {
    const { url } = await serveSamples();
    const { page, lines } = await visit(browser, url, { name: "Ann", page: kind });
    // Nobody downloads it who doesn't ask for it.
    const scripts = () =>
      page.evaluate(
        () => performance.getEntriesByType("resource").filter(({ name }) => /devtools/.test(name)).length,
      );
    expect(await scripts()).toBe(0);
    await page.getByRole("button", { name: "Inspect the connection", exact: true }).click();
    const tab = (name: string) => page.getByRole("tab", { name }).click();
    await tab("Faults");
    expect(await scripts()).toBeGreaterThan(0);
    const panel = page.locator("web-pubsub-devtools");
    await panel.getByRole("button", { name: "Cut", exact: true }).click();
    await tab("Connection");
    await panel.getByText(/^Recovered$/).waitFor();
    // Where the panel covers the button, a key does it.
    await page.getByLabel("Message", { exact: true }).fill("inspected");
    await page.keyboard.press("Enter");
    await expect.poll(lines).toEqual(["inspected"]);
    await tab("Messages");
    await panel
      .getByText(/"text":"inspected"/)
      .first()
      .waitFor();
    await tab("Groups");
    const groups = page.getByRole("tabpanel", { name: "Groups" });
    await groups.getByText("lobby", { exact: true }).waitFor();
    await groups.getByText(/name: Ann/).waitFor();

    await page.reload();
    await page.getByRole("tab", { name: "Groups", selected: true }).waitFor();
    await groups.getByText(/name: Ann/).waitFor();
    await page.getByRole("button", { name: "Inspect the connection", exact: true }).click();
    await expect.poll(() => panel.count()).toBe(0);
  },
);
