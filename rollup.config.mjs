import commonjs from "@rollup/plugin-commonjs";
import resolve from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import dts from "rollup-plugin-dts";
import esbuild from "rollup-plugin-esbuild";

const { dependencies, peerDependencies = {} } = JSON.parse(readFileSync("package.json", "utf8"));
const packages = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
const external = (id) => packages.some((name) => id === name || id.startsWith(`${name}/`));

/**
 * The built modules ask for the platform by a name that package.json resolves by conditions (`imports`), so that
 * bundles for browsers leave Node's part out.
 */
const PLATFORM = "#platform";
const platform = {
  name: "platform",
  resolveId: (id, importer) =>
    importer !== undefined && id.endsWith("/platform.js") ? { id: PLATFORM, external: true } : null,
};
const platforms = {
  platform: "src/core/environment/platform.ts",
  "platform.browser": "src/core/environment/platform.browser.ts",
  "platform.native": "src/core/environment/platform.native.ts",
};
/** The same in a build for browsers, where everything is inside. */
const inBrowsers = {
  name: "platform in browsers",
  resolveId: (id) =>
    id.endsWith("/platform.js")
      ? fileURLToPath(new URL(platforms["platform.browser"], import.meta.url))
      : null,
};

/** The components of the panel ask for it in the same way: bundles for production leave it out. */
const panel = {
  name: "panel",
  resolveId: (id, importer) =>
    id === "./index.js" && /\/devtools\/(react|vue)\.ts$/.test(importer)
      ? { id: "#devtools", external: true }
      : null,
};

const typescript = () => esbuild({ target: "es2022", tsconfig: false });
const resolveTs = () => resolve({ extensions: [".ts", ".tsx", ".mjs", ".js"] });

/**
 * Dependencies that are ES modules under the condition `browser`, also where that is `require`d, as in Jest with jsdom.
 * The CommonJS build asks for them by names that package.json resolves by conditions (`imports`): to a copy in CommonJS
 * there, and to the dependency itself in Node and in bundlers, so that `setLogLevel` of `@azure/logger` has its effect.
 */
const esmInBrowsers = { "#abort-controller": "@azure/abort-controller", "#logger": "@azure/logger" };
/** Elsewhere, by way of a file: Metro reads no `imports` at all of a package where one of them names a package. */
const filesInCommonJs = {
  name: "files for CommonJS",
  generateBundle() {
    for (const [name, id] of Object.entries(esmInBrowsers))
      this.emitFile({
        type: "asset",
        fileName: `${name.slice(1)}.cjs`,
        source: `module.exports = require("${id}");\n`,
      });
  },
};
const nameInCommonJs = (id) => Object.keys(esmInBrowsers).find((name) => esmInBrowsers[name] === id) ?? id;

/** Entry points: their name in `dist` and their source. */
const entries = {
  index: "src/index.ts",
  core: "src/core/index.ts",
  ...Object.fromEntries(
    ["groups", "history", "invocations", "observe", "presence", "resume", "retain", "streams", "tabs"].map(
      (name) => [name, `src/features/${name}/index.ts`],
    ),
  ),
  protobuf: "src/protobuf/index.ts",
  "protobuf-core": "src/protobuf/core.ts",
  opentelemetry: "src/opentelemetry/index.ts",
  react: "src/react/index.ts",
  svelte: "src/svelte/index.ts",
  vue: "src/vue/index.ts",
  devtools: "src/devtools/index.ts",
  "devtools-off": "src/devtools/off.ts",
  "devtools-absent": "src/devtools/absent.ts",
  "devtools-react": "src/devtools/react.ts",
  "devtools-vue": "src/devtools/vue.ts",
};
/**
 * The core is one chunk, with its modules in the order of its imports: what belongs together stands together, which
 * compresses better than what the features happen to share. Without what the platforms import, which must not import
 * them in turn.
 */
const manualChunks = (id) =>
  id.endsWith("/base64.ts") ? "base64" : /\/src\/core\/(?!.*\/platform)/.test(id) ? "core" : undefined;
/** Frameworks that render on servers are told which modules belong to the page. */
const banner = ({ name }) => (name.endsWith("react") ? '"use client";' : "");

export default [
  {
    input: { ...entries, ...platforms },
    external,
    plugins: [platform, panel, resolveTs(), typescript()],
    output: [
      {
        dir: "dist/esm",
        format: "es",
        entryFileNames: "[name].mjs",
        chunkFileNames: "chunks/[name].mjs",
        manualChunks,
        hoistTransitiveImports: false,
        banner,
        sourcemap: true,
      },
      {
        dir: "dist/cjs",
        format: "cjs",
        entryFileNames: "[name].cjs",
        chunkFileNames: "chunks/[name].cjs",
        manualChunks,
        hoistTransitiveImports: false,
        banner,
        sourcemap: true,
        exports: "named",
        interop: "auto",
        paths: nameInCommonJs,
        plugins: [filesInCommonJs],
      },
    ],
  },
  {
    input: Object.fromEntries(
      Object.entries(esmInBrowsers).map(([name, id]) => [`${name.slice(1)}.browser`, id]),
    ),
    plugins: [resolve({ browser: true, preferBuiltins: false })],
    output: {
      dir: "dist/cjs",
      format: "cjs",
      entryFileNames: "[name].cjs",
      chunkFileNames: "chunks/[name].cjs",
    },
  },
  {
    // For a script tag: everything inside, under one global name.
    input: "src/browser.ts",
    plugins: [
      inBrowsers,
      resolve({ browser: true, preferBuiltins: false, extensions: [".ts", ".mjs", ".js"] }),
      commonjs(),
      typescript(),
    ],
    output: {
      file: "dist/browser/web-pubsub-client.min.js",
      format: "iife",
      name: "WebPubSub",
      sourcemap: true,
      plugins: [terser({ ecma: 2020, compress: { passes: 2 } })],
    },
  },
  {
    // For `<script type="module">` without a bundler.
    input: "src/browser.ts",
    plugins: [
      inBrowsers,
      resolve({ browser: true, preferBuiltins: false, extensions: [".ts", ".mjs", ".js"] }),
      commonjs(),
      typescript(),
    ],
    output: { file: "dist/browser/web-pubsub-client.mjs", format: "es", sourcemap: true },
  },
  {
    input: { ...entries, browser: "src/browser.ts" },
    external: (id) => external(id) || id.startsWith("node:"),
    plugins: [
      dts({ tsconfig: "tsconfig.json", compilerOptions: { noEmit: false, paths: {}, stripInternal: true } }),
    ],
    output: [
      {
        dir: "dist/types",
        format: "es",
        entryFileNames: "[name].d.ts",
        chunkFileNames: "chunks/[name].d.ts",
      },
      {
        dir: "dist/types",
        format: "es",
        entryFileNames: "[name].d.cts",
        chunkFileNames: "chunks/[name].d.cts",
      },
    ],
  },
];
