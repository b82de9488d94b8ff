import { readFileSync } from "node:fs";
import { generate, KINDS } from "./plans/generate.js";
import { keep, readKept } from "./plans/kept.js";
import type { Plan } from "./plans/plan.js";
import { run } from "./run.js";
import { shrink } from "./plans/shrink.js";

/** What the runner asks of one worker. */
interface Job {
  readonly seed: number;
  readonly runs: number;
  /** Distance between seeds, for several workers. */
  readonly step: number;
  /** Only plans in which one of these is called. */
  readonly calls?: readonly string[];
  /** A file with a plan to replay. */
  readonly plan?: string;
  /** The folder of kept plans. */
  readonly kept: string;
  /** Words of the name of the kept plan to replay. */
  readonly regression?: string;
  /** Stop after so many failures. */
  readonly failures: number;
  readonly shrinks: boolean;
  /** Run the kept plans first. */
  readonly runsKept?: boolean;
  /** Keep the plan if it fails, by this name. */
  readonly record?: string;
}

const job = JSON.parse(process.argv[2] ?? "{}") as Job;
const unknown = job.calls?.find((each) => !KINDS.includes(each));
if (unknown !== undefined) {
  console.error(`--calls: no plan calls "${unknown}"; it may be ${KINDS.join(", ")}.`);
  process.exit(2);
}
if (job.plan !== undefined) {
  const given = JSON.parse(readFileSync(job.plan, "utf8")) as Plan | { plan: Plan };
  await tell("plan" in given ? given.plan : given);
} else if (job.regression !== undefined) {
  const words = job.regression;
  const found = readKept(job.kept).find(({ name }) => name.includes(words));
  if (found === undefined) {
    console.error(`--regression: no kept plan has "${words}" in its name.`);
    process.exit(2);
  }
  await tell(found.plan);
} else if (job.runs === 1) await tell(await minimal(generate(job.seed)));
else await many(job);

async function many({ seed, runs, step, calls, failures, shrinks }: Job): Promise<void> {
  const began = process.cpuUsage();
  let failed = 0;
  let done = 0;
  // A run makes dozens of errors that are part of it; their stacks would be a fifth of its time.
  Error.stackTraceLimit = 0;
  const summary = (): void => {
    const { user, system } = process.cpuUsage(began);
    const seconds = (user + system) / 1e6;
    const rate = Math.round(done / seconds);
    console.log(`${done} runs, ${failed} failed, ${seconds.toFixed(1)} s of CPU, ${rate} runs per second`);
  };
  for (const { name, plan } of job.runsKept === true ? readKept(job.kept) : []) {
    const { violation } = await run(plan);
    if (violation === undefined) continue;
    failed++;
    process.exitCode = 1;
    console.log(`regression ${name}: ${violation.split("\n")[0]}`);
  }
  for (let current = seed; done < runs && failed < failures; current += step) {
    const plan = generate(current);
    if (calls !== undefined && !plan.steps.some(({ what }) => calls.includes(what.do))) continue;
    done++;
    const { violation } = await run(plan);
    if (violation !== undefined) {
      failed++;
      process.exitCode = 1;
      console.log(`seed ${current}: ${violation.split("\n")[0]}`);
      if (shrinks) await tell(await shrink(plan));
    }
    if (done % 20_000 === 0) summary();
  }
  summary();
}

async function minimal(plan: Plan): Promise<Plan> {
  return (await run(plan)).violation === undefined || !job.shrinks ? plan : shrink(plan);
}

/** Runs a plan and prints its history. */
async function tell(plan: Plan): Promise<void> {
  const { violation, duration, events } = await run(plan, (at, who, line) =>
    console.log(`${String(at).padStart(8)} ms  ${who.padEnd(8)}${line}`),
  );
  console.log(`plan: ${JSON.stringify(plan)}`);
  const isSeeds = JSON.stringify(plan) === JSON.stringify(generate(plan.seed));
  console.log(
    `replay: npm run simulate -- ${isSeeds ? `--seed ${plan.seed}` : "--plan <a file with this plan>"}`,
  );
  console.log(violation === undefined ? `held: ${events} events in ${duration} ms` : `BROKEN: ${violation}`);
  if (violation === undefined) return;
  process.exitCode = 1;
  if (job.record !== undefined) console.log(`kept: ${keep(job.kept, { name: job.record, plan })}`);
}
