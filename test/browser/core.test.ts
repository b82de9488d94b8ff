import type { Server } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { openPage, roles, servePage, startInPage, type PageWorld } from "./stage.js";

let browser: Browser;
let server: Server;
let url: string;
beforeAll(async () => {
  [browser, { server, url }] = await Promise.all([launchChromium(), servePage()]);
});
afterAll(async () => {
  await browser.close();
  server.close();
});

test("text, JSON and bytes cross between a page and the service", async () => {
  const { page, emulator } = await openPage(browser, url);
  await startInPage(page, await emulator.clientAccessUrl("chat", { userId: "ann", roles }));
  const seen = await page.evaluate(async () => {
    const { client, got } = window as unknown as PageWorld;
    await client.sendToGroup("room", "häl\u{1F600}o");
    await client.sendToGroup("room", { a: [1, null] });
    await client.sendToGroup("room", new Uint8Array([0, 255, 7, 128]));
    while (got.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    return [got[0], got[1], [...new Uint8Array(got[2] as ArrayBuffer)], client.userId, client.state];
  });
  expect(seen).toEqual(["häl\u{1F600}o", { a: [1, null] }, [0, 255, 7, 128], "ann", "Connected"]);
  expect(emulator.hub("chat").members("room")).toHaveLength(1);
});

test("cut transports are recovered and nothing is lost, doubled or reordered", async () => {
  const { page, emulator } = await openPage(browser, url);
  await startInPage(page, await emulator.clientAccessUrl("chat", { roles }));
  const sending = page.evaluate(async () => {
    const { client } = window as unknown as PageWorld;
    for (let i = 0; i < 300; i++) await client.sendToGroup("room", i);
  });
  for (let cut = 1; cut <= 3; cut++) {
    await page.waitForFunction((least) => (window as unknown as PageWorld).got.length > least, cut * 70);
    emulator.faults.cutTransports();
  }
  await sending;
  await page.waitForFunction(() => (window as unknown as PageWorld).got.length >= 300);
  const { got, events } = await page.evaluate(() => {
    const { got, events } = window as unknown as PageWorld;
    return { got, events };
  });
  expect(got).toEqual(Array.from({ length: 300 }, (_, i) => i));
  expect(events).toEqual(["connected", ...Array<string[]>(3).fill(["recovering", "recovered"]).flat()]);
});

test("a stopped client leaves the service and the page quiet", async () => {
  const { page, emulator } = await openPage(browser, url);
  await startInPage(page, await emulator.clientAccessUrl("chat", { roles }));
  const events = await page.evaluate(async () => {
    const { client, events } = window as unknown as PageWorld;
    await client.stop();
    return events;
  });
  expect(events).toEqual(["connected", "disconnected", "stopped"]);
  await expect.poll(() => emulator.hub("chat").connections()).toEqual([]);
});
