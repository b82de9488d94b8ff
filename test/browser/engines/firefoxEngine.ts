import { launch, type Browser, type Page } from "puppeteer-core";
import { PATIENCE } from "../../helpers/patience.js";
import { openPages, toExpression, type Engine, type EnginePage } from "./engine.js";
import { findFirefox } from "./installed.js";

/** Firefox as it is installed, without a window, driven by puppeteer-core over WebDriver BiDi. */
export async function launchFirefoxEngine(): Promise<Engine> {
  const browser = await launch({
    browser: "firefox",
    executablePath: findFirefox(),
    headless: true,
    timeout: PATIENCE,
    protocolTimeout: PATIENCE,
    // Pages may open others without a click.
    extraPrefsFirefox: { "dom.disable_open_during_load": false },
  });
  const pid = browser.process()?.pid;
  return {
    name: "Firefox",
    version: (await browser.version()).replace("firefox/", ""),
    async open(url, size) {
      // A tab behind another one would be hidden, with timers that are throttled.
      const driven = await browser.newPage({ type: "window" });
      if (size !== undefined) await driven.setViewport(size);
      const page = new FirefoxPage(browser, driven);
      await page.goto(url);
      return page;
    },
    signal(name) {
      // The driver starts a process group of its own.
      if (pid !== undefined) process.kill(-pid, name);
    },
    close: () => browser.close(),
  };
}

class FirefoxPage implements EnginePage {
  readonly #browser: Browser;
  readonly #page: Page;

  constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
    openPages.add(this);
  }

  async goto(url: string): Promise<void> {
    await this.#page.goto(url, { timeout: PATIENCE });
  }

  async reload(): Promise<void> {
    await this.#page.reload({ waitUntil: "domcontentloaded", timeout: PATIENCE });
  }

  evaluate<Result>(work: string | ((given: never) => unknown), given?: unknown): Promise<Result> {
    return this.#page.evaluate(toExpression(work, given)) as Promise<Result>;
  }

  async duplicate(): Promise<EnginePage> {
    const opened = new Promise<Page | null>((resolve, reject) => {
      this.#browser.once("targetcreated", (target) => void target.page().then(resolve, reject));
    });
    await this.evaluate("void window.open(location.href)");
    const copy = await opened;
    if (copy === null) throw new Error("What the page has opened is no page.");
    return new FirefoxPage(this.#browser, copy);
  }

  async type(selector: string, text: string): Promise<void> {
    const field = await this.#page.waitForSelector(selector, { timeout: PATIENCE });
    if (field === null) throw new Error(`There is no ${selector}.`);
    await field.type(text);
    await field.press("Enter");
  }

  setOffline(offline: boolean): Promise<void> {
    return this.#page.setOfflineMode(offline);
  }

  screenshot(): Promise<Uint8Array> {
    return this.#page.screenshot();
  }

  async close(): Promise<void> {
    if (openPages.delete(this)) await this.#page.close();
  }
}
