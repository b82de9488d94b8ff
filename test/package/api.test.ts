import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("api/ says what the packages export, and every name is documented; if not: npm run api", async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const outcome = await new Promise((resolve) =>
    execFile(process.execPath, ["scripts/api.mjs", "--check"], { cwd: root }, (error, _, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    ),
  );
  expect(outcome).toEqual({ code: 0, stderr: "" });
});
