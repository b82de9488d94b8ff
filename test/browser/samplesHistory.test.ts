import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { startSamples } from "../../samples-browser/server/samples.mjs";
import { launchChromium } from "./chromium.js";
import { serveSamples, visit, type Visitor } from "./visitor.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const upTo = (count: number, of: string): string[] =>
  Array.from({ length: count }, (_, index) => `${of} ${index + 1}`);

/** Somebody without a page says something, while nobody may be in the room. */
function say(emulator: Emulator, ...texts: string[]): void {
  for (const text of texts)
    emulator.hub("chat").sendToGroup("lobby", { id: `id of ${text}`, name: "Cem", text, at: Date.now() });
}

/** Everything in the log: lines as they are, notes in brackets. */
const log = ({ page }: Visitor): Promise<string[]> =>
  page
    .getByRole("log")
    .locator("li")
    .evaluateAll((items) =>
      items.map((item) => {
        const text = (item.lastChild?.textContent ?? "").trim();
        return item.classList.contains("note") ? `[${text}]` : text;
      }),
    );

describe.each(["TypeScript", "React", "Vue", "Svelte"] as const)("%s", (page) => {
  test("a service that restarts leaves no hole in the room, and how much was missed is said", async () => {
    const { url, emulator } = await serveSamples();
    const ann = await visit(browser, url, { name: "Ann", page });
    await ann.page.getByText("Here now: 1").waitFor();
    await ann.say("before");
    await expect.poll(ann.lines).toEqual(["before"]);

    emulator.faults.restartService();
    say(emulator, ...upTo(3, "missed"));
    await ann.page.getByText("3 lines from while you were away").waitFor();
    await expect.poll(ann.lines).toEqual(["before", ...upTo(3, "missed")]);
    await ann.say("after");
    await expect.poll(ann.lines).toEqual(["before", ...upTo(3, "missed"), "after"]);
    expect((await log(ann)).slice(-7)).toEqual([
      "[This connection can't be recovered; making a new one.]",
      "[New connection.]",
      "[3 lines from while you were away]",
      ...upTo(3, "missed"),
      "after",
    ]);

    emulator.faults.restartService();
    say(emulator, "missed 4");
    await ann.page.getByText("1 line from while you were away").waitFor();
    emulator.faults.restartService();
    await ann.page.getByText("Nothing was said while you were away.").waitFor();
    expect(await ann.lines()).toEqual(["before", ...upTo(3, "missed"), "after", "missed 4"]);
  });

  test("under load: every line once and in order, whatever restarts", async () => {
    const { url, emulator } = await serveSamples();
    const ann = await visit(browser, url, { name: "Ann", page });
    await ann.page.getByText("Here now: 1").waitFor();
    let said = 0;
    const next = (count: number): void => {
      say(emulator, ...Array.from({ length: count }, () => `line ${++said}`));
    };
    for (let round = 0; round < 4; round++) {
      next(20);
      await expect.poll(async () => (await ann.lines()).length).toBeGreaterThan(said - 20);
      // In the midst of lines on their way.
      next(10);
      emulator.faults.restartService({ sockets: round % 2 === 0 ? "close" : "cut" });
      next(10);
      await expect.poll(() => emulator.hub("chat").members("lobby").length).toBe(1);
    }
    next(1);
    await expect.poll(ann.lines).toEqual(upTo(said, "line"));
  });

  test("while the history fails, lines go on and that is said; then they take their places", async () => {
    const { url, emulator } = await serveSamples();
    const ann = await visit(browser, url, { name: "Ann", page });
    await ann.page.getByText("Here now: 1").waitFor();
    await ann.say("before");
    await expect.poll(ann.lines).toEqual(["before"]);
    const body = JSON.stringify({ error: "The store is being moved." });
    await ann.page.route("**/history*", (route) =>
      route.fulfill({ status: 503, contentType: "application/json", body }),
    );
    emulator.faults.restartService();
    say(emulator, "missed 1", "missed 2");
    await ann.page
      .getByText("What was said meanwhile can't be loaded yet: The history answered 503: The store is")
      .waitFor();
    await ann.say("live");
    await expect.poll(ann.lines).toEqual(["before", "live"]);
    await ann.page.unroute("**/history*");
    await ann.page.getByText("2 lines from while you were away").waitFor();
    await expect.poll(ann.lines).toEqual(["before", "missed 1", "missed 2", "live"]);
    expect((await log(ann)).slice(-4)).toEqual([
      "[2 lines from while you were away]",
      "missed 1",
      "missed 2",
      "live",
    ]);
    expect(await ann.page.getByText("can't be loaded").count()).toBe(0);
  });

  test("who comes later sees what was said before, and after a reload all of it still stands once", async () => {
    const { url, emulator } = await serveSamples();
    say(emulator, ...upTo(60, "line"));
    const ann = await visit(browser, url, { name: "Ann", page });
    await expect.poll(ann.lines).toEqual(upTo(60, "line").slice(-50));
    say(emulator, "line 61");
    await expect.poll(ann.lines).toEqual(upTo(61, "line").slice(-51));
    await ann.page.reload();
    await ann.page.getByText(/loaded again/).waitFor();
    say(emulator, "line 62");
    await expect.poll(ann.lines).toEqual(upTo(62, "line").slice(-52));
    const older = ann.page.getByRole("button", { name: "Show earlier lines" });
    await older.click();
    await expect.poll(ann.lines).toEqual(upTo(62, "line"));
    await older.click();
    await older.waitFor({ state: "hidden" });
    expect(await ann.lines()).toEqual(upTo(62, "line"));
    // Another room has its own.
    await ann.page.getByRole("button", { name: "garden" }).click();
    await ann.page.getByRole("heading", { name: "garden" }).waitFor();
    await expect.poll(ann.lines).toEqual([]);
  });
});

