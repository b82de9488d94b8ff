// Many clients, a service and a network that fails in every way, each in a process of its own; every message is counted.
//   npm run soak -- --minutes 10 --clients 200
//   npm run soak -- --minutes 0.2 --clients 20 --seed 7
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    clients: { type: "string", default: "200" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const job = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
for (const [name, value] of Object.entries(job)) {
  if (!(value > 0)) throw new RangeError(`--${name} must be a number above 0.`);
}

const root = new URL("..", import.meta.url);
const path = (relative) => fileURLToPath(new URL(relative, root));
const folder = path(`node_modules/.cache/soak/${process.pid}/`);
mkdirSync(folder, { recursive: true });
await build({
  entryPoints: ["main", "service", "fleet"].map((name) => path(`test/soak/${name}.ts`)),
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  alias: {
    "web-pubsub-client": path("src/index.ts"),
    "web-pubsub-emulator": path("emulator/src/index.ts"),
  },
});
const child = spawn(process.execPath, [`${folder}main.mjs`, JSON.stringify(job)], {
  stdio: "inherit",
  // Where the emulator's own packages are found.
  cwd: path("."),
});
process.exitCode = await new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
rmSync(folder, { recursive: true, force: true });
