// A crowd of clients whose service goes away for 20 s, in virtual time: when they come back, and how hard they knock.
//   npm run herd                          100,000 clients; prints the figures, writes docs/herd.svg
//   npm run herd -- --frontier            the policies that were weighed
//   npm run herd -- --clients 10000 --no-image
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "100000" },
    frontier: { type: "boolean", default: false },
    "no-image": { type: "boolean", default: false },
  },
});

const root = new URL("..", import.meta.url);
const folder = new URL(`node_modules/.cache/herd/${process.pid}/`, root);
mkdirSync(folder, { recursive: true });
const outfile = fileURLToPath(new URL("main.mjs", folder));
await build({
  entryPoints: [fileURLToPath(new URL("test/herd/main.ts", root))],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
});
const job = {
  clients: Number(values.clients),
  frontier: values.frontier,
  ...(!values["no-image"] && { image: "docs/herd.svg" }),
};
const child = spawn(process.execPath, [outfile, JSON.stringify(job)], {
  stdio: "inherit",
  cwd: fileURLToPath(root),
});
process.exitCode = await new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
rmSync(folder, { recursive: true, force: true });
