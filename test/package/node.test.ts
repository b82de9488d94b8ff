import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { compile } from "svelte/compiler";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { createConsumer, type Consumer } from "./consumer.js";
import { emulatorPages } from "./emulatorTarball.js";
import { deadLinks } from "./links.js";

let consumer: Consumer;
let emulator: Emulator;
beforeAll(async () => {
  consumer = createConsumer([
    ...["react", "react-dom", "svelte", "vue", "@bufbuild/protobuf", "@opentelemetry/api"],
    ...["@types/node", "@types/react", "@types/react-dom"],
  ]);
  const order = { events: "order", onEvent: () => ({ data: { accepted: true } }) };
  emulator = await startEmulator({ hubs: { chat: { handlers: [order] } } });
});
afterAll(async () => {
  consumer.remove();
  await emulator.close();
});

const url = (): Promise<string> =>
  emulator.clientAccessUrl("chat", { roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"] });

const PROGRAM = `
async function main(url) {
  const { WebPubSubProtobufReliableProtocol, invocationFrames, presenceFrames, streamFrames } = protobufCore;
  const protocols = [protobuf.WebPubSubProtobufReliableProtocol(), WebPubSubProtobufReliableProtocol()];
  for (const protocol of [undefined, ...protocols]) {
    const client = new complete.WebPubSubClient(url, { protocol });
    const got = new Promise((resolve) => client.once("group-message", ({ message }) => resolve(message.data)));
    await client.start();
    await client.joinGroup("room");
    await client.sendToGroup("room", "crossed");
    console.log(await got, typeof react.WebPubSubProvider, typeof svelte.useGroup, typeof vue.useGroup);
    await client.stop();
  }
  const binary = WebPubSubProtobufReliableProtocol(invocationFrames, presenceFrames, streamFrames);
  for (const protocol of [undefined, ...protocols.slice(0, 1), binary]) {
    const client = new core.CoreClient(url, { releaseDelayInMs: 0, protocol });
    await useFeatures(client, { groups, invocations, presence, retain, streams });
  }
}
main(process.argv[2]).catch((error) => { console.error(error); process.exitCode = 1; });
`;
/** Uses each feature once, on a client that it starts and stops, and prints what came of it. */
const USE_FEATURES = `
async function useFeatures(client, { groups, invocations, presence, retain, streams }) {
  const [connected, stopped] = ["connected", "stopped"].map((e) => new Promise((done) => client.once(e, done)));
  const release = retain.retain(client);
  await connected;
  await client.joinGroup("room");
  const room = groups.groupHandle(client, "room");
  const got = new Promise((resolve) => room.subscribe(({ data }) => resolve(data)));
  await room.send("message");
  await presence.presence(client).set("room", { mood: "state" });
  const { mood } = presence.presence(client).get("room");
  const text = new Promise((resolve) => streams.streams(client).onStream((stream) => resolve(stream.text())));
  const writer = await streams.streams(client).open("room");
  await writer.write("stream");
  await writer.end();
  const { data } = await invocations.invocations(client).invoke("order", "tea");
  console.log(await got, mood, await text, data.accepted);
  release();
  await stopped;
}
`;
const PRINTED = "crossed function function function\n".repeat(3) + "message state stream true\n".repeat(3);
const FEATURES = ["groups", "history", "invocations", "observe", "presence", "resume", "retain", "streams"];
const NAMES = [
  "complete:web-pubsub-client",
  ...["core", ...FEATURES, "opentelemetry", "react", "svelte", "vue", "protobuf"].map(
    (name) => `${name}:web-pubsub-client/${name}`,
  ),
  "protobufCore:web-pubsub-client/protobuf/core",
  "devtools:web-pubsub-client/devtools",
  ...["Always", "React", "Vue"].map(
    (name) => `devtools${name}:web-pubsub-client/devtools/${name.toLowerCase()}`,
  ),
];
const each = (write: (name: string, from: string) => string): string =>
  NAMES.map((entry) => write(...(entry.split(/:(.*)/, 2) as [string, string]))).join("\n");

test("the tarball holds what is published and nothing else", () => {
  for (const file of consumer.files) {
    expect(file).toMatch(
      /^(dist\/.+|docs\/[\w-]+\.(md|svg|webp)|emulator\/(CHANGELOG|README|SECURITY|docs\/[\w-]+)\.md|samples-browser\/README\.md|[A-Z_]+\.md|(emulator\/)?LICENSE|package\.json)$/,
    );
  }
  expect(consumer.files).toContain("dist/browser/web-pubsub-client.min.js");
});

test.each([
  "README.md",
  "CHANGELOG.md",
  "docs/devtools.md",
  "docs/features.md",
  "docs/found-faults.md",
  "docs/frameworks.md",
  "docs/svelte.md",
  "docs/history.md",
  "docs/history-recipes.md",
  "docs/react-native.md",
  "docs/opentelemetry.md",
  ...emulatorPages.map((page) => `emulator/${page}`),
])("every link of %s leads somewhere", (file) => {
  expect(deadLinks(join(consumer.folder, "node_modules/web-pubsub-client"), file)).toEqual([]);
});

test("ESM: every entry point runs", async () => {
  consumer.write(
    "program.mjs",
    each((name, from) => `import * as ${name} from "${from}";`) + USE_FEATURES + PROGRAM,
  );
  expect(await consumer.node("program.mjs", await url())).toBe(PRINTED);
});

test("CommonJS: every entry point runs", async () => {
  consumer.write(
    "program.cjs",
    each((name, from) => `const ${name} = require("${from}");`) + USE_FEATURES + PROGRAM,
  );
  expect(await consumer.node("program.cjs", await url())).toBe(PRINTED);
});

test("features of one build work with clients of the other, and are made once for each", async () => {
  const program = `
    import { createRequire } from "node:module";
    const NAMES = ["core", "${FEATURES.join('", "')}"];
    const require = createRequire(import.meta.url);
    const esm = { complete: await import("web-pubsub-client") };
    const cjs = { complete: require("web-pubsub-client") };
    for (const name of NAMES) {
      esm[name] = await import("web-pubsub-client/" + name);
      cjs[name] = require("web-pubsub-client/" + name);
    }
    ${USE_FEATURES}
    const [url] = process.argv.slice(2);
    for (const [one, other] of [[esm, cjs], [cjs, esm]]) {
      const kinds = [one.core.CoreClient, one.complete.WebPubSubClient];
      if (kinds.some((kind) => [other.core.CoreClient, other.complete.WebPubSubClient].includes(kind)))
        throw new Error("There is one build only.");
      for (const kind of kinds) {
        const client = new kind(url, { releaseDelayInMs: 0 });
        await useFeatures(client, other);
        const same = ["streams", "presence", "invocations"].map((name) => one[name][name](client) === other[name][name](client));
        console.log(same.join());
      }
    }`;
  consumer.write("mixed.mjs", program);
  const lines = "message state stream true\ntrue,true,true\n";
  expect(await consumer.node("mixed.mjs", await url())).toBe(lines.repeat(4));
});

test("handles of both builds share one membership", async () => {
  const program = `
    import { createRequire } from "node:module";
    import { CoreClient } from "web-pubsub-client/core";
    import { groupHandle } from "web-pubsub-client/groups";
    const other = createRequire(import.meta.url)("web-pubsub-client/groups");
    const client = new CoreClient(process.argv[2], { releaseDelayInMs: 0 });
    await client.start();
    const heard = [groupHandle, other.groupHandle].map(
      (make) => new Promise((resolve) => make(client, "room").subscribe(({ data }) => resolve(data))),
    );
    await client.sendToGroup("room", "both");
    console.log((await Promise.all(heard)).join());
    await client.stop();`;
  consumer.write("handles.mjs", program);
  const joins: string[] = [];
  const untrace = emulator.trace(({ type, group }) => type === "joinGroup" && joins.push(group ?? ""));
  expect(await consumer.node("handles.mjs", await url())).toBe("both,both\n");
  untrace();
  expect(joins).toEqual(["room"]);
});

test.each([
  ["one.mjs", (name: string, from: string) => `import * as ${name} from "${from}";`],
  ["one.cjs", (name: string, from: string) => `const ${name} = require("${from}");`],
])(
  "%s: url makes a core client in the bindings, create any client, and it has all features",
  async (file, write) => {
    const program = `
    const url = "wss://host.example/client/hubs/chat";
    for (const source of [{ url }, { create: () => new complete.WebPubSubClient(url) }]) {
      const found = [];
      const Probe = () => found.push(react.useWebPubSubClient()) && null;
      const ui = React.createElement(react.WebPubSubProvider, source, React.createElement(Probe));
      reactServer.renderToString(ui);
      const app = Vue.createSSRApp({ render: () => null }).use(vue.WebPubSubPlugin, source);
      found.push(app.runWithContext(vue.useWebPubSubClient));
      for (const client of found) {
        const kinds = [core.CoreClient, complete.WebPubSubClient].map((kind) => client instanceof kind);
        console.log(...kinds, streams.streams(client) === streams.streams(client));
      }
    }`;
    const more = { React: "react", reactServer: "react-dom/server", Vue: "vue" };
    const imports = Object.entries(more).map(([name, from]) => write(name, from));
    consumer.write(file, [each(write), ...imports, program].join("\n"));
    expect(await consumer.node(file)).toBe("true false true\n".repeat(2) + "true true true\n".repeat(2));
  },
);

test.each([
  ["server.mjs", (name: string, from: string) => `import * as ${name} from "${from}";`],
  ["server.cjs", (name: string, from: string) => `const ${name} = require("${from}");`],
])(
  "%s: what uses the hooks renders on a server, without a window and without a connection",
  async (file, write) => {
    const program = `
    const url = "wss://host.example/client/hubs/chat";
    globalThis.WebSocket = class { constructor() { throw new Error("A server opened a socket."); } };
    const { createElement } = React;
    function Room() {
      const { state } = react.useConnection();
      const { status } = react.useGroup("room", () => {});
      const messages = react.useGroupMessages("room");
      const { states } = react.useGroupState("room");
      return [state, status, messages.length, states.length].join();
    }
    console.log(reactServer.renderToString(createElement(react.WebPubSubProvider, { url }, createElement(Room))));
    const VueRoom = {
      setup() {
        const info = vue.useConnection();
        const { status } = vue.useGroup("room", () => {});
        const messages = vue.useGroupMessages("room");
        const { states } = vue.useGroupState("room");
        return () => [info.value.state, status.value, messages.value.length, states.value.length].join();
      },
    };
    const app = Vue.createSSRApp(VueRoom).use(vue.WebPubSubPlugin, { url });
    vueServer.renderToString(app).then((html) => console.log(html, typeof window, typeof document));`;
    const more = {
      React: "react",
      reactServer: "react-dom/server",
      Vue: "vue",
      vueServer: "vue/server-renderer",
    };
    const imports = Object.entries(more).map(([name, from]) => write(name, from));
    consumer.write(file, [each(write), ...imports, program].join("\n"));
    // Ends by itself, so nothing is left that runs.
    expect(await consumer.node(file)).toBe("Stopped,idle,0,0\nStopped,idle,0,0 undefined undefined\n");
  },
);

test("what uses the functions for Svelte renders on a server, without a window and without a connection", async () => {
  const component = `
    <script>
      import * as svelte from "web-pubsub-client/svelte";
      globalThis.WebSocket = class { constructor() { throw new Error("A server opened a socket."); } };
      svelte.provideWebPubSubClient({ url: "wss://host.example/client/hubs/chat" });
      const connection = svelte.useConnection();
      const room = svelte.useGroup("room", () => {});
      const messages = svelte.useGroupMessages("room");
      const presence = svelte.useGroupState("room");
    </script>
    {connection.state},{room.status},{messages.current.length},{presence.states.length}`;
  consumer.write("Room.js", compile(component, { generate: "server" }).js.code);
  consumer.write(
    "svelteServer.mjs",
    `import { render } from "svelte/server";
    import Room from "./Room.js";
    console.log(render(Room).body, typeof window, typeof document);`,
  );
  // Ends by itself, so nothing is left that runs.
  expect(await consumer.node("svelteServer.mjs")).toMatch(/Stopped,idle,0,0.* undefined undefined\n$/);
});

test.each(["esm/react.mjs", "cjs/react.cjs", "esm/devtools-react.mjs", "cjs/devtools-react.cjs"])(
  "%s tells frameworks that it belongs to the page",
  (file) => {
    const built = readFileSync(join(consumer.folder, "node_modules/web-pubsub-client/dist", file), "utf8");
    expect(built).toMatch(/^['"]use (client|strict)['"];\s*(['"]use client['"];)?/);
    expect(built.split("\n").slice(0, 2).join()).toContain("use client");
  },
);

/** What is typed with each way to find types; declarations of this package and of others are checked too. */
const TYPED = `
  import { WebPubSubClient, type OnGroupDataMessageArgs } from "web-pubsub-client";
  import { WebPubSubProtobufProtocol } from "web-pubsub-client/protobuf";
  import {
    streamFrames,
    WebPubSubProtobufReliableProtocol,
    type ProtobufFrames,
  } from "web-pubsub-client/protobuf/core";
  import {
    CoreClient,
    defineFeature,
    type CoreClientEvents,
    type FeatureHooks,
    type FeaturePort,
  } from "web-pubsub-client/core";
  import { groupHandle, type GroupHandle } from "web-pubsub-client/groups";
  import { presence, type PresenceEvents } from "web-pubsub-client/presence";
  import { streams, type GroupStreamWriter } from "web-pubsub-client/streams";
  import { invocations, InvocationError } from "web-pubsub-client/invocations";
  import { keepOverReload, type KeepOverReloadOptions } from "web-pubsub-client/resume";
  import { retain } from "web-pubsub-client/retain";
  import { contextOf, instrument, type InstrumentOptions } from "web-pubsub-client/opentelemetry";
  const complete = new WebPubSubClient("wss://example", { protocol: WebPubSubProtobufProtocol() });
  complete.on("group-message", (args: OnGroupDataMessageArgs) => args.message.group.length);
  const id: string | undefined = complete.connectionId;
  const small = new CoreClient<CoreClientEvents & PresenceEvents>("wss://example", { logger: { info() {}, warning() {}, error() {} } });
  small.on("group-states-changed", ({ group }) => presence(small).list(group));
  const frames: ProtobufFrames[] = [streamFrames];
  new CoreClient("wss://example", { protocol: WebPubSubProtobufReliableProtocol(...frames) });
  // @ts-expect-error: the core has no events of features
  new CoreClient("wss://example").on("group-states-changed", () => {});
  // @ts-expect-error: the core has no features
  small.group("room");
  // @ts-expect-error: what the core is made of isn't for others
  new CoreClient("wss://example", undefined, { protocol: WebPubSubProtobufProtocol });
  const room: GroupHandle<string> = groupHandle<string>(small, "room");
  const open = (): Promise<GroupStreamWriter> => streams(complete).open("room");
  const failed = (error: unknown): boolean => error instanceof InvocationError && error.code === "Refused";
  const release: () => void = retain(small);
  const keep: KeepOverReloadOptions = { key: "ann", onRestored: ({ kind }, result) => void result.then(() => kind) };
  const end: () => void = keepOverReload(small, keep);
  const traced: InstrumentOptions = { propagate: true, attributes: { tenant: "blue" } };
  export const untrace: () => void = instrument(complete, traced);
  complete.on("group-message", ({ message }) => contextOf(message).getValue(Symbol.for("mine")));
  const count = defineFeature("example/count", (port: FeaturePort) => {
    const own = { messages: 0 };
    const hooks: FeatureHooks = { receive: { groupData: ({ group }) => (own.messages += group.length) } };
    port.listen(hooks);
    return own;
  });
  export const all = { id, room, open, failed, release, end, invoke: invocations(small).invoke, count: count(small).messages };`;
const TYPED_FRAMEWORKS = `
  import { createElement } from "react";
  import { createApp } from "vue";
  import { WebPubSubClient } from "web-pubsub-client";
  import { useWebPubSubClient, WebPubSubProvider } from "web-pubsub-client/react";
  import { provideWebPubSubClient, useConnection, type GroupView } from "web-pubsub-client/svelte";
  import { useGroup, WebPubSubPlugin } from "web-pubsub-client/vue";
  const create = () => new WebPubSubClient("wss://example");
  export const ui = createElement(WebPubSubProvider, { create });
  export const useGroups = () => useWebPubSubClient<WebPubSubClient>().group("room").status;
  export const app = createApp({ setup: () => useGroup("room") }).use(WebPubSubPlugin, { create });
  export const inSvelte = () => provideWebPubSubClient({ create }).state + useConnection().state;
  export type Room = GroupView<string>;`;

/** What programs may write whose TypeScript has the library of `await using`. */
const TYPED_DISPOSAL = `
  import { WebPubSubClient } from "web-pubsub-client";
  import { CoreClient } from "web-pubsub-client/core";
  class Own extends CoreClient {
    override async [Symbol.asyncDispose]() { await super[Symbol.asyncDispose](); }
  }
  export async function main(): Promise<void> {
    await using client = new WebPubSubClient("wss://example");
    await using subscription = client.onGroupStream(() => {});
    const all: AsyncDisposable[] = [client, subscription, new Own("wss://example")];
    await all[0]?.[Symbol.asyncDispose]();
  }`;

test.each([
  ["typescript", "node16", "in pages"],
  ["typescript", "nodenext", "in pages"],
  ["typescript", "bundler", "in pages"],
  ["typescript", "nodenext", "in Node alone"],
  ["typescript", "node16", "without the library of await using"],
  ["typescript", "nodenext", "without the library of await using"],
  ["typescript", "bundler", "without the library of await using"],
  ["typescript57", "nodenext", "in pages"],
  ["typescript57", "bundler", "without the library of await using"],
])(
  "%s takes the types with moduleResolution %s %s, and checks all declarations",
  (compiler, resolution, where) => {
    const inPages = where !== "in Node alone";
    const knowsDisposal = !where.startsWith("without");
    const files = ["typed.ts", ...(resolution === "bundler" ? [] : ["typed.cts"])];
    for (const file of files) consumer.write(file, TYPED);
    if (knowsDisposal) files.push(basename(consumer.write("disposal.ts", TYPED_DISPOSAL)));
    // Declarations of frameworks need a page.
    if (inPages) {
      for (const file of files.filter((each) => each.startsWith("typed."))) {
        files.push(`frameworks-${file}`);
        consumer.write(`frameworks-${file}`, TYPED_FRAMEWORKS);
      }
    }
    consumer.write(
      "tsconfig.json",
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          skipLibCheck: false,
          target: "ES2022",
          lib: ["ES2022", ...(inPages ? ["DOM"] : []), ...(knowsDisposal ? ["ESNext.Disposable"] : [])],
          module: resolution === "bundler" ? "ESNext" : resolution,
          moduleResolution: resolution,
          types: inPages ? [] : ["node"],
        },
        files,
      }),
    );
    const tsc = fileURLToPath(new URL(`../../node_modules/${compiler}/bin/tsc`, import.meta.url));
    const run = (): string => {
      try {
        return execFileSync(process.execPath, [tsc, "-p", consumer.folder]).toString();
      } catch (error) {
        return String((error as { stdout?: Buffer }).stdout);
      }
    };
    expect(run()).toBe("");
  },
);

test("publint finds nothing", async () => {
  const pkgDir = join(consumer.folder, "node_modules/web-pubsub-client");
  const { messages, pkg } = await publint({ pkgDir, strict: true, pack: false });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test("are-the-types-wrong finds nothing for the resolutions in use", async () => {
  const tarball = readdirSync(consumer.folder).find((name) => name.endsWith(".tgz")) ?? "";
  const analysis = await checkPackage(
    createPackageFromTarballData(readFileSync(join(consumer.folder, tarball))),
  );
  if (!analysis.types) throw new Error("no types in the tarball");
  // Node 10 doesn't know `exports`; no supported Node resolves so. The browser build is ESM only.
  const problems = analysis.problems.filter(
    (problem) =>
      !("resolutionKind" in problem && problem.resolutionKind === "node10") &&
      !("entrypoint" in problem && problem.entrypoint === "./browser"),
  );
  expect(problems).toEqual([]);
});
