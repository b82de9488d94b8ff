import { unwatchFile, watchFile } from "node:fs";
import type { HubOptions } from "../hubOptions.js";
import { type FileConfig, readConfig } from "./configFile.js";

/** How often the file is looked at, in milliseconds. Polling finds a change however an editor or a mount makes it. */
const intervalInMs = 200;

/** Who is told what became of a change. */
export interface ConfigWatcher {
  readonly apply: (hubs: Readonly<Record<string, HubOptions>>) => Promise<void>;
  readonly applied: (message: string) => void;
  readonly rejected: (message: string) => void;
}

/**
 * Applies what is changed about hubs in the file, as soon as it is saved; a bad file changes nothing.
 * @param initial what the file held when the service started.
 * @returns what ends it.
 */
export function watchConfig(path: string, initial: FileConfig, watcher: ConfigWatcher): () => void {
  let work = Promise.resolve();
  const changed = () => {
    work = work.then(async () => reload(path, initial, watcher));
  };
  watchFile(path, { interval: intervalInMs, persistent: false }, changed);
  return () => unwatchFile(path, changed);
}

/** Never rejects. */
async function reload(
  path: string,
  initial: FileConfig,
  { apply, applied, rejected }: ConfigWatcher,
): Promise<void> {
  try {
    const config = await readConfig(path);
    await apply(config.options.hubs ?? {});
    const later = otherChanges(initial, config);
    applied(
      `${path} was read again: hubs and their handlers are as it says now.` +
        (later.length === 0 ? "" : ` Start again to change ${later.join(", ")}.`),
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    rejected(`${message}\nThe last good configuration stays in force.`);
  }
}

/** Names of the settings that hold from the start to the end. */
function otherChanges(before: FileConfig, after: FileConfig): readonly string[] {
  const flat = ({ options, hub, verbose }: FileConfig) => ({
    ...options,
    hub,
    verbose,
    hubs: undefined,
    log: undefined,
  });
  const [old, now] = [flat(before), flat(after)] as [Record<string, unknown>, Record<string, unknown>];
  const text = (value: unknown) => JSON.stringify(value);
  return Object.keys({ ...old, ...now }).filter((name) => text(old[name]) !== text(now[name]));
}
