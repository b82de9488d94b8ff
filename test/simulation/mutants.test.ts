import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { mutants } from "./mutants.mjs";

const script = fileURLToPath(new URL("../../scripts/simulateMutants.mjs", import.meta.url));

test("every planted fault still has its place in the code", () => {
  const lost = mutants.filter(({ file, find }) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    return text.split(find).length !== 2;
  });
  expect(lost.map(({ name }) => name)).toEqual([]);
});

// All of them take minutes: npm run simulate:mutants.
test("the simulation finds faults planted on purpose", { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--quick", "--runs", "500"]);
  expect(stdout).toMatch(/^41 faults, 0 survived/m);
});
