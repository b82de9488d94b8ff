import { writeFileSync } from "node:fs";
import { chart, type Panel } from "./chart.js";
import { stampede, type Stampede } from "./herd.js";
import { clients, longOutage, scenarios, weighedPolicies, weighedReconnections } from "./scenarios.js";

/** What to do, from `scripts/herd.mjs`. */
interface Job {
  readonly clients: number;
  readonly image: string | undefined;
  readonly frontier: boolean;
}

const job = JSON.parse(process.argv[2] ?? "{}") as Job;
// Millions of errors are made and thrown away.
Error.stackTraceLimit = 0;

const number = (value: number): string => value.toLocaleString("en");
const seconds = (ms: number | undefined): string =>
  ms === undefined ? "never" : `${(ms / 1_000).toFixed(1)} s`;
const head = (first: string): string[] => [
  `| ${first} | busiest second | busiest 100 ms | busiest second after the return | half back after | 99 % back after | all back after | attempts |`,
  `| --- | --- | --- | --- | --- | --- | --- | --- |`,
];
const row = (name: string, run: Stampede): string =>
  `| ${name} | ${number(run.peakPerSecond)} | ${number(run.peakPer100Ms)} | ${number(run.returnPeakPerSecond)} | ${seconds(run.medianInMs)} | ${seconds(run.tailInMs)} | ${seconds(run.lastInMs)} | ${number(run.attempts)} |`;

const all = scenarios(job.clients);
const long = longOutage(job.clients);
const panels = new Map<string, Panel>();
if (job.frontier) {
  const weighed = {
    blink: weighedPolicies,
    blip: weighedPolicies,
    short: weighedPolicies,
    uneven: weighedPolicies,
    cut: weighedPolicies,
    cutSlow: weighedPolicies,
    cutFew: weighedReconnections,
    long: weighedReconnections,
  };
  for (const [name, policies] of Object.entries(weighed)) {
    const scenario = name === "long" ? long : all[name];
    if (scenario === undefined) throw new Error(`No scenario ${name}.`);
    console.log(`\n${scenario.title}\n`);
    console.log(head("policy").join("\n"));
    const callers = {
      ...policies,
      "the client itself": clients.ours,
      "reference client": clients.reference,
    };
    for (const [policy, caller] of Object.entries(callers)) {
      console.log(row(policy, stampede(scenario.outage, caller)));
    }
  }
} else {
  for (const [name, { title, outage }] of Object.entries(all)) {
    console.log(`\n${title}\n`);
    console.log(head("client").join("\n"));
    const ours = stampede(outage, clients.ours);
    console.log(row("this client", ours));
    const reference = stampede(outage, clients.reference);
    console.log(row("reference client", reference));
    panels.set(name, { title, awayInMs: outage.awayInMs, ours, reference });
  }
}
if (job.image !== undefined && panels.size > 0) {
  const shown = ["cut", "restart", "cutSlow"].flatMap((name) => panels.get(name) ?? []);
  writeFileSync(job.image, chart(shown));
  console.log(`\nWritten: ${job.image}`);
}
