import type { ExpectStatic, TestContext } from "vitest";
import { startEmulator, type Emulator, type EmulatorOptions } from "web-pubsub-emulator";
import { roles } from "./stage.js";
import { leaveTrace } from "./traces.js";

/** The script by which what happens in a page is noted in the page, with its own clock. */
export const WATCHING = `
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
  window.begin = async (url, options) => {
    window.got = [];
    const client = (window.client = new WebPubSub.WebPubSubClient(url, options));
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

/** What a watched page has to do with. */
export interface WatchedOptions {
  readonly local?: EmulatorOptions;
  /** Options of the client. */
  readonly client?: object;
  /** Another way to the service, such as a proxy. */
  readonly through?: (url: string) => string | Promise<string>;
}

/** A page, however it is driven. */
export interface AnyPage {
  evaluate<Result>(expression: string): Promise<Result>;
  screenshot(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** How soon after a wake a client must have noticed, in ms: what doesn't come at once would take 5 s or more. */
export const SOON = 4_000;

/** A page with a client of a service of its own that is in the group `room`. */
export class WatchedPage<Page extends AnyPage = AnyPage> {
  readonly page: Page;
  readonly emulator: Emulator;
  /** The test's own: tests run side by side. */
  readonly #expect: ExpectStatic;
  readonly #access: () => Promise<string>;
  #published = 0;
  /** Of the client that was started first. */
  connectionId = "";

  private constructor(expect: ExpectStatic, page: Page, emulator: Emulator, access: () => Promise<string>) {
    this.#expect = expect;
    this.page = page;
    this.emulator = emulator;
    this.#access = access;
  }

  /** @param open opens a page that `servePage` serves with `WATCHING` */
  static async open<Page extends AnyPage>(
    { expect, onTestFinished, task }: TestContext,
    open: () => Promise<Page>,
    { local = {}, client = {}, through = (url) => url }: WatchedOptions = {},
  ): Promise<WatchedPage<Page>> {
    const emulator = await startEmulator(local);
    onTestFinished(() => emulator.close());
    const page = await open();
    onTestFinished(() => page.close());
    // After the others have been asked for, so that it comes before them.
    onTestFinished(async () => {
      if (task.result?.state !== "fail") return;
      const later = new Promise<string>((resolve) => setTimeout(resolve, 3_000, "The page doesn't answer."));
      // A page that fails to answer must not hide why the test failed.
      const orWhyNot = (answer: Promise<string | Uint8Array>): Promise<string | Uint8Array> =>
        Promise.race([answer, later]).catch(String);
      const [log, png] = await Promise.all([
        orWhyNot(page.evaluate("JSON.stringify({ log, got, state: client.state }, null, 1)")),
        orWhyNot(page.screenshot()),
      ]);
      leaveTrace(task.name, { log, png });
    });
    const access = async (): Promise<string> => through(await emulator.clientAccessUrl("chat", { roles }));
    const watched = new WatchedPage(expect, page, emulator, access);
    await watched.loaded();
    watched.connectionId = await watched.begin(client);
    return watched;
  }

  /** Waits until the page that is shown has loaded, with its scripts. */
  async loaded(): Promise<void> {
    await this.#expect
      .poll(() => this.page.evaluate("typeof begin + document.readyState"))
      .toBe("functioncomplete");
  }

  /** Starts a client, where a page has been loaded anew. @returns its connection id */
  async begin(options: object = {}): Promise<string> {
    const given = [await this.#access(), options].map((each) => JSON.stringify(each));
    return this.page.evaluate(`begin(${given.join()})`);
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

  /** A dead connection is found out by a probe soon after a moment, resumed, and everything comes. */
  async expectProbedAndRecovered(woke: number): Promise<void> {
    this.#expect(await this.delay(woke, "sent", "ping")).toBeLessThanOrEqual(SOON);
    await this.delay(woke, "recovered", this.connectionId);
    await this.expectAll();
    this.#expect(await this.events()).toEqual(["connected", "recovering", "recovered"]);
  }
}
