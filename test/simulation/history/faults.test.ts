import { build } from "esbuild";
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plant } from "../faults/plant.mjs";
import type { run } from "./run.js";

const path = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));
const folder = path(`node_modules/.cache/history-faults/${process.pid}/`);
/** So many seeds a fault may survive. */
const SEEDS = 300;

beforeAll(() => mkdir(folder, { recursive: true }));
afterAll(() => rm(folder, { recursive: true, force: true }));

const FAULTS = [
  {
    name: "a lost connection opens no gap",
    in: "HistoryFeed.#changed",
    find: "this.#open(false);",
    put: "this.#gaps.length;",
  },
  {
    name: "copies of what was loaded are shown",
    in: "Copies.isNew",
    find: "if (keys.has(key)) return false;",
    put: "",
  },
  {
    name: "received messages don't wait for the load",
    in: "HistoryFeed.#changed",
    find: "this.#held = [];",
    put: "this.#held = undefined;",
  },
  {
    name: "only one page is loaded",
    in: "HistoryFeed.#fillPart",
    find: "let isOver =",
    put: "let isOver = true ||",
  },
  {
    name: "what overflows is forgotten",
    in: "HistoryFeed.#received",
    find: "this.#hasOverflowed = true;",
    put: "",
  },
  {
    name: "what is loaded late is shown in the middle of what was received",
    in: "HistoryFeed.#fillPart",
    find: "if (!gap.to) this.#give(fresh);",
    put: "this.#give(fresh);",
  },
  {
    name: "a load that fails isn't tried again",
    in: "HistoryFeed.#fill",
    find: "if (retries >= reconnectRetry.maxRetries) return this.#settled();",
    put: "if (retries >= 0) return this.#settled();",
  },
  {
    name: "the store is asked again for what it has answered before a failure",
    in: "HistoryFeed.#fillPart",
    find: "gap.after = missed.at(-1) ?? after;",
    put: "",
  },
  {
    name: "a load that nobody answers holds everything up",
    in: "HistoryFeed.#page",
    find: "this.#timer.after(PATIENCE,",
    put: "this.#timer.after(PATIENCE * 1e4,",
  },
];

/** The simulation with one fault planted; without any if there is none. */
async function simulation(fault: (typeof FAULTS)[number] | undefined, name: string): Promise<typeof run> {
  const planted = fault && plant({ ...fault, of: "client" });
  expect(planted?.lost).toBeUndefined();
  const outfile = `${folder}${name}.mjs`;
  await build({
    entryPoints: [path("test/simulation/history/run.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    alias: { "web-pubsub-client": path("src/index.ts") },
    plugins: [
      {
        name: "fault",
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, (args) =>
            planted?.lost === undefined && args.path === planted?.file
              ? { contents: planted.contents, loader: "ts" }
              : undefined,
          ),
      },
    ],
  });
  return ((await import(pathToFileURL(outfile).href)) as { run: typeof run }).run;
}

/** What a simulation finds, and with which seed. */
async function find(simulate: typeof run): Promise<string | undefined> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const violation = await simulate(seed);
    if (violation !== undefined) return `seed ${seed}: ${violation}`;
  }
  return undefined;
}

test("nothing is found where nothing is planted", async () => {
  expect(await find(await simulation(undefined, "none"))).toBeUndefined();
});

test.each(FAULTS)("found: $name", async (fault) => {
  const found = await find(await simulation(fault, String(FAULTS.indexOf(fault))));
  expect(found).toEqual(expect.any(String));
});
