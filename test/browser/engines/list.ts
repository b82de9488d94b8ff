import { afterAll, beforeAll } from "vitest";
import type { Abilities, Engine } from "./engine.js";
import { coreTests } from "./list/core.js";
import { keptTabTests } from "./list/keptTabs.js";
import { lifeTests } from "./list/life.js";
import { reloadTests } from "./list/reloads.js";
import { sampleTests } from "./list/samples.js";
import { streamTests } from "./list/streams.js";
import { tabTests } from "./list/tabs.js";

/** The one list of tests that every engine runs, in this file's engine. */
export function runList(launch: () => Promise<Engine>, abilities: Abilities): void {
  let engine: Engine | undefined;
  beforeAll(async () => {
    engine = await launch();
    console.info(`${engine.name} ${engine.version}`);
  });
  afterAll(() => engine?.close());
  const running = (): Engine => {
    if (engine === undefined) throw new Error("The browser hasn't started.");
    return engine;
  };
  const parts = [coreTests, streamTests, lifeTests, reloadTests, keptTabTests, tabTests, sampleTests];
  for (const part of parts) part(running, abilities);
}
