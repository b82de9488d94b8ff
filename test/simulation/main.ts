import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { generate } from "./generate.js";
import type { Plan } from "./plan.js";
import { run } from "./run.js";
import { shrink } from "./shrink.js";

/** What the runner asks of one worker. */
interface Job {
  readonly seed: number;
  readonly runs: number;
  /** Distance between seeds, for several workers. */
  readonly step: number;
  /** A file with a plan to replay. */
  readonly plan?: string;
  /** A file of kept plans, and words of the name of the one to replay. */
  readonly regression?: { readonly file: string; readonly name: string };
  /** Stop after so many failures. */
  readonly failures: number;
  readonly shrinks: boolean;
  /** A file of plans to run first. */
  readonly regressions?: string;
  /** The file of regressions and what to call this one. */
  readonly record?: { readonly file: string; readonly name: string };
}

const job = JSON.parse(process.argv[2] ?? "{}") as Job;
if (job.plan !== undefined) {
  const given = JSON.parse(readFileSync(job.plan, "utf8")) as Plan | { plan: Plan };
  await tell("plan" in given ? given.plan : given);
} else if (job.regression !== undefined) {
  const { file, name } = job.regression;
  const found = kept(file).find((each) => each.name.includes(name));
  if (found === undefined) throw new Error(`No kept plan has "${name}" in its name.`);
  await tell(found.plan);
} else if (job.runs === 1) await tell(await minimal(generate(job.seed)));
else await many(job);

async function many({ seed, runs, step, failures, shrinks }: Job): Promise<void> {
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
  for (const { name, plan } of regressions()) {
    const { violation } = await run(plan);
    if (violation === undefined) continue;
    failed++;
    process.exitCode = 1;
    console.log(`regression ${name}: ${violation.split("\n")[0]}`);
  }
  for (; done < runs && failed < failures; done++) {
    const current = seed + done * step;
    const plan = generate(current);
    const { violation } = await run(plan);
    if (violation !== undefined) {
      failed++;
      process.exitCode = 1;
      console.log(`seed ${current}: ${violation.split("\n")[0]}`);
      if (shrinks) await tell(await shrink(plan));
    }
    if (done > 0 && done % 20_000 === 0) summary();
  }
  summary();
}

function regressions(): { name: string; plan: Plan }[] {
  return job.regressions === undefined ? [] : kept(job.regressions);
}

function kept(file: string): { name: string; plan: Plan }[] {
  return JSON.parse(readFileSync(file, "utf8")) as { name: string; plan: Plan }[];
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
  if (job.record !== undefined) record(job.record, plan);
}

/** Keeps a plan that has failed. */
function record({ file, name }: NonNullable<Job["record"]>, plan: Plan): void {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as unknown[]) : [];
  writeFileSync(file, `${JSON.stringify([...known, { name, plan }], null, 2)}\n`);
}
