import { chromium, type BrowserContext, type Page } from "playwright-core";
import { PATIENCE } from "../../helpers/patience.js";
import { chromiumOptions } from "../chromium.js";
import { openPages, toExpression, type Engine, type EnginePage } from "./engine.js";

/** Chromium, driven by playwright-core over its DevTools protocol. */
export async function launchChromiumEngine(): Promise<Engine> {
  // As a server, for only that tells its process.
  const server = await chromium.launchServer(await chromiumOptions());
  const { pid } = server.process();
  const browser = await chromium.connect(server.wsEndpoint());
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE);
  return {
    name: "Chromium",
    version: browser.version(),
    async open(url, size) {
      const driven = await context.newPage();
      if (size !== undefined) await driven.setViewportSize(size);
      const page = new ChromiumPage(context, driven);
      await page.goto(url);
      return page;
    },
    signal(name) {
      // The driver starts a process group of its own.
      if (pid !== undefined) process.kill(-pid, name);
    },
    close: () => server.close(),
  };
}

class ChromiumPage implements EnginePage {
  readonly #context: BrowserContext;
  readonly #page: Page;

  constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.#page = page;
    openPages.add(this);
  }

  async goto(url: string): Promise<void> {
    await this.#page.goto(url);
  }

  async reload(): Promise<void> {
    await this.#page.reload({ waitUntil: "commit" });
  }

  evaluate<Result>(work: string | ((given: never) => unknown), given?: unknown): Promise<Result> {
    return this.#page.evaluate<Result>(toExpression(work, given));
  }

  async duplicate(): Promise<EnginePage> {
    const [copy] = await Promise.all([
      this.#context.waitForEvent("page"),
      this.evaluate("void window.open(location.href)"),
    ]);
    return new ChromiumPage(this.#context, copy);
  }

  async type(selector: string, text: string): Promise<void> {
    const field = this.#page.locator(selector);
    await field.click();
    await field.pressSequentially(text);
    await field.press("Enter");
  }

  /** For all pages, since one context holds them. */
  setOffline(offline: boolean): Promise<void> {
    return this.#context.setOffline(offline);
  }

  screenshot(): Promise<Uint8Array> {
    return this.#page.screenshot();
  }

  async close(): Promise<void> {
    if (openPages.delete(this)) await this.#page.close();
  }
}
