// Every contestant in every scenario, alternating, each in a process of its own; medians and ratios.
//   npm run bench                                  all of it, three rounds
//   npm run bench -- --only receive --rounds 5     scenarios whose name holds a word
//   npm run bench -- --contestants floor,ours      these only
//   npm run bench -- --write                       also into their pages in docs/, and the plot
//   npm run bench -- --only blip --write           into the page that has no others
import { execFile, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { numbers, readOptions, refuse } from "../scripts/arguments.mjs";
import { table, write } from "./report.mjs";
import { scenarios } from "./scenarios/index.mjs";

const values = readOptions({
  rounds: { type: "string", default: "3" },
  only: { type: "string", default: "" },
  contestants: { type: "string" },
  write: { type: "boolean", default: false },
});
const { rounds } = numbers(values, "rounds");
const selected = scenarios.filter(({ name }) => name.includes(values.only));
if (selected.length === 0) refuse(`--only: no scenario of ${scenarios.map(({ name }) => name).join(", ")}.`);
const known = new Set(scenarios.flatMap(({ contestants }) => contestants));
for (const name of values.contestants?.split(",") ?? [])
  if (!known.has(name)) refuse(`--contestants: ${name} is none of ${[...known].join(", ")}.`);
const pages = new Set(selected.map(({ page }) => page));
const isPart = scenarios.some((each) => pages.has(each.page) && !selected.includes(each));
if (values.write && (isPart || values.contestants !== undefined))
  refuse(
    "--write renews whole pages: it takes no --contestants, and no --only that leaves out some of a page.",
  );
const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** One run of one contestant. */
async function measure(scenario, contestant, url) {
  const args = ["--expose-gc", here("child.mjs"), contestant, scenario.name, url];
  const { stdout } = await run(process.execPath, args);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const results = [];
for (const each of selected) {
  const chosen = values.contestants?.split(",") ?? each.contestants;
  const scenario = { ...each, contestants: each.contestants.filter((name) => chosen.includes(name)) };
  const runs = Object.fromEntries(scenario.contestants.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of scenario.contestants) {
      // A service of its own for each run: what one contestant leaves behind is no burden for the next.
      const server = fork(here("server.mjs"));
      const { url } = await new Promise((resolve) => server.once("message", resolve));
      runs[name].push(await measure(scenario, name, url));
      server.disconnect();
    }
  }
  results.push({ scenario, runs });
  console.log(`\n${table(scenario, runs)}`);
}
if (values.write) await write(results, rounds, process.argv.slice(2).join(" "));