describe("the page over HTTP", () => {
  test("answers what comes after, before, or last, and says what is wrong", async () => {
    const { url, emulator } = await serveSamples();
    say(emulator, ...upTo(4, "line"));
    const get = async (query: string, method = "GET") => {
      const response = await fetch(`${url}history?${query}`, { method });
      const { messages, error } = (await response.json()) as {
        messages?: { data: { text: string } }[];
        error?: string;
      };
      return [response.status, messages?.map(({ data }) => data.text) ?? error];
    };
    expect(await get("group=lobby")).toEqual([200, upTo(4, "line")]);
    expect(await get("group=lobby&limit=2")).toEqual([200, ["line 3", "line 4"]]);
    expect(await get("group=lobby&limit=2&after=id%20of%20line%201")).toEqual([200, ["line 2", "line 3"]]);
    expect(await get("group=lobby&limit=2&before=id%20of%20line%204")).toEqual([200, ["line 2", "line 3"]]);
    expect(await get("group=garden")).toEqual([200, []]);
    expect(await get("group=__proto__")).toEqual([404, "Nothing is kept of such a group."]);
    expect(await get("")).toEqual([404, "Nothing is kept of such a group."]);
    for (const limit of ["0", "1001", "-1", "1.5", "x", ""])
      expect(await get(`group=lobby&limit=${limit}`)).toEqual([
        400,
        "limit must be a whole number from 1 to 1000.",
      ]);
    expect(await get("group=lobby&after=unknown")).toEqual([
      410,
      expect.stringContaining('no message with the id "unknown" is kept') as unknown,
    ]);
    expect(await get("group=lobby", "POST")).toEqual([405, "Only GET."]);
  });

  test("has what isn't a line too, bytes in base64", async () => {
    const { url, emulator } = await serveSamples();
    const hub = emulator.hub("chat");
    hub.sendToGroup("lobby", null);
    hub.sendToGroup("lobby", new Uint8Array([1, 2, 3]));
    hub.sendToGroup("lobby", "text", { metadata: { a: "b" } });
    const response = await fetch(`${url}history?group=lobby`);
    expect(await response.json()).toMatchObject({
      messages: [
        { data: null, dataType: "json" },
        { data: "AQID", dataType: "binary" },
        { data: "text", dataType: "text", metadata: { a: "b" } },
      ],
    });
  });

  test("has nothing of the cloud's rooms", async () => {
    await using emulator = await startEmulator();
    const { url, close } = await startSamples({ connectionString: emulator.connectionString, port: 0 });
    onTestFinished(close);
    expect((await fetch(`${url}history?group=lobby`)).status).toBe(404);
  });
});
