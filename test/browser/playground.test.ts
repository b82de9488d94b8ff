import { execFile } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { lowContrast } from "./contrast.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const address = pathToFileURL(`${root}site/public/playground.html`).href;

let browser: Browser;
beforeAll(async () => {
  await promisify(execFile)(process.execPath, ["site/playground/build.mjs"], { cwd: root });
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** The page, opened as a file, with everybody connected. What it complains of fails the test, unless it is meant. */
async function open(options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests = new Set<string>();
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith("data:")) requests.add(request.url());
  });
  onTestFinished(async () => {
    await context.close();
    // Nothing is beside it.
    expect([...requests]).toEqual([address]);
    expect(complaints).toEqual([]);
  });
  await page.goto(address);
  for (const name of ["Ann", "Bob", "Cem"]) await connected(page, name);
  return { page, complaints };
}

const card = (page: Page, name: string): Locator => page.getByRole("region", { name, exact: true });
const connected = (page: Page, name: string): Promise<void> =>
  card(page, name).getByText("Connected", { exact: true }).waitFor();
const seen = (page: Page, name: string): Locator => page.getByRole("log", { name: `What ${name} sees` });

async function say(page: Page, name: string, text: string): Promise<void> {
  await page.getByLabel(`Message of ${name}`).fill(text);
  await page.keyboard.press("Enter");
}

test("three people talk; what one writes without a connection waits, and arrives", async () => {
  const { page } = await open();
  await say(page, "Ann", "hello, both");
  for (const name of ["Bob", "Cem"]) await seen(page, name).getByText("hello, both").waitFor();

  await page.getByRole("button", { name: "Refuse connections" }).click();
  expect(await page.getByRole("button", { name: "Refuse connections" }).getAttribute("aria-pressed")).toBe(
    "true",
  );
  await page.getByRole("button", { name: "Cut: Bob" }).click();
  await card(page, "Bob").getByText("Recovering", { exact: true }).waitFor();
  await say(page, "Bob", "does anybody hear me?");
  await seen(page, "Bob").getByText("waiting").waitFor();
  await say(page, "Ann", "Bob is away");
  await page.getByRole("button", { name: "Heal" }).click();
  await seen(page, "Bob").getByText("Bob is away").waitFor();
  await seen(page, "Ann").getByText("does anybody hear me?").waitFor();
  await seen(page, "Bob").getByText("sent").waitFor();
  expect(await seen(page, "Bob").getByText("Messages may be missing").count()).toBe(0);
  await page
    .getByLabel("What happens")
    .getByText(/^recovered /)
    .first()
    .waitFor();
});

test("a connection that is cut for good is said to miss messages, a half-open one is found", async () => {
  const { page } = await open();
  await page.getByRole("button", { name: "Cut for good: Cem" }).click();
  await seen(page, "Cem").getByText("Messages may be missing").waitFor();
  await connected(page, "Cem");
  await page.getByRole("button", { name: "Half-open: Bob" }).click();
  await say(page, "Ann", "Bob doesn't know yet");
  await seen(page, "Bob").getByText("Bob doesn't know yet").waitFor();
  expect(await seen(page, "Bob").getByText("Messages may be missing").count()).toBe(0);
  await page.getByRole("button", { name: "Restart the service" }).click();
  for (const name of ["Ann", "Bob"]) await seen(page, name).getByText("Messages may be missing").waitFor();
});

/** What each figure shows of its promise, besides that all its checks hold. */
const figures: Record<string, RegExp[]> = {
  cut: [
    /20 of 20 messages have arrived/,
    /none of them twice/,
    /all in order/,
    /same connection/,
    /all 20 of Ann's calls/,
  ],
  "half-open": [/noticed it by himself, after [\d.]+ s/, /5 of 5 messages/, /same connection/],
  restart: [
    /disconnected, then connected/,
    /new connection/,
    /in the room again/,
    /three messages of the gap are missing/,
  ],
  "expired-token": [
    /nobody needed a token/,
    /function was called again/,
    /Cem isn't let in \(401: .*expired\)/,
  ],
  burst: [/3000 of 3000/, /none of them twice/, /all in order/, /at most \d+ of 1,000/],
};

