import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TabsPlan } from "./plan.js";

/** A plan that has failed once, named after what was wrong. */
export interface KeptTabsPlan {
  readonly name: string;
  readonly plan: TabsPlan;
}

/** All plans of a folder, by the names of their files. */
export function readKeptTabs(folder: string): KeptTabsPlan[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as KeptTabsPlan);
}
