import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Calls a script of this repository that is to refuse its arguments, or where it runs. */
function call(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [script, ...args],
      { cwd: root, env: { ...process.env, ...env } },
      (error, stdout, stderr) => resolve({ code: error?.code, stdout, stderr }),
    );
  });
}

test.each([
  ["scripts/herd.mjs", ["--clients", "0"], /^--clients must be a whole number above 0/],
  ["scripts/herd.mjs", ["more"], /^Unexpected argument 'more'/],
  ["scripts/simulate.mjs", ["--runs", "many"], /^--runs must be a whole number above 0/],
  [
    "scripts/simulate.mjs",
    ["--regression", "nosuch"],
    /^--regression: no kept plan has "nosuch" in its name/,
  ],
  ["scripts/simulate.mjs", ["--jobs", "1.5"], /^--jobs must be a whole number above 0/],
  ["scripts/soak.mjs", ["--minutes", "0"], /^--minutes must be a number above 0/],
  ["scripts/simulate.mjs", ["--plan", "package.json"], /^--plan: package\.json holds no plan/],
  ["scripts/simulate.mjs", ["--plan", "nosuch.json"], /^--plan: .*nosuch\.json/],
  ["scripts/simulateMutants.mjs", ["--only", "nosuch"], /^--only: no fault of \d+ has "nosuch" in its name/],
  ["scripts/soak.mjs", ["--hours", "1"], /^Unknown option '--hours'/],
  ["scripts/sizeByFile.mjs", ["--all"], /^Unknown option '--all'/],
  ["scripts/architecture.mjs", ["--all"], /^Unknown option '--all'/],
  ["scripts/installBrowsers.mjs", ["--all"], /^Unknown option '--all'/],
  ["bench/run.mjs", ["--rounds", "0"], /^--rounds must be a whole number above 0/],
  ["bench/run.mjs", ["--only", "nosuch"], /^--only: no scenario of receive-json, /],
  ["bench/run.mjs", ["--contestants", "nobody"], /^--contestants: nobody is none of floor, ours, /],
  ["bench/run.mjs", ["--write", "--only", "idle"], /^--write renews whole pages/],
])("%s %j is refused in plain words, with a code and no stack", async (script, args, words) => {
  const { code, stdout, stderr } = await call(script, args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/^ +at |Error/m);
});

test("browsers aren't installed in CI", async () => {
  const { code, stdout, stderr } = await call("scripts/installBrowsers.mjs", [], { CI: "true" });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^Browsers are not for CI/);
});