test.each(Object.keys(figures))("what happens when: %s", async (id) => {
  const { page } = await open();
  const figure = page.locator(`#${id}`);
  expect((await figure.locator("blockquote").textContent())?.length).toBeGreaterThan(40);
  await figure.getByRole("button").click();
  await figure.getByText(/^It is (not )?as promised\.$/).waitFor();
  const steps = await figure.locator(".steps").innerText();
  expect(await figure.getByRole("status").textContent(), steps).toBe("It is as promised.");
  for (const shown of figures[id] ?? []) expect(steps).toMatch(shown);
  expect(await figure.locator(".broken").count()).toBe(0);
  // Once more, on a service of its own.
  await figure.getByRole("button", { name: /^Run/ }).click();
  await figure.getByText("Running ...").waitFor({ state: "hidden" });
  expect(await figure.getByRole("status").textContent()).toBe("It is as promised.");
});

const output = (page: Page): Locator => page.getByRole("log", { name: "Output" });
const code = (page: Page): Locator => page.getByRole("textbox", { name: "Code" });
const run = (page: Page): Promise<void> => page.getByRole("button", { name: "Run the code" }).click();

test("every example runs to its end", async () => {
  const { page } = await open();
  const says: Record<string, string> = {
    "Send and receive": "dan says: Hello from the code!",
    "A cut, and what was missed": "got: said while Dan was away",
    "Who is here": "dan is typing",
    "A stream, word by word": "(the end)",
    "A refusal": "Refused Forbidden",
  };
  expect(await page.getByLabel("Example").locator("option").allTextContents()).toEqual(Object.keys(says));
  for (const [name, said] of Object.entries(says)) {
    await page.getByLabel("Example").selectOption(name);
    await run(page);
    await output(page).getByText(said, { exact: true }).waitFor();
    await output(page).getByText("The code has come to its end.").waitFor();
    expect(await output(page).locator(".failed").count()).toBe(0);
  }
});

test("code that was edited runs, in the room of the others", async () => {
  const { page } = await open();
  await code(page).fill(`
    const eve = await connect("eve");
    await eve.joinGroup("room");
    eve.on("group-message", ({ message }) => print("Eve heard", message.data));
    await eve.sendToGroup("room", "from Eve", { noEcho: true });`);
  await code(page).press("Control+Enter");
  await seen(page, "Ann").getByText("from Eve").waitFor();
  await say(page, "Ann", "welcome");
  await output(page).getByText("Eve heard welcome").waitFor();
  // The clients of a run end with the next one.
  await code(page).fill(`print(service.hub("chat").members("room").length)`);
  await run(page);
  await output(page).getByText("3", { exact: true }).waitFor();
});

test("an error in the code is shown, wherever it comes from", async () => {
  const { page, complaints } = await open();
  const shows = async (program: string, text: string): Promise<void> => {
    await code(page).fill(program);
    await run(page);
    await output(page).locator(".failed").getByText(text).waitFor();
  };
  await shows("const = 1;", "SyntaxError: ");
  await shows("print(1);\nnoSuchName();", "ReferenceError: noSuchName is not defined (line 2)");
  await shows(`await (await connect("dan")).joinGroup("");`, "SendMessageError: ");
  expect(complaints.splice(0)).toEqual([]);
  await shows(
    `const dan = await connect("dan");\ndan.on("stopped", () => {\n  throw new Error("in a listener");\n});\nawait dan.stop();`,
    "Error: in a listener (line 3)",
  );
  // The client reports it to the page, as it does everywhere.
  expect(complaints.splice(0).join()).toContain("in a listener");
});

test.each(["light", "dark"] as const)("%s: text stands out from what is behind it", async (colorScheme) => {
  const { page } = await open({ colorScheme });
  await page.getByRole("button", { name: "Refuse connections" }).click();
  await page.locator("#restart").getByRole("button").click();
  await page.locator("#restart").getByText("It is as promised.").waitFor();
  await page.getByRole("button", { name: "Cut: Bob" }).click();
  await say(page, "Bob", "waits");
  expect(await page.evaluate(lowContrast)).toEqual([]);
});

test("fits phones of 360 pixels, and works with the keyboard alone", async () => {
  const { page } = await open({ viewport: { width: 360, height: 640 } });
  await say(page, "Ann", "x".repeat(200));
  await seen(page, "Bob").getByText("x".repeat(200)).waitFor();
  await page.locator("#cut").getByRole("button").click();
  await page.locator("#cut").getByText("It is as promised.").waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  for (const control of await page.locator("button, input:not([type=checkbox]), select, textarea").all())
    expect((await control.boundingBox())?.height).toBeGreaterThanOrEqual(32);

  await page.reload();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  // Past the link of the promise, where there are documents beside the page.
  const figure = page.getByRole("button", { name: "Run: ... the network cuts a connection?" });
  while (!(await figure.evaluate((each) => each === document.activeElement)))
    await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.locator("#cut").getByText("It is as promised.").waitFor();
});
