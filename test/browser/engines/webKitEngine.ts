import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPages, toExpression, type Engine, type EnginePage, type Size } from "./engine.js";
import { findWebKit } from "./installed.js";
import { command, WebDriver } from "./webDriver.js";

/** How often a page is asked for the answer of a promise, in ms. */
const ASK_EVERY = 10;

/** The key, as WebDriver spells it. */
const ENTER = "\uE007";

/** WebKitGTK's MiniBrowser on a screen of its own, driven by plain WebDriver. */
export async function launchWebKitEngine(): Promise<Engine> {
  const programs = findWebKit();
  if (programs === undefined) throw new Error("WebKit isn't on this machine: npm run browsers:install");
  const home = mkdtempSync(join(tmpdir(), "web-pubsub-webkit-"));
  const started: ChildProcess[] = [];
  const signal = (name: NodeJS.Signals, to = started): void => {
    // Each is a process group of its own, with the processes of the pages.
    for (const { pid, exitCode } of to) if (pid !== undefined && exitCode === null) process.kill(-pid, name);
  };
  const close = async (): Promise<void> => {
    const ends = started.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    signal("SIGKILL");
    await Promise.all(ends);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const screen = spawn(programs.screen, ["-displayfd", "3", "-screen", "0", "1600x1200x24"], {
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    started.push(screen);
    const display = await firstLine(screen);
    const port = await freePort();
    const driver = spawn(programs.driver, [`--port=${port}`], {
      detached: true,
      stdio: "ignore",
      env: {
        ...process.env,
        HOME: home,
        DISPLAY: `:${display}`,
        // No bus for screen readers, which a bare machine hasn't.
        NO_AT_BRIDGE: "1",
        ...(process.getuid?.() === 0 && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" }),
      },
    });
    started.push(driver);
    const endpoint = `http://127.0.0.1:${port}`;
    await ready(endpoint, driver);
    const webDriver = await WebDriver.start(endpoint, {
      "webkitgtk:browserOptions": {
        binary: programs.browser,
        // Pages may open others without a click.
        args: ["--automation", "--javascript-can-open-windows-automatically=true"],
      },
    });
    return {
      name: "WebKit",
      version: webDriver.version,
      async open(url, size) {
        // Not in the first window: with the last one closed, the browser would end.
        const page = new WebKitPage(webDriver, await openWindow(webDriver, size));
        await page.goto(url);
        return page;
      },
      signal: (name) => signal(name, [driver]),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

class WebKitPage implements EnginePage {
  readonly #driver: WebDriver;
  readonly #window: string;
  #asked = 0;

  constructor(driver: WebDriver, window: string) {
    this.#driver = driver;
    this.#window = window;
    openPages.add(this);
  }

  async goto(url: string): Promise<void> {
    await this.#send("POST", "/url", { url });
  }

  async reload(): Promise<void> {
    await this.#send("POST", "/refresh", {});
  }

  /** A command that waits for a promise would hold up all others, so the page keeps the answer until it is asked for. */
  async evaluate<Result>(work: string | ((given: never) => unknown), given?: unknown): Promise<Result> {
    const id = ++this.#asked;
    const begin = `
      const answers = (window.driverAnswers ??= {});
      const pack = (value) => ({ value: JSON.stringify(value) });
      const fail = (error) => ({ error: String(error) + "\\n" + (error?.stack ?? "") });
      try {
        const value = (${toExpression(work, given)});
        if (typeof value?.then !== "function") return pack(value);
        value.then(pack).catch(fail).then((answer) => (answers[${id}] = answer));
        return null;
      } catch (error) {
        return fail(error);
      }`;
    const ask = `
      if (window.driverAnswers === undefined) return { error: "The page was navigated or closed." };
      const answer = driverAnswers[${id}] ?? null;
      delete driverAnswers[${id}];
      return answer;`;
    let answer = await this.#run(begin);
    while (answer === null) {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
      answer = await this.#run(ask);
    }
    if (answer.error != null) throw new Error(answer.error);
    return (answer.value == null ? undefined : JSON.parse(answer.value)) as Result;
  }

  async duplicate(): Promise<EnginePage> {
    const opened = windowAfter(this.#driver, () => this.evaluate("void window.open(location.href)"));
    return new WebKitPage(this.#driver, await opened);
  }

  async type(selector: string, text: string): Promise<void> {
    const found = await this.#send("POST", "/element", { using: "css selector", value: selector });
    const [id] = Object.values(found as Record<string, string>);
    await this.#send("POST", `/element/${id}/value`, { text: text + ENTER });
  }

  async screenshot(): Promise<Uint8Array> {
    return Buffer.from(String(await this.#send("GET", "/screenshot")), "base64");
  }

  async close(): Promise<void> {
    if (openPages.delete(this)) await this.#driver.close(this.#window);
  }

  #send(method: string, path: string, body?: object): Promise<unknown> {
    return this.#driver.sendTo(this.#window, method, path, body);
  }

  async #run(script: string): Promise<{ value?: string | null; error?: string | null } | null> {
    const answer = await this.#send("POST", "/execute/sync", { script, args: [] });
    return answer as { value?: string | null; error?: string | null } | null;
  }
}

/** Opens an empty window. @returns its handle */
async function openWindow(driver: WebDriver, size?: Size): Promise<string> {
  if (size === undefined) {
    const opened = await driver.send("POST", "/window/new", { type: "window" });
    return (opened as { handle: string }).handle;
  }
  // With its bars, a window can't be as narrow as a phone; those that pages open have none.
  const script = `window.open("about:blank", "_blank", "popup,width=${size.width},height=${size.height}");`;
  return windowAfter(driver, () => driver.send("POST", "/execute/sync", { script, args: [] }));
}

/** The handle of the window that something opens. */
async function windowAfter(driver: WebDriver, open: () => Promise<unknown>): Promise<string> {
  const handles = async (): Promise<string[]> => (await driver.send("GET", "/window/handles")) as string[];
  const before = await handles();
  await open();
  for (;;) {
    const added = (await handles()).find((handle) => !before.includes(handle));
    if (added !== undefined) return added;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
  }
}

/** The number of the display that a screen has chosen. */
function firstLine(screen: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    screen.stdio[3]?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("\n")) resolve(said.trim());
    });
    screen.once("error", reject);
    screen.once("exit", (code) => reject(new Error(`Xvfb ended with ${code}.`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until a driver takes commands. */
async function ready(endpoint: string, driver: ChildProcess): Promise<void> {
  while (driver.exitCode === null) {
    if (await command("GET", `${endpoint}/status`).catch(() => undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
  }
  throw new Error(`WebKitWebDriver ended with ${driver.exitCode}.`);
}
