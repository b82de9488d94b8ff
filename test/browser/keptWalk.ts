import { expect } from "vitest";
import type { KeptApp } from "./keptPage.js";
import type { KeptStage } from "./keptStage.js";
import type { AnyPage } from "./watchedPage.js";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Goes somewhere by an expression, after it has answered: the page may be gone at once. */
export async function go(page: AnyPage, expression: string, path: string): Promise<void> {
  await page.evaluate(`void setTimeout(() => { ${expression}; })`);
  await expect.poll(() => page.evaluate("location.pathname + document.readyState")).toBe(`${path}complete`);
}

/** Follows a link. */
export const LINK = "location.href = '/elsewhere'";

/** Goes away, by a link or the way given, and back, twice, while messages pass. */
export async function wander(page: AnyPage, stage: KeptStage, secondWay = LINK): Promise<KeptApp> {
  for (const [life, way] of [LINK, secondWay].entries()) {
    stage.down(10);
    await page.evaluate("void (app.target += 10)");
    await go(page, way, "/elsewhere");
    stage.down(10);
    await go(page, "history.back()", "/");
    const all = (life + 1) * 20;
    await expect.poll(() => page.evaluate("app.got.length")).toBe(all);
  }
  await expect.poll(() => stage.up.length).toBe(20);
  return page.evaluate("app");
}

/** The page went on with its connection, and nobody else saw that it was gone. */
export function expectUnnoticed(stage: KeptStage, { got, connections, failures }: KeptApp): void {
  expect(got).toEqual(upTo(40));
  expect(stage.up).toEqual(upTo(20));
  expect(failures).toEqual([]);
  const [{ id = "" } = {}] = connections;
  const again = { id, resumed: true };
  expect(connections).toEqual([{ id, resumed: false }, again, again]);
  expect(stage.heard.filter((what) => what.includes("ann"))).toEqual(["joined down ann"]);
  expect(stage.seen).toEqual([id]);
}
