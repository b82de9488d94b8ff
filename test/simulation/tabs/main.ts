import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateTabs } from "./generate.js";
import { readKeptTabs } from "./kept.js";
import type { TabsPlan } from "./plan.js";
import { runTabs } from "./run.js";
import { shrinkTabs } from "./shrink.js";

/** What the runner asks of one worker. */
interface Job {
  readonly seed: number;
  readonly runs: number;
  /** Distance between seeds, for several workers. */
  readonly step: number;
  /** Stop after so many failures. */
  readonly failures: number;
  readonly shrinks: boolean;
  /** The folder of kept plans. */
  readonly kept: string;
  /** Run the kept plans first. */
  readonly runsKept?: boolean;
  /** A file with a plan to replay. */
  readonly plan?: string;
  /** Words of the name of the kept plan to replay. */
  readonly regression?: string;
  /** Keep the plan if it fails, by this name. */
  readonly record?: string;
}

const job = JSON.parse(process.argv[2] ?? "{}") as Job;
const words = job.regression;
if (job.plan !== undefined) {
  const given = JSON.parse(readFileSync(job.plan, "utf8")) as TabsPlan | { plan: TabsPlan };
  await tell("plan" in given ? given.plan : given);
} else if (words !== undefined) {
  const found = readKeptTabs(job.kept).find(({ name }) => name.includes(words));
  if (found === undefined) {
    console.error(`--regression: no kept plan has "${words}" in its name.`);
    process.exit(2);
  }
  await tell(found.plan);
} else if (job.runs === 1) {
  const plan = generateTabs(job.seed);
  const isBroken = job.shrinks && (await runTabs(plan)).violation !== undefined;
  await tell(isBroken ? await shrinkTabs(plan) : plan);
} else await many(job);

async function many({ seed, runs, step, failures, kept, runsKept }: Job): Promise<void> {
  const began = process.cpuUsage();
  let failed = 0;
  let done = 0;
  // A run makes errors that are part of it; their stacks would be a good part of its time.
  Error.stackTraceLimit = 0;
  const report = async (what: string, plan: TabsPlan): Promise<void> => {
    const { violation } = await runTabs(plan);
    if (violation === undefined) return;
    failed++;
    process.exitCode = 1;
    console.log(`${what}: ${violation.split("\n")[0]}`);
  };
  for (const { name, plan } of runsKept === true ? readKeptTabs(kept) : [])
    await report(`regression ${name}`, plan);
  for (; done < runs && failed < failures; done++) {
    const current = seed + done * step;
    await report(`seed ${current}`, generateTabs(current));
  }
  const { user, system } = process.cpuUsage(began);
  console.log(`${done} runs with tabs, ${failed} failed, ${((user + system) / 1e6).toFixed(1)} s of CPU`);
}

/** Runs a plan and prints its history. */
async function tell(plan: TabsPlan): Promise<void> {
  const { violation, duration, events } = await runTabs(plan, (at, who, line) =>
    console.log(`${String(at).padStart(8)} ms  ${who.padEnd(8)}${line}`),
  );
  console.log(`plan: ${JSON.stringify(plan)}`);
  console.log(violation === undefined ? `held: ${events} events in ${duration} ms` : `BROKEN: ${violation}`);
  if (violation === undefined) return;
  process.exitCode = 1;
  const name = job.record;
  if (name === undefined) return;
  const file = `${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.json`;
  writeFileSync(join(job.kept, file), print(name, plan));
  console.log(`kept: ${file}`);
}

/** A line for each tab and each step: a small change is a small diff. */
function print(name: string, { tabs, steps, ...rest }: TabsPlan): string {
  const lines = (items: readonly unknown[]): string =>
    items.length === 0
      ? "[]"
      : `[\n${items.map((item) => `      ${JSON.stringify(item)}`).join(",\n")}\n    ]`;
  const fields = Object.entries(rest).map(([key, value]) => `    "${key}": ${JSON.stringify(value)},\n`);
  return `{
  "name": ${JSON.stringify(name)},
  "plan": {
${fields.join("")}    "tabs": ${lines(tabs)},
    "steps": ${lines(steps)}
  }
}
`;
}
