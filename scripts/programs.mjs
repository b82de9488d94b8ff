// TypeScript programs of this repository, run in Node processes of their own.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = new URL("..", import.meta.url);

/** A path as it stands in the repository, absolute. */
export const path = (relative) => fileURLToPath(new URL(relative, root));

/** A folder for bundles, where they find the packages that are installed. It goes when the script ends. */
export function makeFolder(name) {
  const folder = path(`node_modules/.cache/${name}/${process.pid}/`);
  mkdirSync(folder, { recursive: true });
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Bundles entry points, `{ name: file }`, as `name.mjs` in a folder. */
export async function bundle(folder, entries, options = {}) {
  await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, path(file)])),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    ...options,
  });
}

/**
 * Starts a program, whose first argument is its job as JSON.
 * @param options those of `spawn`; besides, `flags` for Node, and `yields`: whatever else runs goes first
 */
export function start(file, job, { flags = [], yields = false, ...options } = {}) {
  const child = spawn(process.execPath, [...flags, file, JSON.stringify(job)], {
    stdio: "inherit",
    ...options,
  });
  if (yields && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  return child;
}

/** The exit code of a program, once it has ended; 1 for one that was killed. */
export const ended = (child) => new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
