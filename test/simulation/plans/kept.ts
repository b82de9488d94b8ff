import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "./plan.js";

/** A plan that has failed once, named after what was wrong. */
export interface KeptPlan {
  readonly name: string;
  readonly plan: Plan;
}

const LONGEST_NAME = 100;

/** All plans of a folder, by the names of their files. */
export function readKept(folder: string): KeptPlan[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as KeptPlan);
}

/** Writes a plan into a file of its own. @returns the name of the file */
export function keep(folder: string, kept: KeptPlan): string {
  const slug = slugOf(kept.name);
  let file = `${slug}.json`;
  for (let number = 2; existsSync(join(folder, file)); number++) file = `${slug}-${number}.json`;
  writeFileSync(join(folder, file), print(kept));
  return file;
}

function slugOf(name: string): string {
  const words = name
    .toLowerCase()
    .replace(/'/g, "")
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  let slug = words.shift() ?? "plan";
  for (const word of words) {
    if (slug.length + word.length >= LONGEST_NAME) break;
    slug += `-${word}`;
  }
  return slug;
}

/** A line for each client and each step: short to read, and a small change is a small diff. */
function print({ name, plan: { seed, duration, clients, steps } }: KeptPlan): string {
  return `{
  "name": ${JSON.stringify(name)},
  "plan": {
    "seed": ${seed},
    "duration": ${duration},
    "clients": ${lines(clients)},
    "steps": ${lines(steps)}
  }
}
`;
}

function lines(items: readonly unknown[]): string {
  if (items.length === 0) return "[]";
  return `[\n${items.map((item) => `      ${JSON.stringify(item)}`).join(",\n")}\n    ]`;
}
