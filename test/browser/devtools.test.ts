import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { lowContrast } from "./contrast.js";
import { markup, stage, type PanelWorld } from "./devtoolsStage.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const TABS = ["Connection", "Groups", "Operations", "Messages", "Faults"];

/** Lets Ann join a group and send to it what is given. */
const send = (page: Page, ...messages: unknown[]): Promise<void> =>
  page.evaluate(async (all) => {
    const { client } = window as unknown as PanelWorld;
    await client.joinGroup("lobby");
    for (const message of all) await client.sendToGroup("lobby", message as object);
  }, messages);

test("the time line tells why the state has changed, and the next attempt is counted down", async () => {
  const { page, emulator, start, open, tab } = await stage(browser);
  await start();
  await open();
  await tab("Connection");
  expect(await page.getByRole("status").textContent()).toBe("Connected");
  const line = page.getByRole("list", { name: /^Timeline/ });
  await line.getByText(/^Connected$/).waitFor();

  emulator.faults.refuseUpgrades({ with: 503, only: "recovery" });
  emulator.faults.cutTransports({ userId: "ann" });
  await line
    .getByText(/close code 1006/)
    .first()
    .waitFor();
  await line
    .getByText(/to recover: failed after/)
    .first()
    .waitFor();
  expect(await page.getByRole("status").textContent()).toBe("Recovering");
  const countdown = page.getByText(/^attempt \d+ in \d+\.\d s$/);
  await countdown.waitFor();
  const shown = await countdown.textContent();
  await expect.poll(() => page.locator("header .dim").textContent()).not.toBe(shown);

  emulator.faults.reset();
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await line.getByText(/^Recovered$/).waitFor();
  await line.getByText(/after .* and \d+ attempts?; 0 messages sent again/).waitFor();
  await expect.poll(() => page.getByRole("status").textContent()).toBe("Connected");
});

test("round trips are measured by pings", async () => {
  const { page, start, open } = await stage(browser);
  await start({}, { keepAliveIntervalInMs: 100 });
  await open();
  await page.getByText(/^last \d.* m?s, median \d.* m?s, of [2-9]\d* pings$/).waitFor();
  expect(await page.locator(".trips rect").count()).toBeGreaterThan(1);
});

test("groups are shown with their status, and the states of their members", async () => {
  const { page, emulator, start, open, tab } = await stage(browser);
  await start();
  await open();
  const groups = await tab("Groups");
  await groups.getByText("No group was used yet.").waitFor();
  await page.evaluate(async () => {
    const { client } = window as unknown as PanelWorld;
    const room = client.group("lobby");
    room.subscribe(() => {});
    room.subscribeStates(() => {});
    await room.setState({ mood: "<b>glad</b>" });
  });
  const lobby = groups.locator("li", { hasText: "lobby" }).first();
  await lobby.getByText("joined", { exact: true }).waitFor();
  await lobby.getByText("1 member state").waitFor();
  await lobby.getByText("mood: <b>glad</b>").waitFor();

  emulator.faults.answerAcks({ error: "Forbidden" });
  await page.evaluate(() => (window as unknown as PanelWorld).client.group("vault").subscribe(() => {}));
  const vault = groups.locator("li", { hasText: "vault" }).first();
  await vault.getByText("refused", { exact: true }).waitFor();
  await vault.getByText(/Forbidden/).waitFor();
});

test("operations that wait grow older; settled ones keep their time and error", async () => {
  const { page, emulator, start, open, tab } = await stage(browser);
  await start();
  emulator.faults.refuseUpgrades({ with: 503 });
  emulator.faults.cutTransports({ userId: "ann" });
  await expect.poll(() => page.getByRole("status").textContent()).toBe("Recovering");
  await page.evaluate(() => {
    const { client } = window as unknown as PanelWorld;
    client.joinGroup("lobby").catch(() => {});
  });
  await open();
  const operations = await tab("Operations");
  await operations.getByText("Waiting: 1").waitFor();
  const row = operations.locator("li", { hasText: "join group" });
  await row.getByText(/not sent yet|sent once/).waitFor();
  // The tab has the number too.
  await page.getByRole("tab", { name: "Operations 1" }).waitFor();
  await row.getByText(/^[1-9]\.0 s$/).waitFor();

  emulator.faults.reset();
  emulator.faults.answerAcks({ error: "Forbidden", times: 1 });
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await operations.getByText("Waiting: 0").waitFor();
  await operations.getByText("Nothing waits.").waitFor();
  await row.getByText(/failed\. Refused: .*Forbidden/).waitFor();
});

