import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/simulateMutants.mjs", import.meta.url));

// All of them take minutes: npm run simulate:mutants.
test("the simulation finds faults planted on purpose", { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--quick", "--runs", "500"]);
  expect(stdout).toMatch(/^11 faults, 0 survived/m);
});
