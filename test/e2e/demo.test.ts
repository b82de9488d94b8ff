import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { anyGroup, hub, House, until } from "./harness.js";

const demo = fileURLToPath(new URL("../../demo/demo.mjs", import.meta.url));

/** Starts the demo on our sources; its output is no terminal. */
function start(...args: string[]): { output: () => string; code: Promise<number | null> } {
  const child = spawn(process.execPath, ["--import", "tsx", demo, ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const code = once(child, "close").then(([exitCode]) => exitCode as number | null);
  return { output: () => output, code };
}

/** The figures in the demo's last line, by their names. */
function figures(output: string): Record<string, number> {
  const line = output.trimEnd().split("\n").at(-1) ?? "";
  return Object.fromEntries(
    [...line.matchAll(/([a-z][a-z ]*) (\d+)/g)].map(([, name = "", value]) => [name, Number(value)]),
  );
}

test("the demo loses nothing over three cuts and a refused recovery, and prints no progress into a file", async () => {
  const { output, code } = start();
  expect(await code, output()).toBe(0);
  expect(figures(output())).toEqual({
    sent: 4_800,
    received: 9_600,
    of: 9_600,
    lost: 0,
    doubled: 0,
    "out of order": 0,
    recoveries: 5,
    reconnections: 0,
  });
  expect(output()).toMatch(/was refused, tries again in \d+ ms/);
  expect(output()).not.toContain("\r");
});

test("with --url it runs elsewhere, and a double makes it fail", async () => {
  await using house = await House.open();
  const url = await house.emulator.clientAccessUrl(hub, { userId: "somebody", roles: anyGroup });
  const { output, code } = start("--url", url, "--messages", "1000");
  // A message that was published already, or will be.
  const group = await until(() => {
    const [first, second, third] = house.hub.connections().map(({ groups }) => groups[1]);
    return first === second && second === third && first;
  });
  house.hub.sendToGroup(group, `ann in ${group}#1`);
  expect(await code, output()).toBe(1);
  expect(figures(output())).toMatchObject({ sent: 6_000, of: 18_000, lost: 0, doubled: 3, reconnections: 0 });
});

test("a token without rights is told what it needs", async () => {
  await using house = await House.open();
  const { output, code } = start("--url", await house.emulator.clientAccessUrl(hub, { roles: [] }));
  expect(await code, output()).toBe(1);
  expect(output()).toContain("webpubsub.joinLeaveGroup and webpubsub.sendToGroup");
});

test("a mistake in the arguments shows the usage", async () => {
  const { output, code } = start("--ulr", "x");
  expect(await code).toBe(2);
  expect(output()).toContain("Usage: npm run demo");
});