test("messages go both ways, and a click shows a payload as text", async () => {
  const { page, start, open, tab } = await stage(browser);
  await start();
  await send(page, "<img src=x onerror=alert(1)>", { deep: [1, { er: true }] });
  await page.evaluate(() =>
    (window as unknown as PanelWorld).client.sendToGroup("lobby", new Uint8Array([1, 2, 65, 255])),
  );
  const long = `${"long ".repeat(1_000)}end`;
  await send(page, long);
  await open();
  const messages = await tab("Messages");
  const row = (kind: string, text?: string) =>
    messages.locator("li", { has: page.getByRole("button", { name: kind }), hasText: text ?? "" }).first();
  for (const [kind, way] of [
    ["send to group", "sent"],
    ["group data", "received"],
  ] as const) {
    const one = row(kind, "<img src=x");
    await expect.poll(() => one.getByRole("img", { name: way }).count()).toBe(1);
    await one.getByRole("button").click();
    expect(await one.getByLabel("Payload").textContent()).toBe("<img src=x onerror=alert(1)>");
    expect(await one.getByRole("button").first().getAttribute("aria-expanded")).toBe("true");
    await one.getByRole("button").first().click();
    expect(await one.getByLabel("Payload").count()).toBe(0);
  }
  await row("group data", `{"deep":`).getByRole("button").click();
  expect(await messages.getByLabel("Payload").textContent()).toBe(
    JSON.stringify({ deep: [1, { er: true }] }, null, 2),
  );
  await row("group data", `{"deep":`).getByRole("button").first().click();

  await row("group data", "4 B of binary").getByRole("button").click();
  await messages.getByText("Binary, 4 bytes").waitFor();
  expect(await messages.getByLabel("Payload").textContent()).toMatch(/^0000 {2}01 02 41 ff +\.\.A\.$/);
  await row("group data", "4 B of binary").getByRole("button").first().click();

  await row("group data", "5.1 kB").getByRole("button").click();
  expect((await messages.getByLabel("Payload").textContent())?.length).toBe(2_000);
  await messages.getByText("3,003 characters more").waitFor();
  await messages.getByRole("button", { name: "Show all" }).click();
  expect(await messages.getByLabel("Payload").textContent()).toBe(long);
});

test("messages can be filtered by text, kind and group, held and cleared", async () => {
  const { page, start, open, tab } = await stage(browser);
  await start({}, { keepAliveIntervalInMs: 100 });
  await send(page, "apples", "pears");
  await page.evaluate(() => (window as unknown as PanelWorld).client.joinGroup("garden"));
  await open();
  const messages = await tab("Messages");
  const rows = messages.locator("button.message");
  const kind = messages.getByLabel("Kind");
  const group = messages.getByLabel("Group");
  const text = messages.getByLabel("Filter by text");
  await messages.getByText("apples").first().waitFor();
  expect(await messages.getByRole("button", { name: /ping|pong/ }).count()).toBe(0);
  await kind.selectOption("All kinds");
  await messages.getByRole("button", { name: /pong/ }).first().waitFor();
  await text.fill("PEARS");
  await expect.poll(() => rows.count()).toBe(2);
  await kind.selectOption("group data");
  await expect.poll(() => rows.count()).toBe(1);
  await text.fill("");
  await expect.poll(() => rows.count()).toBe(2);
  await kind.selectOption("All kinds");
  await group.selectOption("garden");
  await expect.poll(() => rows.count()).toBe(1);
  await group.selectOption("All groups");
  await kind.selectOption("group data");

  await messages.getByRole("button", { name: "Pause" }).click();
  expect(await messages.getByRole("button", { name: "Pause" }).getAttribute("aria-pressed")).toBe("true");
  await send(page, "plums");
  await messages.getByText(/paused, \d+ new since/).waitFor();
  expect(await messages.getByText("plums").count()).toBe(0);
  await messages.getByRole("button", { name: "Pause" }).click();
  await messages.getByText("plums").waitFor();
  await messages.getByRole("button", { name: "Clear" }).click();
  await expect.poll(() => messages.getByText("plums").count()).toBe(0);
});

