import { expect, test } from "vitest";
import { run } from "./run.js";

const SEEDS = 300;

test("every message that the store has is shown once and in the store's order, or told by `onGap`", async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const violation = await run(seed);
    if (violation !== undefined) broken.push(`seed ${seed}: ${violation}`);
  }
  expect(broken).toEqual([]);
});
