import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("ARCHITECTURE.md says what the sources say; if not: npm run architecture", async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const outcome = await new Promise((resolve) =>
    execFile(process.execPath, ["scripts/architecture.mjs", "--check"], { cwd: root }, (error, _, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    ),
  );
  expect(outcome).toEqual({ code: 0, stderr: "" });
});
