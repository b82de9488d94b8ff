import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import commonjs from "@rollup/plugin-commonjs";
import resolve from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import type { Browser } from "playwright-core";
import { rollup } from "rollup";
import { compile } from "svelte/compiler";
import { build as viteBuild, createServer as createViteServer } from "vite";
import webpack from "webpack";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { launchChromium } from "../browser/chromium.js";
import { createConsumer, type Consumer } from "./consumer.js";

/** Each offers `run`, which resolves with what the service has brought it. */
const APPS = {
  complete: `
    import { WebPubSubClient, WebPubSubJsonProtocol } from "web-pubsub-client";
    window.run = async (url) => {
      const client = new WebPubSubClient(url);
      const got = new Promise((resolve) => client.once("group-message", ({ message }) => resolve(message.data)));
      await client.start();
      await client.joinGroup("room");
      await client.sendToGroup("room", new Uint8Array([1, 2, 3]));
      const data = [...new Uint8Array(await got)].join() + " " + WebPubSubJsonProtocol().name;
      await client.stop();
      return data;
    };`,
  core: `
    import { CoreClient } from "web-pubsub-client/core";
    window.run = async (url) => {
      const client = new CoreClient(url);
      const got = new Promise((resolve) => client.once("group-message", ({ message }) => resolve(message.data)));
      await client.start();
      await client.joinGroup("room");
      await client.sendToGroup("room", { from: "the core" });
      const data = JSON.stringify(await got);
      await client.stop();
      return data;
    };`,
  features: `
    import { CoreClient } from "web-pubsub-client/core";
    import { groupHandle } from "web-pubsub-client/groups";
    import { invocations } from "web-pubsub-client/invocations";
    import { presence } from "web-pubsub-client/presence";
    import { keepOverReload } from "web-pubsub-client/resume";
    import { retain } from "web-pubsub-client/retain";
    import { streams } from "web-pubsub-client/streams";
    window.run = async (url) => {
      const client = new CoreClient(url, { releaseDelayInMs: 0 });
      keepOverReload(client, { key: "ann" });
      const [connected, stopped] = ["connected", "stopped"].map((e) => new Promise((done) => client.once(e, done)));
      const release = retain(client);
      await connected;
      await client.joinGroup("room");
      const room = groupHandle(client, "room");
      const got = new Promise((resolve) => room.subscribe(({ data }) => resolve(data)));
      await room.send("message");
      await presence(client).set("room", { mood: "state" });
      const text = new Promise((resolve) => streams(client).onStream((stream) => resolve(stream.text())));
      const writer = await streams(client).open("room");
      await writer.write("stream");
      await writer.end();
      const { data } = await invocations(client).invoke("order", "tea");
      const all = [await got, presence(client).get("room").mood, await text, data.accepted].join(" ");
      release();
      await stopped;
      return all;
    };`,
  protobufCore: `
    import { CoreClient } from "web-pubsub-client/core";
    import { streamFrames, WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf/core";
    import { streams } from "web-pubsub-client/streams";
    window.run = async (url) => {
      const client = new CoreClient(url, { protocol: WebPubSubProtobufReliableProtocol(streamFrames) });
      const text = new Promise((resolve) => streams(client).onStream((stream) => resolve(stream.text())));
      await client.start();
      await client.joinGroup("room");
      const writer = await streams(client).open("room");
      await writer.write("by protobuf");
      await writer.end();
      const data = await text;
      await client.stop();
      return data;
    };`,
  reactGroup: `
    import { createElement } from "react";
    import { createRoot } from "react-dom/client";
    import { useGroup, WebPubSubProvider } from "web-pubsub-client/react";
    window.run = (url) =>
      new Promise((resolve) => {
        function Room() {
          const { status, send } = useGroup("room", ({ data }) => resolve(status + " " + data));
          if (status === "joined") send("by React");
          return null;
        }
        const place = document.body.appendChild(document.createElement("div"));
        createRoot(place).render(createElement(WebPubSubProvider, { url }, createElement(Room)));
      });`,
  svelteGroup: `
    ${
      compile(
        `<script>
          import { provideWebPubSubClient, useGroup } from "web-pubsub-client/svelte";
          const { url, resolve } = $props();
          provideWebPubSubClient({ url });
          const room = useGroup("room", ({ data }) => resolve(room.status + " " + data));
          $effect(() => {
            if (room.status === "joined") room.send("by Svelte");
          });
        </script>`,
        { name: "Room" },
      ).js.code
    }
    import { mount } from "svelte";
    window.run = (url) =>
      new Promise((resolve) => {
        const target = document.body.appendChild(document.createElement("div"));
        mount(Room, { target, props: { url, resolve } });
      });`,
  vueGroup: `
    import { createApp, watch } from "vue";
    import { useGroup, WebPubSubPlugin } from "web-pubsub-client/vue";
    window.run = (url) =>
      new Promise((resolve) => {
        const setup = () => {
          const { status, send } = useGroup("room", ({ data }) => resolve(status.value + " " + data));
          watch(status, (now) => now === "joined" && send("by Vue"));
          return () => null;
        };
        const place = document.body.appendChild(document.createElement("div"));
        createApp({ setup }).use(WebPubSubPlugin, { url }).mount(place);
      });`,
};
type App = keyof typeof APPS;

