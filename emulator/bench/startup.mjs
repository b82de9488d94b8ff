// How long the service takes to start: `npm run build -w emulator && node emulator/bench/startup.mjs`.
// Each run takes turns with a bare `node -e 0`, so that a busy machine slows both. Exits with 1 above a limit.
//
// From a shell: from starting Node with the command line to the `connected` message of a client with the printed
// URL, less what `node -e 0` takes. In a process: from before the import to the client's `connected` message.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { performance } from "node:perf_hooks";
import { connectFirst } from "./firstConnection.mjs";

const shellLimitInMs = 300;
const processLimitInMs = 100;
/** What `node -e 0` takes on a small machine with nothing else to do: where it takes longer, so may the rest. */
const idleBareInMs = 50;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "15" },
    /** Folder of the package; another one than this repository's is for the installed tarball. */
    package: { type: "string", default: fileURLToPath(new URL("..", import.meta.url)) },
  },
});
const folder = pathToFileURL(`${values.package}/`);
const cli = fileURLToPath(new URL("dist/cli.js", folder));
const library = new URL("dist/index.js", folder).href;
const child = fileURLToPath(new URL("inProcess.mjs", import.meta.url));

async function bare() {
  const start = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
  return performance.now() - start;
}

async function shell() {
  const start = performance.now();
  const running = spawn(process.execPath, [cli, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const chunk of running.stdout.setEncoding("utf8")) {
    text += chunk;
    const url = /ws:\S+(?=\n)/.exec(text)?.[0];
    if (url === undefined) continue;
    await connectFirst(url);
    break;
  }
  const taken = performance.now() - start;
  const exit = once(running, "exit");
  running.kill("SIGKILL");
  await exit;
  return taken;
}

async function inProcess() {
  const running = spawn(process.execPath, [child, library], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const chunk of running.stdout.setEncoding("utf8")) text += chunk;
  return JSON.parse(text);
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const runs = Number(values.runs);
const times = { bare: [], shell: [], imported: [], started: [], connected: [] };
// The first run of each fills the file cache.
for (let run = -1; run < runs; run++) {
  const measured = { bare: await bare(), shell: await shell(), ...(await inProcess()) };
  if (run >= 0) for (const [name, value] of Object.entries(measured)) times[name].push(value);
}
const middle = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
const ms = (value) => `${value.toFixed(0)} ms`;
const slowness = Math.max(1, middle.bare / idleBareInMs);
const limit = (value) =>
  `limit ${ms(value)}${slowness > 1 ? `, here ${ms(value * slowness)}: this machine is slower or busy` : ""}`;
const ofShell = middle.shell - middle.bare;
console.log(`medians of ${runs} runs, Node ${process.versions.node}`);
console.log(`node -e 0: ${ms(middle.bare)}`);
console.log(`from a shell: ${ms(ofShell)} more to the first connection (${limit(shellLimitInMs)})`);
console.log(
  `in a process: ${ms(middle.connected)} to the first connection (${limit(processLimitInMs)}), ` +
    `of which ${ms(middle.imported)} for the import and ${ms(middle.started - middle.imported)} for the start`,
);
const passed = ofShell <= shellLimitInMs * slowness && middle.connected <= processLimitInMs * slowness;
process.exitCode = passed ? 0 : 1;
