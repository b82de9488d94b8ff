// Runs the simulation of client and service outside the test runner.
//   npm run simulate -- --runs 100000 --seed 1     many seeds, each one a run
//   ... --calls suspend,revert,double              only seeds whose plans call one of these
//   npm run simulate -- --seed 17                  one seed, shrunk if it fails, with its history
//   npm run simulate -- --plan file.json           one plan, with its history
//   npm run simulate -- --regression "clock set back"  the kept plan whose name holds these words, with its history
//   ... --record "what was wrong"                  keeps the plan that fails, in test/simulation/plans/kept
//   ... --tabs                                     tabs that share a connection, in test/simulation/tabs
import { readFileSync } from "node:fs";
import { numbers, readOptions, refuse } from "./arguments.mjs";
import { bundle, ended, makeFolder, path, start } from "./programs.mjs";

const values = readOptions({
  runs: { type: "string", default: "1" },
  seed: { type: "string", default: "1" },
  jobs: { type: "string", default: "2" },
  calls: { type: "string" },
  failures: { type: "string", default: "10" },
  plan: { type: "string" },
  regression: { type: "string" },
  record: { type: "string" },
  tabs: { type: "boolean", default: false },
  "no-shrink": { type: "boolean", default: false },
});

const { runs, seed, failures, ...most } = numbers(values, "runs", "seed", "jobs", "failures");
const isReplay = values.plan !== undefined || values.regression !== undefined;
const jobs = runs === 1 || isReplay ? 1 : most.jobs;

if (values.plan !== undefined) {
  let given;
  try {
    given = JSON.parse(readFileSync(values.plan, "utf8"));
  } catch (error) {
    refuse(`--plan: ${error.message}`);
  }
  const { clients, tabs, steps } = given?.plan ?? given ?? {};
  if (!Array.isArray(values.tabs ? tabs : clients) || !Array.isArray(steps))
    refuse(`--plan: ${values.plan} holds no plan.`);
}

const folder = makeFolder("simulation");
const home = values.tabs ? "test/simulation/tabs" : "test/simulation";
await bundle(folder, { main: `${home}/main.ts` }, { sourcemap: "inline" });

// Most of what a run allocates is dead by its end: with so much room it dies before it is looked at.
const flags = ["--enable-source-maps", "--max-semi-space-size=128"];
const codes = await Promise.all(
  Array.from({ length: jobs }, (_, index) => {
    const job = {
      seed: seed + index,
      runs: Math.ceil(runs / jobs),
      step: jobs,
      calls: values.calls?.split(","),
      plan: values.plan,
      kept: path(values.tabs ? `${home}/kept` : `${home}/plans/kept`),
      regression: values.regression,
      failures,
      shrinks: !values["no-shrink"],
      record: values.record,
    };
    return ended(start(`${folder}main.mjs`, job, { flags, yields: true }));
  }),
);
process.exitCode = Math.max(...codes);