const RESULTS: Record<App, string> = {
  complete: "1,2,3 json.webpubsub.azure.v1",
  core: `{"from":"the core"}`,
  features: "message state stream true",
  protobufCore: "by protobuf",
  reactGroup: "joined by React",
  svelteGroup: "joined by Svelte",
  vueGroup: "joined by Vue",
};

/** Words that a bundle has only together with a part of the package: of the wire, of options and of errors. */
const MARKS = {
  groups: ["maxBuffered must be", "~standard.validate"],
  history: ["history.load has taken"],
  presence: ["groupStateUpdate", "unsubscribeGroupState"],
  streams: ["streamEnd", "streamNack", "maxUnackedFragments"],
  invocations: ["invokeResponse", "cancelInvocation"],
  retain: ["Stopped before the first connection"],
  observe: ["must be an object with the methods of an Observer"],
  opentelemetry: ["instrument: tracerProvider must be"],
  "OpenTelemetry's API": ["opentelemetry.js.api"],
  resume: ["could not be kept over a reload"],
  tabs: ["serveTabs belongs into", "given no fallback"],
  "the log of the complete client": ["AZURE_LOG_LEVEL"],
  "the emitter of the complete client": ["MaxListenersExceededWarning"],
};
/** What only Node needs. */
const NODE = ["perMessageDeflate", "isomorphic-ws", "ws does not work in the browser"];

/** The parts that an app has to have, and no other. */
const PARTS: Record<App, (keyof typeof MARKS)[]> = {
  complete: (Object.keys(MARKS) as (keyof typeof MARKS)[]).filter(
    (part) => !["observe", "opentelemetry", "OpenTelemetry's API", "resume", "tabs"].includes(part),
  ),
  core: [],
  features: ["groups", "presence", "streams", "invocations", "retain", "resume"],
  protobufCore: ["streams"],
  reactGroup: ["groups", "retain"],
  svelteGroup: ["groups", "retain"],
  vueGroup: ["groups", "retain"],
};

