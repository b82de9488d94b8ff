import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { RawClient, until } from "./harness.js";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

function run(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", cli, ...args]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { out: "", err: "" };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (output.out += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (output.err += chunk));
  const exit = once(child, "close").then(([code]) => code as number | null);
  return { child, output, exit };
}

test.each(["SIGINT", "SIGTERM"] as const)(
  "prints where it is and a URL that works; %s ends it cleanly",
  async (signal) => {
    const { child, output, exit } = run("--port", "0", "--hub", "news");
    await until(() => output.out.includes("Client URL") && output.out.endsWith("\n"));
    expect(output.out).toMatch(/http:\/\/127\.0\.0\.1:\d+\n/);
    expect(output.out).toMatch(/Endpoint=http:\/\/127\.0\.0\.1:\d+;AccessKey=\w+;Version=1\.0;\n/);
    const client = new RawClient(/ws:\S+/.exec(output.out)?.[0] ?? "");
    await until(() => client.connected);
    expect(await client.join("g")).toMatchObject({ success: true });
    child.kill(signal);
    expect((await client.gone()).code).toBe(1001);
    expect(await exit).toBe(0);
    expect(output.err).toBe("");
  },
);

test("--help and --version", async () => {
  const [help, version] = [run("--help"), run("-v")];
  expect(await help.exit).toBe(0);
  expect(help.output.out).toContain("--port");
  expect(await version.exit).toBe(0);
  expect(version.output.out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  [["--prot", "1"], 2, "--prot"],
  [["--port", "x"], 2, "--port must be a number"],
  [["--port", "99999"], 1, "port must be a number from 0 to 65535"],
  [["--port", "0", "--hub", "1"], 1, "hub name"],
])("%j is refused", async (args, code, message) => {
  const { output, exit } = run(...args);
  expect(await exit).toBe(code);
  expect(output.err).toContain(message);
  expect(output.err).not.toContain("    at ");
});

test.each([
  ["options.json", JSON.stringify({ port: 0, hubs: { news: { anonymous: true } } })],
  ["options.mjs", "export default { port: 0, hubs: { news: { anonymous: true } } };"],
])("takes options from %s; a host that isn't loopback is warned of", async (name, content) => {
  const folder = await mkdtemp(join(tmpdir(), "emulator-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), content);
  const { output } = run("--config", join(folder, name), "--host", "0.0.0.0");
  await until(() => output.out.includes("Client URL"));
  const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(output.out)?.[0] ?? "";
  const client = new RawClient(`${endpoint.replace("http", "ws")}/client/hubs/news`);
  await until(() => client.connected);
  client.socket.close();
  await until(() => output.err.includes("Listening on 0.0.0.0"));
});

test.each([
  ["none.json", "can't be read"],
  ["none.mjs", "can't be read"],
])("without the file %s it says so", async (name, message) => {
  const { output, exit } = run("-c", name);
  expect(await exit).toBe(1);
  expect(output.err).toContain(message);
});
