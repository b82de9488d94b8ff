import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the samples' types hold against those that are published", async () => {
  const compiler = createRequire(import.meta.url).resolve("vue-tsc/bin/vue-tsc.js");
  const cwd = fileURLToPath(new URL("../../samples-browser", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, "--noEmit"], { cwd }).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe("");
});
