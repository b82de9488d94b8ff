/** React Native's own `WebSocket`, `URL` and `URLSearchParams`, from its published sources. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Plugin } from "esbuild";
import { limit } from "../helpers/patience.js";

/** The parts that lie on native code or that this world leaves out, by the end of their path. */
const STAND_INS: Record<string, string> = {
  "Blob/Blob": "export default class Blob {}",
  "Blob/BlobManager": "export default { isAvailable: false }",
  NativeBlobModule: "export default undefined",
  NativeWebSocketModule: "export default native.sockets",
  "EventEmitter/NativeEventEmitter":
    "export default class { addListener(name, listener) { return native.listen(name, listener); } }",
  "Utilities/Platform": `export default { OS: "android" }`,
  "featureflags/ReactNativeFeatureFlags":
    "export const enableNativeEventTargetEventDispatching = () => false;",
};
/** What its sources import, and what takes out their types. */
const PACKAGES = ["flow-remove-types@2", "base64-js@1", "invariant@2", "event-target-shim@5"];
/** The few of its files that are needed: the package is large. */
const FILES = [
  "Libraries/Blob/URL*",
  "Libraries/WebSocket/*",
  "Libraries/Utilities/*",
  "src/private/webapis/*",
];

/** A folder with the sources of some versions. */
export class ReactNativeSources {
  readonly #folder = mkdtempSync(join(tmpdir(), "react-native-sources-"));

  /** Loads what the sources need. */
  async prepare(): Promise<void> {
    writeFileSync(join(this.#folder, "package.json"), JSON.stringify({ private: true }));
    await this.#run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...PACKAGES]);
  }

  /** A module that puts the classes of a version onto the global object. */
  async install(version: string): Promise<string> {
    const name = `react-native-${version}`;
    await this.#run("npm", ["pack", "--prefer-offline", "--silent", `react-native@${version}`]);
    mkdirSync(join(this.#folder, name));
    const wildcards = FILES.map((each) => `package/${each}`);
    const from = ["-xzf", `${name}.tgz`, "-C", name, "--strip-components=1", "--wildcards"];
    // Older versions haven't all of them; tar names those and unpacks the others.
    await this.#run("tar", [...from, ...wildcards]).catch(() => undefined);
    const entry = join(this.#folder, `${name}.js`);
    writeFileSync(
      entry,
      `import WebSocket from "./${name}/Libraries/WebSocket/WebSocket";
       import { URL, URLSearchParams } from "./${name}/Libraries/Blob/URL";
       Object.assign(globalThis, { WebSocket, URL, URLSearchParams });`,
    );
    return entry;
  }

  /** Takes the types out of the sources and puts stand-ins for native parts in. */
  get plugin(): Plugin {
    const removeTypes = createRequire(join(this.#folder, "x.js"))("flow-remove-types") as (
      source: string,
      options: { all: boolean },
    ) => { toString(): string };
    const here = `${this.#folder}/react-native-`;
    return {
      name: "react-native",
      setup(build) {
        build.onResolve({ filter: /^\./ }, ({ path, importer }) => {
          const name = Object.keys(STAND_INS).find((each) => path.endsWith(each));
          return importer.startsWith(here) && name !== undefined
            ? { path: name, namespace: "stand-in" }
            : null;
        });
        build.onLoad({ filter: /.*/, namespace: "stand-in" }, ({ path }) => ({
          contents: STAND_INS[path] ?? "",
        }));
        build.onLoad({ filter: /\.js$/ }, ({ path }) => {
          if (!path.startsWith(here) || !existsSync(path)) return null;
          // As in its own build, a field that only has a type is none: this loader leaves those out.
          const contents = removeTypes(readFileSync(path, "utf8"), { all: true }).toString();
          return { contents, loader: "ts" };
        });
      },
    };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run(command: string, args: string[]): Promise<void> {
    await promisify(execFile)(command, args, { cwd: this.#folder, timeout: limit(120_000) });
  }
}
