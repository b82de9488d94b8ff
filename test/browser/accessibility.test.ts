import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { lowContrast } from "./contrast.js";
import { PAGES, serveSamples, visit, type PageName } from "./visitor.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** Where the keyboard is: role or tag, and its name. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: at } = document;
    const label = at instanceof HTMLInputElement ? at.labels?.[0]?.textContent : at?.textContent;
    return `${at?.getAttribute("role") ?? at?.tagName.toLowerCase()} ${label?.trim().slice(0, 30) ?? ""}`;
  });

describe.each(Object.keys(PAGES) as PageName[])("%s", (kind) => {
  test("has a language, a title, one first heading, and named landmarks, controls and regions", async () => {
    const { url } = await serveSamples();
    const { page } = await visit(browser, url, { name: "Ann", page: kind });
    expect(await page.getAttribute("html", "lang")).toBe("en");
    expect(await page.title()).toMatch(/^Chat /);
    expect(await page.getByRole("heading", { level: 1 }).allTextContents()).toEqual(["Web PubSub chat"]);
    expect(await page.getByRole("main").count()).toBe(1);
    expect(await page.getByRole("navigation", { name: "The same chat in" }).count()).toBe(1);
    expect(await page.getByRole("link", { name: kind }).getAttribute("aria-current")).toBe("page");
    for (const name of [/^Connection$/, /^Here now/, "lobby", /^Break my connection/]) {
      expect(await page.getByRole("region", { name }).count()).toBe(1);
    }
    // What changes by itself is announced: the lines and the state, but no countdown.
    expect(await page.getByRole("log", { name: "lobby" }).count()).toBe(1);
    expect(await page.getByRole("status").textContent()).toBe("Connected");
    expect(await page.getByRole("textbox", { name: "Message" }).count()).toBe(1);
    for (const button of await page.getByRole("button").all()) {
      expect((await button.textContent())?.trim()).not.toBe("");
      const described = await button.getAttribute("aria-describedby");
      if (described !== null) expect(await page.locator(`#${described}`).textContent()).toMatch(/\w/);
    }
    expect(
      await page.evaluate(() => {
        const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
        return ids.filter((id, index) => ids.indexOf(id) !== index);
      }),
    ).toEqual([]);
  });

  test("works with the keyboard alone, in a sensible order and with a visible focus", async () => {
    const { url } = await serveSamples();
    const { page, lines } = await visit(browser, url, { name: "Ann", page: kind });
    await page.getByRole("button", { name: "Cut", exact: true, disabled: false }).waitFor();
    const order: string[] = [];
    for (;;) {
      await page.keyboard.press("Tab");
      const at = await focused(page);
      if (at.startsWith("body") || order.includes(at)) break;
      order.push(at);
      const outline = await page.evaluate(
        () => getComputedStyle(document.activeElement as Element).outlineWidth,
      );
      expect(outline, at).toBe("3px");
    }
    const isTag = kind === "Script tag";
    const links = ["TypeScript", "React", "Vue", "Svelte", "Script tag"].map((each) => `a ${each}`);
    const rooms = isTag ? [] : ["lobby", "garden", "workshop"].map((each) => `button ${each}`);
    const faults = ["Cut", ...(isTag ? [] : ["Cut and refuse"]), "Go half-open"];
    if (!isTag) faults.push("Cut and forget");
    expect(order.map((each) => each.replace(/^log .*/, "log"))).toEqual([
      "a Skip to the message field",
      ...links,
      ...(isTag ? [] : ["button Inspect"]),
      ...rooms,
      "log",
      "input Message",
      "button Send",
      ...faults.map((each) => `button ${each}`),
    ]);
    await page.reload();
    await page.getByRole("status").getByText("Connected").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("input Message");
    await page.keyboard.type("typed");
    await page.keyboard.press("Enter");
    await expect.poll(lines).toEqual(["typed"]);
    // Who goes on typing is where they were.
    expect(await focused(page)).toBe("input Message");
  });

  test.each(["light", "dark"] as const)("%s: text stands out from what is behind it", async (colorScheme) => {
    const { url } = await serveSamples();
    const { page, say, lines } = await visit(browser, url, { name: "Ann", page: kind, colorScheme });
    await say("a line");
    await expect.poll(lines).toEqual(["a line"]);
    await page.getByText("Here now: 1").waitFor();
    expect(await page.evaluate(lowContrast)).toEqual([]);
  });

  test("fits phones: nothing sticks out at 320 pixels, and what is touched is large enough", async () => {
    const { url } = await serveSamples();
    const viewport = { width: 320, height: 640 };
    const { page, say, lines } = await visit(browser, url, { name: "Ann", page: kind, viewport });
    const long = "x".repeat(300);
    await say(long);
    await expect.poll(lines).toEqual([long]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    for (const control of await page.locator("button, input, nav a").all()) {
      expect(
        (await control.boundingBox())?.height,
        await control.textContent().then(String),
      ).toBeGreaterThanOrEqual(24);
    }
  });
});
