// Runs the simulation of client and service outside the test runner.
//   npm run simulate -- --runs 100000 --seed 1     many seeds, each one a run
//   npm run simulate -- --seed 17                  one seed, shrunk if it fails, with its history
//   npm run simulate -- --plan file.json           one plan, with its history
//   ... --record "what was wrong"                  keeps the failing plan as a regression
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    failures: { type: "string", default: "10" },
    plan: { type: "string" },
    record: { type: "string" },
    "no-shrink": { type: "boolean", default: false },
  },
});

const root = new URL("..", import.meta.url);
const folder = new URL(`node_modules/.cache/simulation/${process.pid}/`, root);
mkdirSync(folder, { recursive: true });
const outfile = fileURLToPath(new URL("main.mjs", folder));
await build({
  entryPoints: [fileURLToPath(new URL("test/simulation/main.ts", root))],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
});

const runs = Number(values.runs);
const jobs = runs === 1 ? 1 : Number(values.jobs);
const codes = await Promise.all(
  Array.from({ length: jobs }, (_, index) => {
    const job = {
      seed: Number(values.seed) + index,
      runs: Math.ceil(runs / jobs),
      step: jobs,
      plan: values.plan,
      failures: Number(values.failures),
      shrinks: !values["no-shrink"],
      record: values.record && {
        file: fileURLToPath(new URL("test/simulation/regressions.json", root)),
        name: values.record,
      },
    };
    const child = spawn(process.execPath, ["--enable-source-maps", outfile, JSON.stringify(job)], {
      stdio: "inherit",
    });
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  }),
);
rmSync(folder, { recursive: true });
process.exitCode = codes.some((code) => code !== 0) ? 1 : 0;
