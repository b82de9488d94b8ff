import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { EmulatorOptions } from "./options.js";

/** The options in a file: a JSON object, or the default export of a JavaScript module. Not checked yet. */
export async function readConfig(path: string): Promise<EmulatorOptions> {
  const file = resolve(path);
  try {
    if (file.toLowerCase().endsWith(".json")) {
      return JSON.parse(await readFile(file, "utf8")) as EmulatorOptions;
    }
    const module = (await import(pathToFileURL(file).href)) as { default?: EmulatorOptions };
    if (module.default === undefined) throw new Error("it has no default export");
    return module.default;
  } catch (error) {
    throw new Error(
      `The options in ${path} can't be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
