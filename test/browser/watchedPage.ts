import type { ExpectStatic, TestContext } from "vitest";
import { startEmulator, type Emulator, type EmulatorOptions } from "web-pubsub-emulator";
import type { RawChromium, Target } from "./rawChromium.js";
import { roles } from "./stage.js";
import { leaveTrace } from "./traces.js";

/** What happens in the page is noted in the page, with its own clock. */
const PRELUDE = `
  // The longest of the random delays, so that a wait can be told from what comes at once.
  Math.random = () => 0.99;
  const log = (window.log = []);
  const note = (what, more) => log.push({ at: Date.now(), what, more });
  for (const name of ["freeze", "resume", "visibilitychange"])
    document.addEventListener(name, () => note(name, document.visibilityState));
  for (const name of ["online", "offline", "pageshow"])
    addEventListener(name, (event) => note(name, event.persisted));
  // Shows when the page runs again after it stood still; in a hidden page it ticks once a second.
  let last = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - last > 1_300) note("ran again");
    last = now;
  }, 50);
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      note("socket");
    }
  };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (typeof data === "string") note("sent", JSON.parse(data).type);
    return send.call(this, data);
  };
  window.begin = async (url) => {
    window.got = [];
    const client = (window.client = new WebPubSub.WebPubSubClient(url));
    client.on("group-message", ({ message }) => got.push(message.data));
    for (const name of ["connected", "disconnected", "recovering", "recovered", "stopped"])
      client.on(name, () => note(name, client.connectionId));
    await client.start();
    await client.joinGroup("room");
    return client.connectionId;
  };`;

/** Something that happened in the page, by the page's clock (Unix time in ms). */
export interface Note {
  readonly at: number;
  readonly what: string;
  readonly more: unknown;
}

/** A page that no driver touches, with a client of a service of its own that is in the group `room`. */
export class WatchedPage {
  readonly page: Target;
  readonly emulator: Emulator;
  readonly connectionId: string;
  /** The test's own: tests run side by side. */
  readonly #expect: ExpectStatic;
  #published = 0;

  private constructor(expect: ExpectStatic, page: Target, emulator: Emulator, connectionId: string) {
    this.#expect = expect;
    this.page = page;
    this.emulator = emulator;
    this.connectionId = connectionId;
  }

  static async open(
    { expect, onTestFinished, task }: TestContext,
    chromium: RawChromium,
    url: string,
    options: EmulatorOptions = {},
  ): Promise<WatchedPage> {
    const emulator = await startEmulator(options);
    onTestFinished(() => emulator.close());
    const page = await chromium.open("about:blank");
    onTestFinished(async () => {
      await chromium.browser.send("Target.closeTarget", { targetId: page.targetId });
    });
    // After the others have been asked for, so that it comes before them.
    onTestFinished(async () => {
      if (task.result?.state !== "fail") return;
      const later = new Promise<string>((resolve) => setTimeout(resolve, 3_000, "The page doesn't answer."));
      // A page that fails to answer must not hide why the test failed.
      const orWhyNot = (answer: Promise<string>): Promise<string> =>
        Promise.race([answer, later]).catch(String);
      const [log, shot] = await Promise.all([
        orWhyNot(page.evaluate("JSON.stringify({ log, got, state: client.state }, null, 1)")),
        orWhyNot(page.send("Page.captureScreenshot").then(({ data }) => String(data))),
      ]);
      leaveTrace(task.name, { log, png: Buffer.from(shot, "base64") });
    });
    await page.send("Page.addScriptToEvaluateOnNewDocument", { source: PRELUDE });
    await page.send("Page.navigate", { url });
    await loaded(expect, page);
    return new WatchedPage(expect, page, emulator, await begin(page, emulator));
  }

  /** Waits until the page that is shown has loaded, with its scripts. */
  loaded(): Promise<void> {
    return loaded(this.#expect, this.page);
  }

  /** Starts a client, where a page has been loaded anew. @returns its connection id */
  begin(): Promise<string> {
    return begin(this.page, this.emulator);
  }

  log(): Promise<Note[]> {
    return this.page.evaluate("log");
  }

  /** What the client has told of its connection, in order. */
  async events(): Promise<string[]> {
    const names = ["connected", "disconnected", "recovering", "recovered", "stopped"];
    return (await this.log()).map(({ what }) => what).filter((what) => names.includes(what));
  }

  /** Sends some lines to the group by the service. */
  publish(count = 5): void {
    for (let i = 0; i < count; i++) this.emulator.hub("chat").sendToGroup("room", ++this.#published);
  }

  /** Every line that was published is there once, in order. */
  async expectAll(): Promise<void> {
    const all = Array.from({ length: this.#published }, (_, index) => index + 1);
    await this.#expect.poll(() => this.page.evaluate("got")).toEqual(all);
  }

  /** How long after a moment something happened first, in ms. */
  async delay(since: number, what: string, more?: unknown): Promise<number> {
    const find = async (): Promise<Note | undefined> =>
      (await this.log()).find(
        (each) => each.at >= since && each.what === what && (more === undefined || each.more === more),
      );
    await this.#expect.poll(find).toBeDefined();
    return ((await find())?.at ?? Infinity) - since;
  }

  /** When something happened last. */
  async timeOf(what: string): Promise<number> {
    await this.#expect.poll(async () => (await this.log()).map((each) => each.what)).toContain(what);
    return (await this.log()).findLast((each) => each.what === what)?.at ?? Infinity;
  }
}

async function loaded(expect: ExpectStatic, page: Target): Promise<void> {
  await expect.poll(() => page.evaluate("typeof begin + document.readyState")).toBe("functioncomplete");
}

async function begin(page: Target, emulator: Emulator): Promise<string> {
  const access = await emulator.clientAccessUrl("chat", { roles });
  return page.evaluate(`begin(${JSON.stringify(access)})`);
}
