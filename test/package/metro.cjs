// Bundles apps for Android with Metro, as `reactNative.ts` orders.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const { home, project, bundles } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const load = createRequire(join(home, "package.json"));
const { getDefaultConfig, mergeConfig } = load("@react-native/metro-config");
const { FileStore } = load("metro-cache");
const Metro = load("metro");

/** React Native's own configuration, and where things are. */
function configure({ sources, version, withNetInfo, conditions }) {
  const modules = join(home, "node_modules");
  return mergeConfig(getDefaultConfig(project), {
    projectRoot: project,
    watchFolders: [project, sources, modules],
    maxWorkers: 1,
    cacheStores: [new FileStore({ root: join(home, "metro-cache") })],
    fileMapCacheDirectory: project,
    reporter: {
      update({ type, message }) {
        if (type === "resolver_warning") console.log(message);
      },
    },
    resolver: {
      useWatchman: false,
      nodeModulesPaths: [modules],
      extraNodeModules: {
        "react-native": sources,
        ...(withNetInfo && { "@react-native-community/netinfo": join(modules, "netinfo") }),
      },
      ...(conditions && { unstable_conditionNames: conditions }),
    },
    ...(version.startsWith("0.88.") && {
      transformer: { babelTransformerPath: load.resolve("newest-transformer") },
    }),
    // The app's entry says itself what it needs of React Native.
    serializer: { getModulesRunBeforeMainModule: () => [] },
  });
}

(async () => {
  for (const bundle of bundles)
    await Metro.runBuild(configure(bundle), {
      entry: join(project, bundle.entry),
      platform: "android",
      dev: false,
      minify: false,
      out: bundle.out,
    });
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
