import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { createConsumer, type Consumer } from "./consumer.js";
import { deadLinks } from "./links.js";

let consumer: Consumer;
let emulator: Emulator;
beforeAll(async () => {
  consumer = createConsumer(["react", "react-dom", "vue", "@bufbuild/protobuf"]);
  emulator = await startEmulator();
});
afterAll(async () => {
  consumer.remove();
  await emulator.close();
});

const url = (): Promise<string> =>
  emulator.clientAccessUrl("chat", { roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"] });

const PROGRAM = `
async function main(url) {
  for (const protocol of [undefined, protobuf.WebPubSubProtobufReliableProtocol()]) {
    const client = new core.WebPubSubClient(url, { protocol });
    const got = new Promise((resolve) => client.once("group-message", ({ message }) => resolve(message.data)));
    await client.start();
    await client.joinGroup("room");
    await client.sendToGroup("room", "crossed");
    console.log(await got, typeof react.WebPubSubProvider, typeof vue.useGroup);
    await client.stop();
  }
}
main(process.argv[2]).catch((error) => { console.error(error); process.exitCode = 1; });
`;
const NAMES = [
  "core:web-pubsub-client",
  "react:web-pubsub-client/react",
  "vue:web-pubsub-client/vue",
  "protobuf:web-pubsub-client/protobuf",
];
const each = (write: (name: string, from: string) => string): string =>
  NAMES.map((entry) => write(...(entry.split(/:(.*)/, 2) as [string, string]))).join("\n");

test("the tarball holds what is published and nothing else", () => {
  for (const file of consumer.files) {
    expect(file).toMatch(
      /^(dist\/.+|docs\/[\w-]+\.(md|svg)|emulator\/(README|SECURITY)\.md|[A-Z]+\.md|(emulator\/)?LICENSE|package\.json)$/,
    );
  }
  expect(consumer.files).toContain("dist/browser/web-pubsub-client.min.js");
});

test.each(["README.md", "CHANGELOG.md", "emulator/README.md"])("every link of %s leads somewhere", (file) => {
  expect(deadLinks(join(consumer.folder, "node_modules/web-pubsub-client"), file)).toEqual([]);
});

test("ESM: every entry point runs", async () => {
  consumer.write("program.mjs", each((name, from) => `import * as ${name} from "${from}";`) + PROGRAM);
  expect(await consumer.node("program.mjs", await url())).toBe("crossed function function\n".repeat(2));
});

test("CommonJS: every entry point runs", async () => {
  consumer.write("program.cjs", each((name, from) => `const ${name} = require("${from}");`) + PROGRAM);
  expect(await consumer.node("program.cjs", await url())).toBe("crossed function function\n".repeat(2));
});

test.each([
  ["one.mjs", (name: string, from: string) => `import * as ${name} from "${from}";`],
  ["one.cjs", (name: string, from: string) => `const ${name} = require("${from}");`],
])("%s: the bindings make clients of the one class", async (file, write) => {
  const program = `
    const is = [];
    const url = "wss://host.example/client/hubs/chat";
    const Probe = () => is.push(react.useWebPubSubClient() instanceof core.CoreClient) && null;
    reactServer.renderToString(React.createElement(react.WebPubSubProvider, { url }, React.createElement(Probe)));
    const app = Vue.createSSRApp({ render: () => null }).use(vue.WebPubSubPlugin, { url });
    is.push(app.runWithContext(vue.useWebPubSubClient) instanceof core.CoreClient);
    console.log(is.join());`;
  const more = { React: "react", reactServer: "react-dom/server", Vue: "vue" };
  const imports = Object.entries(more).map(([name, from]) => write(name, from));
  consumer.write(file, [each(write), ...imports, program].join("\n"));
  expect(await consumer.node(file)).toBe("true,true\n");
});

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

test.each(["esm/react.mjs", "cjs/react.cjs"])("%s tells frameworks that it belongs to the page", (file) => {
  const built = readFileSync(join(consumer.folder, "node_modules/web-pubsub-client/dist", file), "utf8");
  expect(built).toMatch(/^['"]use (client|strict)['"];\s*(['"]use client['"];)?/);
  expect(built.split("\n").slice(0, 2).join()).toContain("use client");
});

test.each(["node16", "nodenext", "bundler"])(
  "TypeScript finds the types with moduleResolution %s",
  (resolution) => {
    const program = `
    import { WebPubSubClient, type OnGroupDataMessageArgs } from "web-pubsub-client";
    import { WebPubSubProtobufProtocol } from "web-pubsub-client/protobuf";
    const client = new WebPubSubClient("wss://example", { protocol: WebPubSubProtobufProtocol() });
    client.on("group-message", (args: OnGroupDataMessageArgs) => args.message.group.length);
    const id: string | undefined = client.connectionId;
    export { id };`;
    consumer.write("typed.ts", program);
    consumer.write("typed.cts", program);
    consumer.write(
      "tsconfig.json",
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          target: "ES2022",
          lib: ["ES2022", "DOM", "ESNext.Disposable"],
          module: resolution === "bundler" ? "ESNext" : resolution,
          moduleResolution: resolution,
          types: [],
        },
        files: resolution === "bundler" ? ["typed.ts"] : ["typed.ts", "typed.cts"],
      }),
    );
    const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
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
