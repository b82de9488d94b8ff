import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { checkBoolean, checkObject, checkString, optional } from "../check.js";
import { checkHubName } from "../hubOptions.js";
import { type EmulatorOptions, checkOptions, optionNames } from "../options.js";

/** What a configuration file may hold. */
export interface FileConfig {
  readonly options: EmulatorOptions;
  /** Hub of the client URL that is printed. */
  readonly hub?: string | undefined;
  readonly verbose?: boolean | undefined;
}

/**
 * Reads and checks a file: a JSON object, or the default export of a JavaScript module. Rejects with an error that
 * names the file, the key and what it must be.
 */
export async function readConfig(path: string): Promise<FileConfig> {
  try {
    return isModule(path)
      ? check(await importFresh(resolve(path)), [])
      : checkJson(await readFile(path, "utf8"));
  } catch (error) {
    throw new Error(`${basename(resolve(path))}: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file.";
  if (code === "EISDIR") return "it is a folder, but must be a JSON file or a module.";
  return error.message;
}

function isModule(path: string): boolean {
  return /\.[cm]?js$/i.test(path);
}

/** Modules are kept by their URL: one of its own each time gets what the file holds now. */
async function importFresh(file: string): Promise<unknown> {
  const url = pathToFileURL(file);
  url.searchParams.set("read", String(reads++));
  const module = (await import(url.href)) as { default?: unknown };
  if (module.default === undefined) throw new Error("it has no default export.");
  return module.default;
}
let reads = 0;

function checkJson(text: string): FileConfig {
  const json = text.replace(/^\uFEFF/, "");
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new SyntaxError(
      `it is not JSON: ${placed(error instanceof Error ? error.message : String(error), json)}`,
      {
        cause: error,
      },
    );
  }
  // JSON has no functions.
  return check(value, ["log"]);
}

function check(value: unknown, impossible: readonly string[]): FileConfig {
  const known = ["$schema", "hub", "verbose", ...optionNames.filter((name) => !impossible.includes(name))];
  const { $schema, hub, verbose, ...options } = checkObject("the configuration", value, known);
  optional($schema, (given) => checkString("$schema", given));
  checkOptions(options);
  return {
    options,
    hub: optional(hub, (given) => checkHubName("hub", given)),
    verbose: optional(verbose, (given) => checkBoolean("verbose", given)),
  };
}

/** Says line and column where the parser only counts characters. */
function placed(message: string, text: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined || /line \d+/.test(message)) return message.replaceAll(/\s+/g, " ");
  const before = text.slice(0, Number(position)).split("\n");
  return `${message} (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}
