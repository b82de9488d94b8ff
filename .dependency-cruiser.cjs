/** Import directions (see ARCHITECTURE.md). A layer may import what stands to its left only. */
const layers = {
  ground: "^src/(util|models|errors\\.ts)",
  middle: "^src/(protocols|environment|session|streams|connection|options\\.ts|credential\\.ts|logger\\.ts)",
  top: "^src/(webPubSubClient\\.ts|groups|index\\.ts)",
  bindings: "^src/(react|vue)",
};

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "ground-knows-nothing-above",
      severity: "error",
      from: { path: layers.ground },
      to: { path: [layers.middle, layers.top, layers.bindings], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "middle-knows-nothing-above",
      severity: "error",
      from: { path: layers.middle },
      to: { path: [layers.top, layers.bindings] },
    },
    {
      name: "core-knows-no-binding",
      severity: "error",
      from: { path: layers.top },
      to: { path: layers.bindings },
    },
    {
      name: "bindings-use-public-names",
      comment: "What a binding needs, others need too: it comes from the entry point.",
      severity: "error",
      from: { path: "^src/(react|vue)/" },
      to: { path: "^src/", pathNot: ["^src/index\\.ts$", "^src/$1/"] },
    },
    {
      name: "client-and-emulator-share-nothing",
      comment: "A shared codec would let client and service agree on the same mistake.",
      severity: "error",
      from: { path: "^emulator/src" },
      to: { path: ["^src", "^dist"] },
    },
    {
      name: "client-knows-no-emulator",
      severity: "error",
      from: { path: "^src" },
      to: { path: "^emulator" },
    },
    {
      name: "service-does-no-io",
      comment: "emulator/src/service runs in virtual time: no transport, no framework, no Node module.",
      severity: "error",
      from: { path: "^emulator/src/service" },
      to: { path: ["^emulator/src/(?!service/)", "node_modules/"] },
    },
    {
      name: "wire-knows-the-service-only",
      severity: "error",
      from: { path: "^emulator/src/wire" },
      to: { path: "^emulator/src/(?!wire/|service/)" },
    },
    {
      name: "http-and-upstream-know-nothing-of-each-other",
      severity: "error",
      from: { path: "^emulator/src/(http|upstream)/" },
      to: { path: "^emulator/src/(http|upstream|admin|config)/", pathNot: "^emulator/src/$1/" },
    },
    {
      name: "service-imports-no-core-module",
      severity: "error",
      from: { path: "^emulator/src/service" },
      to: { dependencyTypes: ["core"] },
    },
    { name: "unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