test("the newest are kept, and nothing is shown while the panel is closed", async () => {
  const { page, start, open, tab } = await stage(browser);
  await start();
  await open();
  await tab("Messages");
  await page.keyboard.press("Escape");
  const rows = page.locator("button.message");
  const before = await rows.count();
  await page.evaluate(async () => {
    const { client } = window as unknown as PanelWorld;
    await Promise.all(Array.from({ length: 600 }, (_, at) => client.sendToGroup("lobby", `number ${at}`)));
  });
  // Two frames of the screen.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  expect(await rows.count()).toBe(before);
  await open();
  await page.getByLabel("Kind").selectOption("All kinds");
  await expect.poll(() => rows.count()).toBe(500);
});

test("with a local service's admin path there are buttons that make it fail", async () => {
  const { page, emulator, start, open, tab, complaints } = await stage(browser);
  await start({ faults: emulator.adminUrl });
  await open();
  const faults = await tab("Faults");
  await faults.getByRole("button", { name: "Cut", exact: true }).click();
  await faults.getByText("Cut: Done.").waitFor();
  await tab("Connection");
  await page.getByText(/^Recovered$/).waitFor();
  await tab("Faults");
  await faults.getByRole("button", { name: "Refuse an operation" }).click();
  await faults.getByText("It will strike once.").waitFor();
  expect(emulator.faults.active).toMatchObject([{ kind: "answerAcks", times: 1 }]);
  await faults.getByRole("button", { name: "Stop all faults" }).click();
  await faults.getByText("No fault is in force any more.").waitFor();
  expect(emulator.faults.active).toEqual([]);
  await faults.getByRole("button", { name: "Cut and forget" }).click();
  await tab("Connection");
  await page.getByText(/^Not recovered$/).waitFor();
  expect(complaints).toEqual([]);
});

test("a service that isn't there is told; without an address there are no buttons", async () => {
  const { page, start, open, tab } = await stage(browser);
  await start({ faults: "/nowhere" });
  await open();
  const faults = await tab("Faults");
  await faults.getByRole("button", { name: "Cut", exact: true }).click();
  await faults
    .getByRole("alert")
    .getByText(/^Cut: http:\/\/127.*nowhere\/faults answered|has no open|JSON/)
    .waitFor();
  await page.evaluate(() => {
    const world = window as unknown as PanelWorld;
    world.remove();
    world.remove = world.Panel.mountDevtools(world.client, { open: true });
  });
  expect(await page.getByRole("tab").allTextContents()).toEqual(TABS.slice(0, -1));
});

test("the keyboard goes all the way, and the page doesn't hear it", async () => {
  const { page, emulator, start } = await stage(browser, { html: "<p><button>Before</button></p>" });
  await start({ faults: emulator.adminUrl });
  const focused = (): Promise<string> =>
    page.evaluate(() => {
      const at = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;
      return at?.getAttribute("aria-label") ?? at?.textContent ?? "";
    });
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    document.addEventListener("keydown", ({ key }) => heard.push(key));
  });
  await page.getByRole("button", { name: "Before" }).focus();
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("Connected, inspect the connection");
  await page.keyboard.press("Enter");
  expect(await focused()).toBe("Connection");
  await page.keyboard.press("ArrowRight");
  expect(await focused()).toBe("Groups");
  expect(await page.getByRole("tab", { name: "Groups" }).getAttribute("aria-selected")).toBe("true");
  await page.keyboard.press("End");
  expect(await focused()).toBe("Faults");
  await page.keyboard.press("ArrowRight");
  expect(await focused()).toBe("Connection");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Home");
  expect(await focused()).toBe("Connection");
  await page.keyboard.press("Tab");
  // The panel of the tab, which scrolls.
  expect(
    await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.getAttribute("role")),
  ).toBe("tabpanel");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  expect(await focused()).toBe("Close the panel");
  await page.keyboard.press("Escape");
  expect(await focused()).toBe("Connected, inspect the connection");
  expect(await page.getByRole("tab").count()).toBe(0);
  expect(await page.evaluate(() => (window as unknown as { heard: string[] }).heard)).toEqual(["Tab"]);
});

