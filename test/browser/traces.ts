import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import { launched } from "./chromium.js";
import { openPages } from "./engines/engine.js";

const results = fileURLToPath(new URL("../../test-results/", import.meta.url));

/** Writes files that are named after a failed test; the keys are their endings. */
export function leaveTrace(name: string, contents: Record<string, string | Uint8Array>): void {
  mkdirSync(results, { recursive: true });
  for (const [ending, content] of Object.entries(contents))
    writeFileSync(`${results}${name.replace(/\W+/g, "-")}.${ending}`, content);
}

// A test that fails leaves a screenshot and the console of every page that is open. Here, since what
// Vitest calls after a failure comes after the pages have been closed.
afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return;
  const pages = [...launched].flatMap((browser) => browser.contexts().flatMap((context) => context.pages()));
  for (const [index, page] of pages.entries()) {
    const lines = [page.url()];
    for (const message of await page.consoleMessages()) lines.push(`${message.type()}: ${message.text()}`);
    for (const error of await page.pageErrors()) lines.push(`page error: ${error.message}`);
    const png = await page.screenshot({ timeout: 5_000 }).catch((error: unknown) => {
      lines.push(`no screenshot: ${String(error)}`);
    });
    leaveTrace(`${task.fullTestName} ${index + 1}`, { log: lines.join("\n"), ...(png && { png }) });
  }
  for (const [index, page] of [...openPages].entries()) {
    const log = await page.evaluate("[location.href, ...(window.said ?? [])].join('\\n')").catch(String);
    const png = await page.screenshot().catch(() => undefined);
    leaveTrace(`${task.fullTestName} ${index + 1}`, { log: String(log), ...(png && { png }) });
  }
});
