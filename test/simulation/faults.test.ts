import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { limit } from "../helpers/patience.js";
import { faults } from "./faults/faults.mjs";
import { plant } from "./faults/plant.mjs";

const script = fileURLToPath(new URL("../../scripts/simulateMutants.mjs", import.meta.url));

test("every planted fault still has its place in the code", () => {
  const lost = faults.flatMap((fault) => {
    const { lost: why } = plant(fault);
    return why === undefined ? [] : [`${fault.name}: ${why}`];
  });
  expect(lost).toEqual([]);
});

const EXAMPLE = { name: "an example", in: "Outbox.takeNext", find: "this.#ready.shift()", put: "undefined" };

test.each([
  ["declared nowhere", { in: "Outbox.takeLast" }, /^client or service declares no Outbox\.takeLast$/],
  ["declared elsewhere", { of: "service" as const }, /^service declares no Outbox\.takeNext$/],
  ["without its text", { find: "this.#ready.pop()" }, /^the text is not in Outbox\.takeNext \(src\/\S+\)$/],
  [
    "with its text twice",
    { find: "operation.place" },
    /^the text is in Outbox\.takeNext \d times \(src\/\S+\)$/,
  ],
])("a fault %s is lost, with the reason", (_, change, why) => {
  expect(plant({ ...EXAMPLE, ...change })).toEqual({ lost: expect.stringMatching(why) as string });
});

test("a fault finds its text however it is broken into lines", () => {
  const plain = plant({ ...EXAMPLE, find: "if (!operation) return" });
  expect(plain.lost).toBeUndefined();
  expect(plant({ ...EXAMPLE, find: "if(!operation\n )\n  return" })).toEqual(plain);
});

// All of them take minutes: npm run simulate:mutants.
test("the simulation finds faults planted on purpose", { timeout: limit(300_000) }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--quick", "--runs", "500"]);
  expect(stdout).toMatch(/^55 faults, 0 survived/m);
});