test.each(["light", "dark"] as const)("%s: text stands out on every tab", async (colorScheme) => {
  const { page, emulator, start, open, tab } = await stage(browser, { colorScheme });
  await start({ faults: emulator.adminUrl }, { keepAliveIntervalInMs: 200 });
  await send(page, "a", { b: 1 }, "c");
  await page.evaluate(() =>
    (window as unknown as PanelWorld).client
      .sendEvent("none", "x", { maxRetries: 0 } as object)
      .catch(() => {}),
  );
  emulator.faults.refuseUpgrades({ with: 503 });
  emulator.faults.cutTransports({ userId: "ann" });
  await page.evaluate(() => {
    (window as unknown as PanelWorld).client.sendToGroup("lobby", "waits").catch(() => {});
  });
  await open();
  const back = await page.evaluate(() => {
    const sheet = document.querySelector("web-pubsub-devtools")?.shadowRoot?.querySelector("section");
    return getComputedStyle(sheet as Element).backgroundColor;
  });
  expect(back).toBe(colorScheme === "dark" ? "rgb(26, 29, 36)" : "rgb(255, 255, 255)");
  for (const name of TABS) {
    const shown = await tab(name);
    if (name === "Messages") await shown.locator("button.message").first().click();
    expect(await page.evaluate(lowContrast, "web-pubsub-devtools"), name).toEqual([]);
  }
});

test("fits phones: nothing sticks out at 360 pixels, and what is touched is large enough", async () => {
  const { page, emulator, start, open, tab } = await stage(browser, {
    viewport: { width: 360, height: 740 },
  });
  await start({ faults: emulator.adminUrl });
  await send(page, "x".repeat(900));
  await page.evaluate((name) => (window as unknown as PanelWorld).client.joinGroup(name), "g".repeat(300));
  await open();
  for (const name of TABS) {
    const shown = await tab(name);
    if (name === "Messages") await shown.locator("button.message").first().click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(360);
    expect(await shown.evaluate((panel) => panel.scrollWidth - panel.clientWidth), name).toBe(0);
    const box = await page.getByRole("tab", { name }).boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0), name).toBeLessThanOrEqual(360);
    for (const control of await page.getByRole("button").all()) {
      const { height = 0 } = (await control.boundingBox()) ?? {};
      expect(height, (await control.textContent()) ?? "").toBeGreaterThanOrEqual(24);
    }
  }
});

test("it is remembered over a reload that the panel was open, and which tab", async () => {
  const { page, start, open, tab } = await stage(browser);
  await start();
  expect(await page.getByRole("tab").count()).toBe(0);
  await open();
  await tab("Operations");
  await page.reload();
  await start();
  await page.getByRole("tab", { name: "Operations", selected: true }).waitFor();
  // Nobody has asked for the focus.
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("BODY");
  await page.getByRole("button", { name: "Close the panel" }).click();
  await page.reload();
  await start();
  await page.getByRole("button", { name: /inspect the connection/ }).waitFor();
  expect(await page.getByRole("tab").count()).toBe(0);
});

test("it works where the page may not use its storage", async () => {
  const { page, start, open, complaints } = await stage(browser);
  await page.addInitScript(() =>
    Object.defineProperty(window, "localStorage", {
      get: () => {
        throw new DOMException("denied", "SecurityError");
      },
    }),
  );
  await page.reload();
  await start();
  await open();
  await page.getByRole("tab", { name: "Groups" }).click();
  expect(complaints).toEqual([]);
});

test("it is removed without a trace, and the client goes on", async () => {
  const { page, start, open, complaints } = await stage(browser);
  await start({ name: "first" });
  await page.evaluate(() => {
    const world = window as unknown as PanelWorld;
    const other = world.Panel.mountDevtools(world.client, { name: "second", corner: "left" });
    world.remove();
    world.remove();
    world.remove = other;
  });
  expect(await page.locator("web-pubsub-devtools").count()).toBe(1);
  await page.getByRole("button", { name: "second: Connected, inspect the connection" }).waitFor();
  await open();
  await page.evaluate(() => (window as unknown as PanelWorld).remove());
  expect(await page.locator("web-pubsub-devtools").count()).toBe(0);
  await send(page, "on it goes");
  expect(complaints).toEqual([]);
});

