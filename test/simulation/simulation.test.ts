import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { generate } from "./plans/generate.js";
import { readKept } from "./plans/kept.js";
import { run } from "./run.js";

const SEEDS = 3_000;
const PART = 500;

describe("client and service keep their promises on a hostile network", () => {
  test.each(Array.from({ length: SEEDS / PART }, (_, part) => [part * PART + 1, (part + 1) * PART]))(
    "seeds %i to %i",
    async (first, last) => {
      const broken: string[] = [];
      for (let seed = first; seed <= last; seed++) {
        const { violation } = await run(generate(seed));
        if (violation !== undefined) broken.push(`${violation}\n    npm run simulate -- --seed ${seed}`);
      }
      expect(broken).toEqual([]);
    },
  );

  test.each(readKept(fileURLToPath(new URL("./plans/kept", import.meta.url))))(
    "never again: $name",
    async ({ name, plan }) => {
      expect((await run(plan)).violation, `npm run simulate -- --regression "${name}"`).toBeUndefined();
    },
  );

  test("the same seed gives the same history", async () => {
    const history = async (): Promise<string[]> => {
      const lines: string[] = [];
      await run(generate(17), (at, who, line) => lines.push(`${at} ${who} ${line}`));
      return lines;
    };
    const first = await history();
    expect(first.length).toBeGreaterThan(50);
    expect(await history()).toEqual(first);
  });
});
