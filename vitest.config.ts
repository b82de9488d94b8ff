import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { svelteComponents } from "./test/bindings/support/svelteCompiler.js";
import { missingEngines, TEST_FILES } from "./test/browser/engines/installed.js";
import { limit, PATIENCE } from "./test/helpers/patience.js";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const alias = [
  { find: /^web-pubsub-client$/, replacement: path("./src/index.ts") },
  { find: /^web-pubsub-client\/core$/, replacement: path("./src/core/index.ts") },
  {
    find: /^web-pubsub-client\/(groups|history|presence|streams|invocations|observe|resume|retain|tabs)$/,
    replacement: path("./src/features/$1/index.ts"),
  },
  { find: /^web-pubsub-client\/protobuf$/, replacement: path("./src/protobuf/index.ts") },
  { find: /^web-pubsub-client\/protobuf\/core$/, replacement: path("./src/protobuf/core.ts") },
  { find: /^web-pubsub-client\/opentelemetry$/, replacement: path("./src/opentelemetry/index.ts") },
  { find: /^web-pubsub-client\/react$/, replacement: path("./src/react/index.ts") },
  { find: /^web-pubsub-client\/svelte$/, replacement: path("./src/svelte/index.ts") },
  { find: /^web-pubsub-client\/vue$/, replacement: path("./src/vue/index.ts") },
  { find: /^web-pubsub-client\/devtools(\/always)?$/, replacement: path("./src/devtools/index.ts") },
  { find: /^web-pubsub-client\/devtools\/(react|vue)$/, replacement: path("./src/devtools/$1.ts") },
  { find: /^web-pubsub-emulator$/, replacement: path("./emulator/src/index.ts") },
  { find: /^web-pubsub-emulator\/browser$/, replacement: path("./emulator/src/browser.ts") },
];

/** @param longestInMs what a test takes at most on a developer's machine; while you work on one that hangs: `--testTimeout 5000` */
const project = (name: string, include: string[], longestInMs: number) => ({
  resolve: { alias },
  test: {
    name,
    include,
    testTimeout: limit(longestInMs),
    hookTimeout: limit(60_000),
    expect: { poll: { timeout: PATIENCE } },
    setupFiles: ["test/helpers/waitPatiently.ts"],
  },
});

/** The same tests with a client that speaks protobuf. */
const onProtobuf = ({ resolve, test }: ReturnType<typeof project>) => ({
  resolve,
  test: { ...test, env: { SCRIPTED_PROTOCOL: "protobuf" } },
});

/** In a real browser: traces of a failure are left, and modules run once before all the files. */
const inBrowser = ({ resolve, test }: ReturnType<typeof project>, ...globalSetup: string[]) => ({
  resolve,
  test: {
    ...test,
    globalSetup,
    setupFiles: [...test.setupFiles, "test/browser/traces.ts"],
    exclude: [...configDefaults.exclude, ...missingEngines().map((name) => TEST_FILES[name])],
  },
});

/** Tests of the React and Vue bindings, in a page by jsdom. */
const bindings = (
  name: string,
  include: string[],
  more: { readonly alias?: typeof alias; readonly env?: Record<string, string> } = {},
) => {
  const { test } = project(name, include, 30_000);
  return {
    resolve: { alias: [...alias, ...(more.alias ?? [])] },
    test: {
      ...test,
      environment: "./test/bindings/support/domEnvironment.ts",
      env: more.env,
      // To be processed, so that the aliases hold within it too.
      server: { deps: { inline: [/@testing-library\/react/, /@vue\/test-utils/] } },
    },
  };
};

const react18 = {
  alias: [
    // The other build of this package asks for React where no alias reaches.
    {
      find: /^@testing-library\/react$/,
      replacement: path("./node_modules/@testing-library/react/dist/@testing-library/react.esm.js"),
    },
    { find: /^(react|react-dom)(?=$|\/)/, replacement: path("./test/bindings/react18/node_modules/$1") },
  ],
  env: { REACT_MAJOR: "18" },
};

