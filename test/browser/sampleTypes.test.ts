import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test.each([
  ["vue-tsc/bin/vue-tsc.js", ["--noEmit"]] as const,
  ["svelte-check/bin/svelte-check", ["--fail-on-warnings"]] as const,
])("the samples' types hold against those that are published, says %s", async (program, how) => {
  const compiler = createRequire(new URL("../../samples-browser/package.json", import.meta.url)).resolve(
    program,
  );
  const cwd = fileURLToPath(new URL("../../samples-browser", import.meta.url));
  const said = await promisify(execFile)(process.execPath, [compiler, ...how], { cwd }).then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );
  expect(said).toBe("");
});
