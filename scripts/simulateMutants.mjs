// Plants faults one by one in client and service, and checks that the simulation finds each.
//   npm run simulate:mutants                   all of them
//   npm run simulate:mutants -- --only ack     those whose name holds a word; "streams:": those of a topic
//   npm run simulate:mutants -- --quick        a few that are found at once
//   npm run simulate:mutants -- --runs 20000   how many seeds a fault may survive
import { faults } from "../test/simulation/faults/faults.mjs";
import { plant } from "../test/simulation/faults/plant.mjs";
import { numbers, readOptions, refuse } from "./arguments.mjs";
import { bundle, makeFolder, path, start } from "./programs.mjs";

const values = readOptions({
  runs: { type: "string", default: "30000" },
  seed: { type: "string", default: "1" },
  jobs: { type: "string", default: "2" },
  quick: { type: "boolean", default: false },
  only: { type: "string", default: "" },
});

const { runs, seed, jobs } = numbers(values, "runs", "seed", "jobs");
/** A fault that makes the process hang is noticed too: so long no machine takes. */
const patienceInMs = 300_000 + runs * 100;
const chosen = faults.filter(
  ({ name, quick }) => name.includes(values.only) && (quick === true || !values.quick),
);
if (chosen.length === 0) refuse(`--only: no fault of ${faults.length} has "${values.only}" in its name.`);
/** Faults of these are found by the simulation of tabs. */
const home = ({ tabs } = {}) =>
  tabs === true
    ? { main: "test/simulation/tabs/main.ts", kept: path("test/simulation/tabs/kept") }
    : { main: "test/simulation/main.ts", kept: path("test/simulation/plans/kept") };
const folder = makeFolder("mutants");

/** Bundles the simulation with one file changed. */
async function bundleWith(fault, index) {
  const { file, contents, lost } = fault === undefined ? {} : plant(fault);
  if (lost !== undefined) throw new Error(`"${fault.name}" has lost its place: ${lost}.`);
  const plugin = {
    name: "fault",
    setup: (setup) =>
      setup.onLoad({ filter: /\.ts$/ }, (args) =>
        args.path === file ? { contents, loader: "ts" } : undefined,
      ),
  };
  await bundle(folder, { [index]: home(fault).main }, { logLevel: "error", plugins: [plugin] });
  return `${folder}${index}.mjs`;
}

/** How the simulation ends: `found` with its words, or `survived`. */
function simulate(file, fault) {
  const { kept } = home(fault);
  const job = { seed, runs, step: 1, failures: 1, shrinks: false, kept, runsKept: true };
  const child = start(file, job, { stdio: ["ignore", "pipe", "pipe"], yields: !values.quick });
  let output = "";
  let errors = "";
  child.stdout.on("data", (data) => (output += data));
  child.stderr.on("data", (data) => (errors += data));
  const timer = setTimeout(() => child.kill("SIGKILL"), patienceInMs);
  return new Promise((resolve) =>
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      const found = /^(seed|regression) .*/m.exec(output)?.[0];
      if (found !== undefined) resolve({ found });
      else if (signal === "SIGKILL") resolve({ found: "it hangs" });
      else if (code !== 0) resolve({ failed: errors || output });
      else resolve({});
    }),
  );
}

const began = Date.now();
let survivors = 0;

async function check(fault, index) {
  const { found, failed } = await simulate(await bundleWith(fault, index), fault);
  if (failed !== undefined) throw new Error(`"${fault?.name ?? "nothing planted"}": ${failed}`);
  if (fault === undefined) {
    if (found !== undefined) throw new Error(`Without any fault the simulation fails already: ${found}`);
    return;
  }
  // That it runs into an error of its own shows nothing of the oracle.
  if (/(Type|Reference|Syntax)Error/.test(found ?? ""))
    throw new Error(`"${fault.name}" doesn't run: ${found}`);
  if (found === undefined) survivors++;
  console.log(
    `${found === undefined ? "SURVIVED" : "found   "}  ${fault.name}${found ? `  (${found})` : ""}`,
  );
}

const queue = [undefined, ...chosen].map((fault, index) => [fault, index]);
await Promise.all(
  Array.from({ length: jobs }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await check(...next);
  }),
);
console.log(`${chosen.length} faults, ${survivors} survived, ${((Date.now() - began) / 1_000).toFixed(0)} s`);
if (survivors > 0) process.exitCode = 1;
