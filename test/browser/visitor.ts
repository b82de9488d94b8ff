import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { onTestFinished } from "vitest";
import type { Emulator, EmulatorOptions } from "web-pubsub-emulator";
import { startSamples } from "../../samples-browser/server/samples.mjs";

/** The pages of the samples: their address. */
export const PAGES = {
  TypeScript: "",
  React: "react.html",
  Vue: "vue.html",
  Svelte: "svelte.html",
  "Script tag": "script-tag.html",
} as const;
export type PageName = keyof typeof PAGES;

/** The samples with a local service of their own, as long as the test runs. */
export async function serveSamples(
  local: EmulatorOptions = {},
): Promise<{ url: string; emulator: Emulator }> {
  const { url, emulator, close } = await startSamples({ port: 0, local });
  onTestFinished(close);
  if (emulator === undefined) throw new Error("The samples have no local service.");
  return { url, emulator };
}

/** Somebody who has opened a page of the samples. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  say(text: string): Promise<void>;
  /** The lines in the log, without time and sender. */
  lines(): Promise<string[]>;
}

export async function visit(
  browser: Browser,
  url: string,
  { page: kind = "TypeScript", name, ...options }: { page?: PageName; name: string } & BrowserContextOptions,
): Promise<Visitor> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  return enter(context, `${url}${PAGES[kind]}?name=${name}`);
}

/** Opens a page of the samples in another tab of a browser. */
export async function enter(context: BrowserContext, url: string): Promise<Visitor> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("status").getByText("Connected").waitFor();
  return {
    page,
    context,
    async say(text) {
      await page.getByLabel("Message", { exact: true }).fill(text);
      await page.getByRole("button", { name: "Send" }).click();
    },
    lines: () =>
      page
        .getByRole("log")
        .locator("li:not(.note)")
        .evaluateAll((items) => items.map((item) => (item.lastChild?.textContent ?? "").trim())),
  };
}