const vue34 = {
  alias: [
    {
      find: /^@vue\/test-utils$/,
      replacement: path("./node_modules/@vue/test-utils/dist/vue-test-utils.esm-bundler.mjs"),
    },
    { find: /^vue(?=$|\/)/, replacement: path("./node_modules/vue34") },
  ],
  env: { VUE_MINOR: "3.4" },
};

/** Svelte as pages have it. Its package gives Node what renders on servers. */
const svelteInPage = (name: string): typeof alias => {
  const source = path(`./node_modules/${name}/src`);
  return [
    { find: /^svelte$/, replacement: `${source}/index-client.js` },
    { find: /^svelte\/(reactivity|store)$/, replacement: `${source}/$1/index-client.js` },
    { find: /^svelte\/internal\/client$/, replacement: `${source}/internal/client/index.js` },
    { find: /^svelte\/internal\/(?!client$)/, replacement: `${source}/internal/` },
    { find: /^esm-env$/, replacement: path("./test/bindings/support/svelteInPage.ts") },
  ];
};

/** Tests of the functions for Svelte, whose components are compiled. */
const onSvelte = (title: string, name: string, exclude: string[] = []) => {
  const manifest = readFileSync(path(`./node_modules/${name}/package.json`), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const { resolve, test } = bindings(title, ["test/bindings/svelte*.test.ts"], {
    alias: svelteInPage(name),
    env: { SVELTE_PACKAGE: name, SVELTE_VERSION: version },
  });
  return {
    resolve,
    plugins: [svelteComponents(name, "client")],
    test: {
      ...test,
      exclude: [SVELTE_ON_SERVERS, ...exclude],
      server: { deps: { inline: [/node_modules\/svelte(57)?\//, /node_modules\/esm-env/] } },
    },
  };
};
const SVELTE_ON_SERVERS = "test/bindings/svelteServer.test.ts";

export default defineConfig({
  test: {
    // Vitest would leave one core out, half of a small machine, and most files wait more than they compute.
    maxWorkers: availableParallelism(),
    teardownTimeout: PATIENCE,
    // A shared build machine may stand still for seconds: there a test that fails is tried once more,
    // and the report says so. Nowhere else.
    retry: process.env["CI"] === "true" ? 1 : 0,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts", "emulator/src/**/*.ts"],
      reporter: ["text-summary", "html", "json-summary"],
    },
    projects: [
      project("unit", ["test/unit/**/*.test.ts", "emulator/test/unit/**/*.test.ts"], 60_000),
      project("scripted", ["test/scripted/**/*.test.ts"], 10_000),
      onProtobuf(
        project(
          "scripted on protobuf",
          [
            "test/scripted/{invocation,groupState,observe,stateWatches,resume*}.test.ts",
            "test/scripted/streams/*.test.ts",
          ],
          10_000,
        ),
      ),
      project("simulation", ["test/{simulation,herd}/**/*.test.ts"], 120_000),
      project("e2e", ["test/{e2e,network,soak}/**/*.test.ts", "emulator/test/e2e/**/*.test.ts"], 30_000),
      // By `npm run test:slow` only.
      ...(process.env["SLOW"] === "1" ? [project("slow", ["emulator/test/slow/**/*.test.ts"], 240_000)] : []),
      inBrowser(
        project("browser", ["test/browser/**/*.test.ts"], 60_000),
        "test/browser/unpackChromium.ts",
        "test/browser/buildSamples.ts",
        "test/browser/engines/sayMissing.ts",
      ),
      inBrowser(project("package", ["test/package/**/*.test.ts"], 120_000), "test/browser/unpackChromium.ts"),
      project("types", ["test/types/**/*.test.ts"], 60_000),
      bindings("bindings", ["test/bindings/!(svelte)*.test.ts?(x)"]),
      bindings("bindings on React 18", ["test/bindings/react*.test.tsx"], react18),
      bindings("bindings on Vue 3.4", ["test/bindings/vue*.test.ts"], vue34),
      onSvelte("bindings on Svelte", "svelte"),
      onSvelte("bindings on Svelte 5.7", "svelte57", ["test/bindings/svelteDocs.test.ts"]),
      {
        ...bindings("bindings on a server with Svelte", [SVELTE_ON_SERVERS]),
        plugins: [svelteComponents("svelte", "server")],
      },
    ],
  },
});
