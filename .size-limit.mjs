// What an app's visitors download, minified and gzipped; checked by `npm run size` on the built package.
// A budget is what is reached, rounded up: whoever adds code sees what it costs.

const client = "dist/esm/index.mjs";
const clientAlone = ["./chunks/*", "@azure/*", "events", "isomorphic-ws"];

export default [
  {
    name: "web-pubsub-client",
    path: client,
    import: "{ WebPubSubClient }",
    gzip: true,
    limit: "29.7 kB",
  },
  {
    name: "@azure/web-pubsub-client, for comparison",
    path: "node_modules/@azure/web-pubsub-client/dist/browser/index.js",
    import: "{ WebPubSubClient }",
    gzip: true,
  },
  {
    name: "web-pubsub-client/react, beside react and the client",
    path: "dist/esm/react.mjs",
    import: "*",
    gzip: true,
    ignore: [...clientAlone, "react"],
    limit: "1.6 kB",
  },
  {
    name: "web-pubsub-client/vue, beside vue and the client",
    path: "dist/esm/vue.mjs",
    import: "*",
    gzip: true,
    ignore: [...clientAlone, "vue"],
    limit: "1.4 kB",
  },
  {
    name: "web-pubsub-client/protobuf with @bufbuild/protobuf, beside the client",
    path: "dist/esm/protobuf.mjs",
    import: "*",
    gzip: true,
    limit: "5 kB",
    // size-limit would leave peer dependencies out.
    modifyEsbuildConfig: (config) => ({ ...config, external: clientAlone }),
  },
];
