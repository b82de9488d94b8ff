/** Apps for React Native: its published sources, its bundler Metro, and its compiler Hermes. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { limit } from "../helpers/patience.js";
import type { Consumer } from "./consumer.js";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

interface Manifest {
  dependencies: Record<string, string>;
}
const { dependencies } = JSON.parse(readFileSync(path("../../package.json"), "utf8")) as Manifest;

/** The tools, what React Native's sources import, and what the client does. */
const PACKAGES = {
  metro: "0.83.8",
  "@react-native/metro-config": "0.83.10",
  // Reads the syntax of the newest sources.
  "newest-transformer": "npm:@react-native/metro-babel-transformer@0.88.1",
  "hermes-compiler": "260318099.0.5",
  // Under another name, so that an app has it only where its test says so.
  netinfo: "npm:@react-native-community/netinfo@12.0.1",
  "@babel/runtime": "^7.28.0",
  "abort-controller": "^3.0.0",
  "base64-js": "^1.5.1",
  "event-target-shim": "^5.0.1",
  invariant: "^2.2.4",
  nullthrows: "^1.1.1",
  react: "19.2.0",
  "react-test-renderer": "19.2.0",
  "whatwg-fetch": "^3.6.20",
  ...dependencies,
};

/**
 * Its index would bring all of its components. This one gives what the client and NetInfo ask for, from the same files.
 */
const INDEX = `
const of = (module) => module.default ?? module;
module.exports = {
  get AppState() { return of(require("./Libraries/AppState/AppState")); },
  get NativeEventEmitter() { return of(require("./Libraries/EventEmitter/NativeEventEmitter")); },
  get NativeModules() { return of(require("./Libraries/BatchedBridge/NativeModules")); },
  get Platform() { return of(require("./Libraries/Utilities/Platform")); },
  get TurboModuleRegistry() { return require("./Libraries/TurboModule/TurboModuleRegistry"); },
};
`;

/** What Metro is to make; `metro.cjs` reads it. */
export interface Bundle {
  /** A version of React Native. */
  readonly version: string;
  /** Inside the consumer. */
  readonly entry: string;
  readonly out: string;
  readonly withNetInfo?: boolean;
  /** Instead of those of React Native's own configuration. */
  readonly conditions?: string[];
}

/** Where tools and sources are kept; what is inside is exchanged when they change. */
const home = path(
  `../../node_modules/.cache/react-native-${createHash("sha256").update(JSON.stringify(PACKAGES)).digest("hex").slice(0, 8)}`,
);
const sources = (version: string): string => join(home, "versions", version, "node_modules/react-native");

/** Loads the tools, and the sources of these versions. */
export async function prepareReactNative(versions: readonly string[]): Promise<void> {
  if (!existsSync(join(home, "node_modules"))) {
    const fresh = `${home}-${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    writeFileSync(join(fresh, "package.json"), JSON.stringify({ private: true, dependencies: PACKAGES }));
    // Without React Native itself, which NetInfo would bring.
    const flags = ["--legacy-peer-deps", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
    await run("npm", ["install", "--silent", ...flags], fresh);
    rmSync(home, { recursive: true, force: true });
    renameSync(fresh, home);
  }
  for (const version of versions) {
    const target = sources(version);
    if (existsSync(target)) continue;
    const fresh = join(home, `fresh-${version}-${process.pid}`);
    mkdirSync(fresh, { recursive: true });
    await run("npm", ["pack", "--prefer-offline", "--silent", `react-native@${version}`], fresh);
    // Its sources, and the compiler that older versions bring; the package is large.
    const wanted = ["package.json", "Libraries", "src", "sdks/hermesc/linux64-bin"].map(
      (each) => `package/${each}`,
    );
    const from = ["-xzf", `react-native-${version}.tgz`, "--strip-components=1"];
    // Not all of them have all of these: tar names what is missing, and unpacks the others.
    await run("tar", [...from, ...wanted], fresh).catch(() => undefined);
    rmSync(join(fresh, `react-native-${version}.tgz`));
    writeFileSync(join(fresh, "index.js"), INDEX);
    mkdirSync(join(target, ".."), { recursive: true });
    renameSync(fresh, target);
  }
}

/** Bundles with Metro and React Native's own configuration. Resolves with what Metro warned of. */
export async function bundleWithMetro(consumer: Consumer, bundles: readonly Bundle[]): Promise<string> {
  const given = bundles.map(({ version, ...rest }) => ({ ...rest, version, sources: sources(version) }));
  const order = consumer.write(
    "metro.json",
    JSON.stringify({ home, project: consumer.folder, bundles: given }),
  );
  return await run(process.execPath, [path("metro.cjs"), order], consumer.folder);
}

/** Compiles a bundle as the build of an app does. Rejects with the compiler's errors. */
export async function compileWithHermes(version: string, script: string): Promise<string> {
  const own = join(sources(version), "sdks/hermesc/linux64-bin/hermesc");
  const compiler = existsSync(own)
    ? own
    : join(home, "node_modules/hermes-compiler/hermesc/linux64-bin/hermesc");
  await run(compiler, ["-O", "-w", "-emit-binary", "-out", `${script}.hbc`, script], home);
  return `${script}.hbc`;
}

/** Whether the compiler's binaries run here. */
export const hasHermes = process.platform === "linux" && process.arch === "x64";

async function run(command: string, args: string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    cwd,
    timeout: limit(120_000),
    maxBuffer: 1 << 26,
  });
  return stdout;
}
