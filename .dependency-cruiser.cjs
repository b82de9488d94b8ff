/** Import directions (see ARCHITECTURE.md). Imports of types count like any other. */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "core-knows-no-feature",
      comment: "What is in the core is paid by every app; a feature is asked for.",
      severity: "error",
      from: { path: "^src/core/" },
      to: { path: "^src/(?!core/)" },
    },
    {
      name: "features-know-core-and-at-most-groups",
      severity: "error",
      from: { path: "^src/features/([^/]+)/" },
      to: { path: "^src/(?!core/)", pathNot: ["^src/features/$1/", "^src/features/groups/"] },
    },
    {
      name: "protobuf-knows-the-core",
      severity: "error",
      from: { path: "^src/protobuf/" },
      to: { path: "^src/(?!core/|protobuf/)" },
    },
    {
      name: "bindings-use-entry-points",
      comment: "What a binding needs, others need too: it comes from an entry point.",
      severity: "error",
      from: { path: "^src/(react|vue)/" },
      to: { path: "^src/", pathNot: ["^src/(core|features/[^/]+)/index\\.ts$", "^src/$1/"] },
    },
    {
      name: "the-house-knows-no-binding",
      severity: "error",
      from: { path: "^src/(?!react/|vue/)" },
      to: { path: "^src/(react|vue)/" },
    },
    {
      name: "util-knows-nothing-above",
      severity: "error",
      from: { path: "^src/core/util/" },
      to: { path: "^src/core/(?!util/|environment/environment\\.ts$|models/)" },
    },
    {
      name: "connection-and-session-meet-by-interfaces",
      severity: "error",
      from: { path: "^src/core/connection/" },
      to: { path: "^src/core/session/" },
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