let consumer: Consumer;
let emulator: Emulator;
let browser: Browser;
beforeAll(async () => {
  consumer = createConsumer(["react", "react-dom", "svelte", "vue", "@bufbuild/protobuf"]);
  for (const [name, code] of Object.entries(APPS)) {
    consumer.write(`${name}.js`, code);
    consumer.write(`${name}.html`, `<!doctype html><script type="module" src="/${name}.js"></script>`);
  }
  const order = { events: "order", onEvent: () => ({ data: { accepted: true } }) };
  const options = { hubs: { chat: { handlers: [order] } } };
  [emulator, browser] = await Promise.all([startEmulator(options), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await emulator.close();
  consumer.remove();
});

/** What Rollup leaves to a plugin: frameworks ask for it. */
const PRODUCTION = `globalThis.process = { env: { NODE_ENV: "production" } };`;

const bundlers: Record<string, (app: string, outDir: string) => Promise<unknown>> = {
  esbuild: (app, outdir) =>
    esbuild.build({
      entryPoints: [join(consumer.folder, `${app}.js`)],
      outdir,
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
    }),
  rollup: async (app, dir) => {
    const bundle = await rollup({
      input: join(consumer.folder, `${app}.js`),
      plugins: [resolve({ browser: true, preferBuiltins: false }), commonjs()],
      onwarn: (warning) => {
        // What helpers of the compiler of @bufbuild/protobuf say isn't ours to mend.
        if (warning.code === "THIS_IS_UNDEFINED" && warning.message.includes("@bufbuild/")) return;
        // Nor are the circles in Svelte.
        if (warning.code === "CIRCULAR_DEPENDENCY" && warning.message.includes("svelte/src/")) return;
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") throw new Error(warning.message);
      },
    });
    return bundle.write({ dir, format: "es", intro: app.endsWith("Group") ? PRODUCTION : "" });
  },
  vite: (app, outDir) =>
    viteBuild({
      root: consumer.folder,
      logLevel: "error",
      configFile: false,
      build: { outDir, emptyOutDir: true, rolldownOptions: { input: join(consumer.folder, `${app}.html`) } },
    }),
  webpack: (app, path) =>
    promisify(webpack as (options: webpack.Configuration, done: (error: Error | null) => void) => void)({
      entry: join(consumer.folder, `${app}.js`),
      mode: "production",
      context: consumer.folder,
      output: { path, filename: "app.js" },
    }),
};

const builds = Object.keys(bundlers).flatMap((bundler) =>
  Object.keys(APPS).map((app) => [bundler, app as App] as const),
);

test.each(builds)(
  "a bundle of %s: the app %s runs in Chromium, with nothing else in it",
  async (name, app) => {
    const outDir = join(consumer.folder, `out-${name}-${app}`);
    await bundlers[name]?.(app, outDir);
    const scripts = readdirSync(outDir, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".js"),
    );
    expect(scripts).toHaveLength(1);
    const script = readFileSync(join(outDir, scripts[0] ?? ""));

    const parts = Object.entries(MARKS).filter(([, words]) => words.some((word) => script.includes(word)));
    expect(parts.map(([part]) => part)).toEqual(PARTS[app]);
    for (const [, words] of parts) expect(words.filter((word) => !script.includes(word))).toEqual([]);
    expect(NODE.filter((word) => script.includes(word))).toEqual([]);

    expect(await run(script)).toBe(RESULTS[app]);
  },
);

/** The tables of docs/react.md, docs/svelte.md and docs/vue.md: which names bring which features. */
const BRINGS: [names: string, parts: (keyof typeof MARKS)[]][] = [
  ["useConnection, useServerMessage, useWebPubSubClient", ["retain"]],
  ["useGroup", ["groups", "retain"]],
  ["useGroupMessages", ["groups", "history", "retain"]],
  ["useGroupState", ["groups", "presence", "retain"]],
  ["useGroupStream", ["groups", "streams", "retain"]],
];

test.each(
  [
    ["react", "WebPubSubProvider"],
    ["svelte", "provideWebPubSubClient"],
    ["vue", "WebPubSubPlugin"],
  ].flatMap(([binding, source]) => BRINGS.map(([names, parts]) => ({ binding, source, names, parts }))),
)("$binding: $names bring no more than $parts", async ({ binding, source, names, parts }) => {
  const contents = `export { ${source}, ${names} } from "web-pubsub-client/${binding}";`;
  const { outputFiles } = await esbuild.build({
    stdin: { contents, resolveDir: consumer.folder },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
  });
  const script = outputFiles[0]?.text ?? "";
  const found = Object.entries(MARKS).filter(([, words]) => words.some((word) => script.includes(word)));
  expect(found.map(([part]) => part)).toEqual(parts);
});

/** The commands that docs/browser.md gives for bundles of ES modules for Node. */
const FOR_NODE = Array.from(
  readFileSync(fileURLToPath(new URL("../../docs/browser.md", import.meta.url)), "utf8").matchAll(
    /^```sh\n(esbuild [^]*?)^```$/gm,
  ),
  ([, command = ""]) => command,
);

test("docs/browser.md has two commands of esbuild for Node", () => {
  expect(FOR_NODE).toHaveLength(2);
});

test.each(FOR_NODE)("for Node: %s", async (command) => {
  // The document calls its app so.
  consumer.write(
    "app.js",
    `import { WebPubSubClient } from "web-pubsub-client";
    const client = new WebPubSubClient(process.argv[2]);
    await client.start();
    console.log(client.state);
    await client.stop();`,
  );
  const esbuildBinary = fileURLToPath(new URL("../../node_modules/.bin/esbuild", import.meta.url));
  await consumer.run("sh", ["-ec", command.replace("esbuild", `'${esbuildBinary}' --log-level=error`)]);
  expect(await consumer.node("app.mjs", await emulator.clientAccessUrl("chat"))).toBe("Connected\n");
});

/** How apps take the panel in; each offers `show`, which returns what ends it. */
const PANELS = {
  plain: `
    import { CoreClient } from "web-pubsub-client/core";
    import { mountDevtools } from "web-pubsub-client/devtools";
    window.show = (url) => mountDevtools(new CoreClient(url));`,
  react: `
    import { createElement } from "react";
    import { createRoot } from "react-dom/client";
    import { flushSync } from "react-dom";
    import { CoreClient } from "web-pubsub-client/core";
    import { WebPubSubDevtools } from "web-pubsub-client/devtools/react";
    import { WebPubSubProvider } from "web-pubsub-client/react";
    window.show = (url) => {
      const root = createRoot(document.body.appendChild(document.createElement("div")));
      const panel = createElement(WebPubSubDevtools, { name: "Ann" });
      flushSync(() => root.render(createElement(WebPubSubProvider, { client: new CoreClient(url) }, panel)));
      return () => root.unmount();
    };`,
  vue: `
    import { createApp, h } from "vue";
    import { CoreClient } from "web-pubsub-client/core";
    import { WebPubSubDevtools } from "web-pubsub-client/devtools/vue";
    import { WebPubSubPlugin } from "web-pubsub-client/vue";
    window.show = (url) => {
      const app = createApp({ render: () => h(WebPubSubDevtools, { name: "Ann" }) });
      app.use(WebPubSubPlugin, { client: new CoreClient(url) });
      app.mount(document.body.appendChild(document.createElement("div")));
      return () => app.unmount();
    };`,
};
const COUNTED = `
  window.run = async (url) => {
    const count = () => document.getElementsByTagName("web-pubsub-" + "devtools").length;
    const settled = () => new Promise((done) => setTimeout(done, 0));
    const end = window.show(url);
    await settled();
    const shown = count();
    end();
    await settled();
    return shown + ", then " + count();
  };`;
/** Words of the panel, and of what stands in for it where no condition is set. */
const PANEL = "Timeline, newest first";
const STAND_IN = "there is no panel, since this build";

const withEsbuild =
  (...conditions: string[]) =>
  (app: string, outdir: string) =>
    esbuild.build({
      entryPoints: [join(consumer.folder, `${app}.js`)],
      outdir,
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
      ...(conditions.length > 0 && { conditions }),
    });
/** Vite, and Rollup's plugin, go by this variable; Vitest has set it. */
const inEnv =
  (value: string, name: string): (typeof bundlers)[string] =>
  async (...where) => {
    vi.stubEnv("NODE_ENV", value);
    onTestFinished(() => void vi.unstubAllEnvs());
    await bundlers[name]?.(...where);
  };
const inDevelopment: typeof bundlers = {
  "esbuild --conditions=development": withEsbuild("development"),
  "NODE_ENV=development rollup": inEnv("development", "rollup"),
  "NODE_ENV=development vite build": inEnv("development", "vite"),
  "webpack --mode=development": (app, path) =>
    promisify(webpack as (options: webpack.Configuration, done: (error: Error | null) => void) => void)({
      entry: join(consumer.folder, `${app}.js`),
      mode: "development",
      devtool: false,
      context: consumer.folder,
      output: { path, filename: "app.js" },
    }),
};
const inProduction: typeof bundlers = {
  esbuild: withEsbuild(),
  "esbuild --conditions=production": withEsbuild("production"),
  "NODE_ENV=production rollup": inEnv("production", "rollup"),
  "NODE_ENV=production vite build": inEnv("production", "vite"),
  "webpack --mode=production": (...where) => bundlers["webpack"]?.(...where) ?? Promise.resolve(),
};

test.each([
  ...Object.entries(inProduction).map(([name, build]) => ({ name, build, isForDevelopment: false })),
  ...Object.entries(inDevelopment).map(([name, build]) => ({ name, build, isForDevelopment: true })),
])("the panel is in a bundle for development only: $name", async ({ name, build, isForDevelopment }) => {
  const isUnsaid = name === "esbuild";
  // One bundler is enough to see that the components go the same way.
  for (const kind of name.startsWith("esbuild --")
    ? (["plain", "react", "vue"] as const)
    : (["plain"] as const)) {
    const app = `panel-${kind}`;
    consumer.write(`${app}.js`, PANELS[kind] + COUNTED);
    consumer.write(`${app}.html`, `<!doctype html><script type="module" src="/${app}.js"></script>`);
    const outDir = join(consumer.folder, `out-${name.replaceAll(/\W/g, "")}-${app}`);
    await build(app, outDir);
    const [file = ""] = readdirSync(outDir, { recursive: true, encoding: "utf8" }).filter((each) =>
      each.endsWith(".js"),
    );
    const script = readFileSync(join(outDir, file));
    expect([script.includes(PANEL), script.includes(STAND_IN)], kind).toEqual([isForDevelopment, isUnsaid]);
    expect(await run(script), kind).toBe(isForDevelopment ? "1, then 0" : "0, then 0");
  }
});

test("Vite's server takes the panel in", async () => {
  const server = await createViteServer({
    root: consumer.folder,
    configFile: false,
    logLevel: "error",
    server: { middlewareMode: true, ws: false },
    optimizeDeps: { noDiscovery: true },
  });
  onTestFinished(() => server.close());
  const { pluginContainer } = server.environments.client;
  const importer = join(consumer.folder, "app.js");
  const found = await pluginContainer.resolveId("web-pubsub-client/devtools", importer);
  expect(found?.id).toMatch(/\/dist\/esm\/devtools\.mjs/);
  const component = await pluginContainer.resolveId("web-pubsub-client/devtools/react", importer);
  const within = await pluginContainer.resolveId("#devtools", component?.id);
  expect(within?.id).toMatch(/\/dist\/esm\/devtools\.mjs/);
});

test("under every condition web-pubsub-client/devtools/always is the panel", async () => {
  for (const conditions of [[], ["production"], ["development"]]) {
    const { outputFiles } = await esbuild.build({
      stdin: { contents: `export * from "web-pubsub-client/devtools/always";`, resolveDir: consumer.folder },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      conditions,
    });
    expect(outputFiles[0]?.text).toContain(PANEL);
  }
});

test("where a page requires the package, there is one log, which @azure/logger switches", async () => {
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: `require("@azure/logger").setLogLevel("info"); require("web-pubsub-client");`,
      resolveDir: consumer.folder,
    },
    bundle: true,
    write: false,
    platform: "browser",
  });
  expect(outputFiles[0]?.text.split("AZURE_LOG_LEVEL")).toHaveLength(2);
});

test("where React Native is built for, the platform's own WebSocket is taken", async () => {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(consumer.folder, "core.js")],
    bundle: true,
    write: false,
    platform: "neutral",
    conditions: ["react-native"],
    external: ["react-native", "@react-native-community/netinfo"],
  });
  const script = outputFiles[0]?.text ?? "";
  expect(script).toContain("globalThis.WebSocket");
  expect(NODE.filter((word) => script.includes(word))).toEqual([]);
});

/** What the app in a script makes of a connection. */
async function run(script: Buffer): Promise<string> {
  const server = await serve(script);
  const page = await browser.newPage();
  onTestFinished(async () => {
    await page.close();
    server.close();
  });
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const url = await emulator.clientAccessUrl("chat", {
    roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"],
  });
  await page.waitForFunction(() => "run" in window).catch(() => expect(problems).toEqual([]));
  const data = await page.evaluate(
    (access) => (window as unknown as { run(url: string): Promise<string> }).run(access),
    url,
  );
  expect(problems).toEqual([]);
  return data;
}

async function serve(script: Buffer): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/app.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(
      isScript ? script : `<!doctype html><title>app</title><script type="module" src="/app.js"></script>`,
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}