test("no token and no secret of the connection is in it, and the page's policy is kept", async () => {
  const { page, emulator, start, open, tab, complaints } = await stage(browser);
  const tokens: string[] = [];
  page.on("websocket", (socket) => {
    const { searchParams } = new URL(socket.url());
    for (const name of ["access_token", "awps_reconnection_token"]) tokens.push(searchParams.get(name) ?? "");
    socket.on("framereceived", ({ payload }) => {
      const token = /"reconnectionToken":"([^"]+)"/.exec(payload.toString())?.[1];
      if (token !== undefined) tokens.push(token);
    });
  });
  await start({ faults: emulator.adminUrl });
  await open();
  emulator.faults.refuseUpgrades({ with: 503, only: "recovery", times: 1 });
  emulator.faults.cutTransports({ userId: "ann" });
  await page.getByText(/^Recovered$/).waitFor();
  const messages = await tab("Messages");
  await messages.getByLabel("Kind").selectOption("All kinds");
  for (const button of await messages.locator("button.message").all()) await button.click();
  const secrets = [...new Set(tokens.filter(Boolean))];
  expect(secrets.length).toBeGreaterThanOrEqual(2);
  for (const name of TABS) {
    await tab(name);
    const html = await markup(page);
    expect(html.length).toBeGreaterThan(1_000);
    expect(secrets.filter((secret) => html.includes(secret))).toEqual([]);
    expect(html).not.toMatch(/access_token|reconnectionToken|eyJ/);
  }
  expect(complaints).toEqual([]);
});

test("wrong arguments are told at once", async () => {
  const { page, start } = await stage(browser);
  await start();
  const told = (options: unknown, client?: unknown): Promise<string> =>
    page.evaluate(
      ([given, other]) => {
        const world = window as unknown as PanelWorld;
        try {
          world.Panel.mountDevtools((other ?? world.client) as PanelWorld["client"], given as object);
          return "nothing";
        } catch (thrown) {
          return (thrown as Error).message;
        }
      },
      [options, client] as const,
    );
  expect(await told({}, {})).toMatch(/the first argument must be a CoreClient or a WebPubSubClient/);
  expect(await told({ faults: "http://" })).toMatch(
    /faults must be the address of a local service's admin path/,
  );
  expect(await told({ faults: "file:///x" })).toMatch(/of http or https/);
  expect(await told({ corner: "top" })).toMatch(/corner must be "left" or "right"/);
  expect(await told({ name: 1 })).toMatch(/name must be a string/);
  expect(await told({ container: {} })).toMatch(/container must be an element/);
  expect(await page.locator("web-pubsub-devtools").count()).toBe(1);
});

test("styles of the page change nothing; two panels have room beside each other, and an open one is in front", async () => {
  const { page, start, complaints } = await stage(browser);
  await start({ name: "first" });
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      "* { margin: 0; color: #a0a; line-height: 3 } body > * { position: relative; max-width: 300px; margin: 2rem auto !important; display: flex }",
    );
    document.adoptedStyleSheets = [sheet];
    const { client, Panel } = window as unknown as PanelWorld;
    Panel.mountDevtools(client, { name: "second" });
  });
  const launcher = (name: string) =>
    page.getByRole("button", { name: new RegExp(`^${name}: .*inspect the connection`) });
  for (const name of ["first", "second"]) {
    // Fails where another element is above it.
    await launcher(name).click();
    await page.getByRole("button", { name: "Close the panel" }).click();
  }
  await launcher("second").click();
  const box = await page.getByRole("region", { name: /second/ }).boundingBox();
  const view = page.viewportSize();
  expect(Math.round((box?.x ?? 0) + (box?.width ?? 0))).toBe((view?.width ?? 0) - 12);
  expect(Math.round((box?.y ?? 0) + (box?.height ?? 0))).toBe((view?.height ?? 0) - 12);
  expect(
    await page
      .locator("header b")
      .last()
      .evaluate((each) => getComputedStyle(each).color),
  ).not.toBe("rgb(170, 0, 170)");
  expect(complaints).toEqual([]);
});

test("the keys go on working when the row that has the focus drops out", async () => {
  const { page, start, open, tab } = await stage(browser);
  await start();
  await open();
  const messages = await tab("Messages");
  await send(page, "first");
  await messages
    .getByRole("button", { name: /send to group/ })
    .first()
    .focus();
  await page.getByRole("button", { name: "Clear" }).evaluate((button) => (button as HTMLElement).click());
  await expect.poll(() => messages.getByRole("button", { name: /send to group/ }).count()).toBe(0);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /inspect the connection/ }).waitFor();
});
