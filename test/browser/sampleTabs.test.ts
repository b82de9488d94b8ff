import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { enter, serveSamples, visit } from "./visitor.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const numbered = (name: string): string[] => Array.from({ length: 10 }, (_, index) => `${name} ${index}`);

test("tabs in React, Vue and Svelte share a connection, over a cut and when one closes", async () => {
  const { url, emulator } = await serveSamples();
  const bob = await visit(browser, url, { name: "Bob" });
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const tabs = [];
  for (const page of ["react", "react", "vue", "svelte"])
    tabs.push(await enter(context, `${url}${page}.html?name=Ann&tabs`));
  const ids = (): (string | undefined)[] =>
    emulator
      .hub("chat")
      .connections()
      .map(({ userId }) => userId);
  for (const each of [bob, ...tabs]) await each.page.getByText("Here now: 2").waitFor();
  expect(ids()).toEqual(["Bob", "Ann"]);

  const [first, second, third] = tabs;
  await first?.page.getByRole("button", { name: "Cut", exact: true }).click();
  for (const line of numbered("Bob")) await bob.say(line);
  for (const tab of tabs) await tab.page.getByText(/Recovered/).waitFor();
  for (const [index, tab] of tabs.entries()) await tab.say(`line of tab ${index}`);
  const said = tabs.map((_, index) => `line of tab ${index}`);
  for (const { lines } of [bob, ...tabs]) {
    await expect
      .poll(async () => (await lines()).filter((line) => line.startsWith("Bob")))
      .toEqual(numbered("Bob"));
    await expect
      .poll(async () => (await lines()).filter((line) => line.startsWith("line")).sort())
      .toEqual(said);
  }
  for (const { page } of tabs) await expect.poll(() => page.locator(".waiting").count()).toBe(0);
  expect(ids()).toEqual(["Bob", "Ann"]);

  await first?.page.close();
  await second?.page.close();
  await third?.say("still here");
  await bob.page.getByText("still here").waitFor();
  await bob.page.getByText("Here now: 2").waitFor();
});
