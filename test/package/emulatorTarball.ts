import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { limit } from "../helpers/patience.js";

const folder = fileURLToPath(new URL("../../emulator/", import.meta.url));

/** The packed local service. */
export interface Tarball {
  readonly path: string;
  /** Paths inside it. */
  readonly files: readonly string[];
}

/** @param into folder that gets the tarball */
export function packEmulator(into: string): Tarball {
  const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", into], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ filename, files }] = JSON.parse(packed.toString()) as [
    { filename: string; files: { path: string }[] },
  ];
  return { path: join(into, filename), files: files.map(({ path }) => path) };
}

/** Puts the tarball where npm would: it asks for no other package. @returns where it is. */
export function unpackEmulator({ path }: Tarball, project: string): string {
  const target = join(project, "node_modules/web-pubsub-emulator");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", path, "-C", target, "--strip-components=1"]);
  return target;
}

/** A folder with nothing in it, and what removes it. */
export function emptyFolder(): { readonly folder: string; remove(): void } {
  const made = mkdtempSync(join(tmpdir(), "web-pubsub-empty-"));
  return { folder: made, remove: () => rmSync(made, { recursive: true, force: true }) };
}

/** Runs a program in a folder and resolves with all that it prints; rejects with that when it fails. */
export async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const options = {
    cwd,
    timeout: limit(60_000),
    env: { ...process.env, NODE_OPTIONS: "", CI: "true", NO_COLOR: "1" },
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, options);
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** The local service's README and the pages that it links to, as paths inside its package. */
export const emulatorPages: readonly string[] = [
  "README.md",
  ...readdirSync(join(folder, "docs"), { encoding: "utf8" }).map((name) => `docs/${name}`),
];

/** Where a page of the local service is. */
export const emulatorPage = (page: string): string => join(folder, page);

/** The code blocks of a page under a heading, in their order. */
export function blocksUnder(heading: string, file = emulatorPage("README.md")): readonly string[] {
  const [, section] = readFileSync(file, "utf8").split(`\n## ${heading}\n`);
  if (section === undefined) throw new Error(`${file} has no heading ${heading}.`);
  const own = section.split("\n## ")[0] ?? "";
  return Array.from(own.matchAll(/^```\w+\n([^]*?)^```$/gm), ([, code]) => code ?? "");
}
