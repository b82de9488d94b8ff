import commonjs from "@rollup/plugin-commonjs";
import resolve from "@rollup/plugin-node-resolve";
import { chmodSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import dts from "rollup-plugin-dts";
import esbuild from "rollup-plugin-esbuild";
import license from "rollup-plugin-license";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const { peerDependencies } = JSON.parse(readFileSync(path("package.json"), "utf8"));
const external = (id) => id.startsWith("node:") || id in peerDependencies;

// What earlier builds left would be published too.
rmSync(path("dist"), { recursive: true, force: true });

/** npm does this where it installs the package, but not in this repository. */
const executable = {
  name: "executable",
  writeBundle: () => chmodSync(path("dist/cli.js"), 0o755),
};

/** Pages that test runners imitate may lack these two: who names them, a dependency too, gets ours. */
const coders = path("src/inPage/textCoders.ts");
const textCoders = {
  name: "text-coders",
  transform(code, id) {
    if (id === coders || !/\bText(?:En|De)coder\b/.test(code)) return null;
    const imported = `import { TextDecoder, TextEncoder } from ${JSON.stringify(coders)};`;
    return { code: `${imported}\n${code}`, map: null };
  },
};

/**
 * The dependencies go inside, into few files, since a start spends its time on finding and reading modules. What is
 * imported on first use stays in files of its own.
 */
const program = (input, output, { licenses = false, platform = "node" } = {}) => ({
  input,
  external: platform === "node" ? external : [],
  plugins: [
    resolve({
      extensions: [".ts", ".mjs", ".js"],
      preferBuiltins: platform === "node",
      browser: platform === "browser",
      exportConditions: [platform],
    }),
    // Native helpers of ws that nobody needs; it goes on without them.
    commonjs({ ignore: ["bufferutil", "utf-8-validate"] }),
    esbuild({ target: "node20", tsconfig: false }),
    platform === "browser" && textCoders,
    licenses &&
      license({
        thirdParty: {
          allow: {
            test: (dependency) => /^(MIT|ISC|Apache-2\.0|BSD-[23]-Clause)$/.test(dependency.license ?? ""),
            failOnUnlicensed: true,
            failOnViolation: true,
          },
          output: path("dist/THIRD-PARTY-LICENSES.txt"),
        },
      }),
  ],
  output: { dir: path("dist"), ...output },
  onwarn(warning) {
    throw new Error(warning.message);
  },
});

export default [
  program(
    { index: path("src/index.ts"), cli: path("src/cli.ts") },
    { format: "es", chunkFileNames: "esm/[name].js", plugins: [executable] },
    { licenses: true },
  ),
  program(
    { index: path("src/index.ts") },
    {
      format: "cjs",
      entryFileNames: "[name].cjs",
      chunkFileNames: "cjs/[name].cjs",
      exports: "named",
      interop: "auto",
      // Test runners that load CommonJS have no import().
      dynamicImportInCjs: false,
    },
  ),
  // One file each, without any module of Node.
  ...[
    { format: "es", entryFileNames: "[name].js" },
    { format: "cjs", entryFileNames: "[name].cjs", exports: "named", interop: "auto" },
  ].map((output) => program({ browser: path("src/browser.ts") }, output, { platform: "browser" })),
  {
    input: { index: path("src/index.ts"), browser: path("src/browser.ts") },
    external,
    plugins: [dts({ tsconfig: path("tsconfig.build.json") })],
    output: [
      {
        dir: path("dist"),
        format: "es",
        entryFileNames: "[name].d.ts",
        chunkFileNames: "types/[name].d.ts",
      },
      {
        dir: path("dist"),
        format: "es",
        entryFileNames: "[name].d.cts",
        chunkFileNames: "types/[name].d.cts",
      },
    ],
  },
];
