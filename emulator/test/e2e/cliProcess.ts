import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

/** Starts the service as a shell does. */
export function run(...args: string[]) {
  return runWith({}, ...args);
}

/** The same, with more variables. */
export function runWith(more: NodeJS.ProcessEnv, ...args: string[]) {
  return spawned([cli, ...args], more);
}

/** A Node process with TypeScript; it ends with the test. */
export function spawned(args: string[], more: NodeJS.ProcessEnv = {}) {
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", ...args], {
    env: { ...process.env, ...more },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { out: "", err: "" };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (output.out += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (output.err += chunk));
  const exit = once(child, "close").then(([code]) => code as number | null);
  return { child, output, exit };
}
