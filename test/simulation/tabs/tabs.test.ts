import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { generateTabs } from "./generate.js";
import { readKeptTabs } from "./kept.js";
import { runTabs } from "./run.js";

const SEEDS = 300;

describe("tabs that share a connection keep their promises, whatever comes and goes", () => {
  test(`seeds 1 to ${SEEDS}`, async () => {
    const broken: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violation } = await runTabs(generateTabs(seed));
      if (violation !== undefined) broken.push(`${violation}\n    npm run simulate -- --tabs --seed ${seed}`);
    }
    expect(broken).toEqual([]);
  });

  test.each(readKeptTabs(fileURLToPath(new URL("./kept", import.meta.url))))(
    "never again: $name",
    async ({ name, plan }) => {
      const { violation } = await runTabs(plan);
      expect(violation, `npm run simulate -- --tabs --regression "${name}"`).toBeUndefined();
    },
  );

  test("the same seed gives the same history", async () => {
    const history = async (): Promise<string[]> => {
      const lines: string[] = [];
      await runTabs(generateTabs(17), (at, who, line) => lines.push(`${at} ${who} ${line}`));
      return lines;
    };
    const first = await history();
    expect(first.length).toBeGreaterThan(50);
    expect(await history()).toEqual(first);
  });
});
