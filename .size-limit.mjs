// What an app's visitors download, minified and gzipped. `scripts/size.mjs` runs it on the built package and checks the
// budgets that stand there.

const file = (name) => `dist/esm/${name}.mjs`;

/** @param imports by entry point: what is imported from it */
const app = (name, imports, ignore = []) => ({
  name,
  path: file(Object.keys(imports)[0]),
  import: Object.fromEntries(Object.entries(imports).map(([entry, names]) => [file(entry), names])),
  gzip: true,
  ignore,
});

/** size-limit would leave peer dependencies out. */
const withPeers = (entry) => ({
  ...entry,
  modifyEsbuildConfig: (config) => ({ ...config, external: [] }),
});

const core = { core: "{ CoreClient }" };
const features = {
  groups: "{ groupHandle }",
  presence: "{ presence }",
  streams: "{ streams }",
  invocations: "{ invocations }",
};
const history = { history: "{ groupHandle }" };
/** What the bindings use; history has groups in it. */
const bound = {
  ...core,
  ...Object.fromEntries(Object.entries(features).filter(([entry]) => entry !== "groups")),
  ...history,
  retain: "{ retain }",
};

export default [
  app("core", core),
  app("complete", { index: "{ WebPubSubClient }" }),
  ...Object.entries(features).map(([entry, names]) => app(entry, { ...core, [entry]: names })),
  app("history", { ...core, ...history }),
  app("observe", { ...core, observe: "{ observe }" }),
  app("opentelemetry", { ...core, observe: "{ observe }", opentelemetry: "{ contextOf, instrument }" }, [
    "@opentelemetry/api",
  ]),
  app("resume", { ...core, resume: "{ keepOverReload }" }),
  app("tabs: the page", { ...core, tabs: "{ throughWorker }" }),
  app("tabs: the worker", { ...core, tabs: "{ serveTabs }" }),
  app("what the bindings use", bound),
  app("react", { ...bound, react: "*" }, ["react"]),
  app("svelte", { ...bound, svelte: "*" }, ["svelte"]),
  app("vue", { ...bound, vue: "*" }, ["vue"]),
  app("devtools", { ...core, observe: "{ observe }", devtools: "{ mountDevtools }" }),
  app("react: useGroup alone", { react: "{ WebPubSubProvider, useGroup }" }, ["react"]),
  withPeers(app("protobuf, complete", { ...core, protobuf: "{ WebPubSubProtobufReliableProtocol }" })),
  withPeers(app("protobuf/core", { ...core, "protobuf-core": "{ WebPubSubProtobufReliableProtocol }" })),
  {
    name: "@azure/web-pubsub-client",
    path: "node_modules/@azure/web-pubsub-client/dist/browser/index.js",
    import: "{ WebPubSubClient }",
    gzip: true,
  },
];
