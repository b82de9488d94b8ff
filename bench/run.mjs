// npm run bench [-- --rounds 5 --only receive-json]: every contestant in every scenario, alternating.
import { execFile, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, only: { type: "string" } },
});
const contestants = ["floor", "ours", "reference"];
const scenarios = ["receive-json", "receive-binary", "acknowledged-sends"].filter(
  (name) => values.only === undefined || values.only === name,
);
const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

const server = fork(here("server.mjs"));
const { url } = await new Promise((resolve) => server.once("message", resolve));
for (const scenario of scenarios) {
  const results = Object.fromEntries(contestants.map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of contestants) {
      const { stdout } = await run(process.execPath, [here("child.mjs"), name, scenario, url]);
      results[name].push(JSON.parse(stdout.trim().split("\n").at(-1)));
    }
  }
  const floor = median(results.floor.map((each) => each.cpuPerOperation));
  console.log(`\n${scenario}`);
  for (const name of contestants) {
    const of = (field) => median(results[name].map((each) => each[field]));
    const cpu = of("cpuPerOperation");
    console.log(
      `  ${name.padEnd(10)} ${cpu.toFixed(2).padStart(8)} µs CPU/op  x${(cpu / floor).toFixed(2)}  ` +
        `${Math.round(of("operationsPerSecond")).toLocaleString("en").padStart(10)} op/s  ${of("peakMemory").toFixed(0).padStart(4)} MiB`,
    );
  }
}
server.disconnect();
