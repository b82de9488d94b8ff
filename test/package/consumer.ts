import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { limit } from "../helpers/patience.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}

/** A project of a user's that has installed the packed tarball, and nothing that the tarball doesn't ask for. */
export interface Consumer {
  readonly folder: string;
  /** Paths inside the tarball. */
  readonly files: string[];
  write(name: string, text: string): string;
  /** Runs Node in the project and resolves with what it prints; meanwhile this process may serve it. */
  node(file: string, ...args: string[]): Promise<string>;
  /** The same with any command. */
  run(command: string, args: string[]): Promise<string>;
  remove(): void;
}

/** @param extra packages of the user's own, such as a framework */
export function createConsumer(extra: string[] = []): Consumer {
  const folder = mkdtempSync(join(tmpdir(), "web-pubsub-consumer-"));
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    }).toString(),
  ) as [{ filename: string; files: { path: string }[] }];
  const modules = join(folder, "node_modules");
  const target = join(modules, "web-pubsub-client");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, packed.filename), "-C", target, "--strip-components=1"]);
  const manifest = JSON.parse(readFileSync(join(target, "package.json"), "utf8")) as Manifest;
  for (const name of [...Object.keys(manifest.dependencies), ...extra]) link(name, modules);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module" }),
  );
  const run: Consumer["run"] = async (command, args) =>
    (await promisify(execFile)(command, args, { cwd: folder, timeout: limit(60_000) })).stdout;
  return {
    folder,
    files: packed.files.map(({ path }) => path),
    write(name, text) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    node: (file, ...args) => run(process.execPath, [join(folder, file), ...args]),
    run,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Copies or links an installed package: a copy where it must resolve its own peers in the consumer. */
function link(name: string, modules: string): void {
  const source = join(root, "node_modules", name);
  const place = join(modules, name);
  mkdirSync(dirname(place), { recursive: true });
  if (name === "isomorphic-ws") cpSync(source, place, { recursive: true });
  else symlinkSync(source, place, "dir");
}
