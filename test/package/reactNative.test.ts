import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { WebPubSubClient, WebPubSubClientOptions } from "web-pubsub-client";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { createConsumer, type Consumer } from "./consumer.js";
import { NativeWorld } from "./nativeWorld.js";
import { bundleWithMetro, compileWithHermes, hasHermes, prepareReactNative } from "./reactNative.js";

/** Up to 0.79 the platform's `URL` reads nothing and its `URLSearchParams` sets nothing. The rest by `npm run test:native`. */
const VERSIONS = [
  "0.76.9",
  "0.84.1",
  ...(process.env["NATIVE"] === "1" ? ["0.72.17", "0.79.7", "0.88.1"] : []),
];

/** An app: React Native's own set-up of its globals, and the client. */
const app = (imports: string): string => `
import "react-native/Libraries/Core/setUpTimers";
import "react-native/Libraries/Core/setUpXHR";
import DeviceEvents from "react-native/Libraries/EventEmitter/RCTDeviceEventEmitter";
import { setImmediate } from "react-native/Libraries/Core/Timers/immediateShim";
import JSTimers from "react-native/Libraries/Core/Timers/JSTimers";
${imports}
// As on the new architecture: the other one waits for native code to call the queue.
globalThis.setImmediate = setImmediate;
globalThis.entry = {
  app: { Client, render },
  emit: (name, event) => DeviceEvents.emit(name, event),
  callTimers: (ids) => JSTimers.callTimers(ids),
};
`;
const COMPLETE = `
import { createElement } from "react";
import { create } from "react-test-renderer";
import { WebPubSubClient as Client } from "web-pubsub-client";
import { useGroup, useGroupMessages, WebPubSubProvider } from "web-pubsub-client/react";
function Room() {
  const { send, status } = useGroup("room");
  const messages = useGroupMessages("room");
  return createElement("Button", { onPress: () => send("pressed") }, status, ...messages.map(({ data }) => data));
}
const render = (url) => create(createElement(WebPubSubProvider, { url }, createElement(Room)));
`;
const CORE = `
import { CoreClient as Client } from "web-pubsub-client/core";
const render = undefined;
`;
interface Shown {
  readonly children: unknown[];
  readonly props: { onPress(): void };
}
interface App {
  readonly Client: new (url: string, options?: WebPubSubClientOptions) => WebPubSubClient;
  /** Shows a component that uses the hooks, with a renderer that knows of no document. */
  readonly render: (url: string) => { toJSON(): Shown | null; unmount(): void };
}
/** What comes of Node's part of the client. */
const NODE = ["perMessageDeflate", "isomorphic-ws", 'removeAllListeners("message")', '"node:'];

let consumer: Consumer;
let emulator: Emulator;
let warned: string;
const script = (name: string): string => join(consumer.folder, `${name}.bundle.js`);
beforeAll(async () => {
  consumer = createConsumer();
  emulator = await startEmulator();
  await prepareReactNative(VERSIONS);
  consumer.write("complete.js", app(COMPLETE));
  consumer.write("core.js", app(CORE));
  const complete = VERSIONS.map((version) => ({
    version,
    entry: "complete.js",
    out: script(version),
    withNetInfo: true,
  }));
  const core = { version: "0.84.1", entry: "core.js" };
  warned = await bundleWithMetro(consumer, [
    ...complete,
    { ...core, out: script("without NetInfo") },
    // As for a server that renders the app's pages.
    { ...core, out: script("without its condition"), conditions: [] },
  ]);
});
afterAll(async () => {
  consumer.remove();
  await emulator.close();
});

/** What a test has running, the last one first. */
const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of running.splice(0).reverse()) await end();
  emulator.faults.reset();
});

/** Puts an app into a world of its own. */
function open(name: string): NativeWorld<App> {
  const world = new NativeWorld<App>(script(name));
  running.push(() => world.close());
  return world;
}

const clientUrl = (): Promise<string> =>
  emulator.clientAccessUrl("chat", { roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"] });

/** A client of the app's that is in the room, and the messages that it gets there. */
async function enter(world: NativeWorld<App>, options?: WebPubSubClientOptions) {
  const url = await clientUrl();
  const client = new world.app.Client(url, options);
  running.push(() => client.stop());
  const got: unknown[] = [];
  client.on("group-message", ({ message }) => void got.push(message.data));
  await client.start();
  await client.joinGroup("room");
  return { client, got, url };
}

test("Metro warns of nothing", () => {
  expect(warned).toBe("");
});

test.each([...VERSIONS, "without NetInfo"])("%s: no part for Node is in the bundle", (name) => {
  const text = readFileSync(script(name), "utf8");
  expect(NODE.filter((each) => text.includes(each))).toEqual([]);
});

test.each(VERSIONS.filter(() => hasHermes))("%s: Hermes compiles it", async (version) => {
  const compiled = readFileSync(await compileWithHermes(version, script(version)));
  // Its first bytes, by which Hermes knows a file of its own.
  expect(compiled.readBigUInt64LE().toString(16)).toBe("1f1903c103bc1fc6");
});

describe.each([...VERSIONS, "without NetInfo", "without its condition"])("React Native %s", (name) => {
  test("messages cross, a cut is recovered, no warning", async () => {
    const world = open(name);
    const logged: string[] = [];
    const log = (...words: unknown[]): void => void logged.push(words.join(" "));
    const { client, got, url } = await enter(world, { logger: { info: log, warning: log, error: log } });
    await client.sendToGroup("room", "text");
    await client.sendToGroup("room", new Uint8Array([0, 255]));
    await client.sendToGroup("room", "\u20ac".repeat(200_000));
    const recovered = new Promise<void>((resolve) => client.once("recovered", () => resolve()));
    emulator.faults.cutTransports();
    await recovered;
    await client.sendToGroup("room", { after: "the cut" });
    await expect.poll(() => got.length).toBe(4);
    expect(got[0]).toBe("text");
    expect([...new Uint8Array(got[1] as ArrayBuffer)]).toEqual([0, 255]);
    expect(got[2]).toHaveLength(200_000);
    expect(JSON.stringify(got[3])).toBe(`{"after":"the cut"}`);
    const address = `Connecting to ${url.replace(/\?.*/, "")} (json.reliable.webpubsub.azure.v1)`;
    expect(logged.filter((line) => line.startsWith("Connecting to"))).toEqual([address, address]);
    expect(world.complaints).toEqual([]);
  });
});

/** A client that has lost its session, and tries again in an hour. */
async function lost(world: NativeWorld<App>): Promise<WebPubSubClient> {
  const { client } = await enter(world, {
    reconnectRetryOptions: { retryDelayInMs: 3_600_000, maxRetryDelayInMs: 3_600_000 },
  });
  emulator.faults.refuseUpgrades({ with: 503, only: "new", times: 100 });
  emulator.faults.restartService({ sockets: "cut" });
  await expect.poll(() => client.state).toBe("Disconnected");
  emulator.faults.reset();
  return client;
}
const isBack = (client: WebPubSubClient): Promise<void> =>
  expect.poll(() => [client.state, emulator.hub("chat").members("room").length]).toEqual(["Connected", 1]);

describe.each(VERSIONS)("React Native %s", (version) => {
  test("an app that comes to the front connects at once", async () => {
    const world = open(version);
    const client = await lost(world);
    world.leave();
    world.comeBack();
    await isBack(client);
  });

  test("a network that returns connects at once", async () => {
    const world = open(version);
    const client = await lost(world);
    world.network = { type: "none", isConnected: false, isInternetReachable: false };
    world.network = { type: "wifi", isConnected: true, isInternetReachable: true };
    await isBack(client);
  });

  test("a connection that died in the background, where no timer is called, is recovered in the front", async () => {
    const world = open(version);
    const { client, got } = await enter(world);
    world.leave();
    emulator.faults.goHalfOpen();
    const recovered = new Promise<void>((resolve) => client.once("recovered", () => resolve()));
    emulator.hub("chat").sendToGroup("room", "meanwhile");
    world.comeBack(20_000);
    await recovered;
    await expect.poll(() => got).toEqual(["meanwhile"]);
    expect(world.complaints).toEqual([]);
  });
});

test.each(VERSIONS)("React Native %s: the hooks show a room", async (version) => {
  const world = open(version);
  const shown = world.app.render(await clientUrl());
  running.push(() => shown.unmount());
  await expect.poll(() => shown.toJSON()?.children).toEqual(["joined"]);
  shown.toJSON()?.props.onPress();
  await expect.poll(() => shown.toJSON()?.children).toEqual(["joined", "pressed"]);
  shown.unmount();
  await expect.poll(() => emulator.hub("chat").connections()).toEqual([]);
  expect(world.complaints).toEqual([]);
});

test("without NetInfo, an app that comes to the front connects at once", async () => {
  const world = open("without NetInfo");
  const client = await lost(world);
  world.leave();
  world.comeBack();
  await isBack(client);
});

/** A project as its template makes one, with the room of docs/react-native.md. */
async function makeProject(): Promise<void> {
  const page = readFileSync(fileURLToPath(new URL("../../docs/react-native.md", import.meta.url)), "utf8");
  consumer.write("whole/App.tsx", /```tsx\n([^]*?)```/.exec(page)?.[1] ?? "");
  consumer.write(
    "whole/index.js",
    `import { AppRegistry } from "react-native";
     import App from "./App";
     AppRegistry.registerComponent("App", () => App);`,
  );
  consumer.write(
    "whole/babel.config.js",
    `module.exports = { presets: ["module:@react-native/babel-preset"] };`,
  );
  consumer.write(
    "whole/metro.config.js",
    `module.exports = require("@react-native/metro-config").getDefaultConfig(__dirname);`,
  );
  consumer.write(
    "whole/build.js",
    `const Metro = require("metro");
     Metro.loadConfig({ cwd: __dirname }).then((config) =>
       Metro.runBuild(config, { entry: "index.js", platform: "ios", dev: false, out: "out.js" }));`,
  );
  consumer.write("whole/package.json", JSON.stringify({ private: true }));
  const packages = ["react-native", "@react-native/metro-config", "@react-native/babel-preset"].map(
    (name) => `${name}@0.84.1`,
  );
  const [tarball] = readdirSync(consumer.folder).filter((name) => name.endsWith(".tgz"));
  packages.push("react@19.2.3", "@react-native-community/netinfo@12.0.1", `../${tarball}`);
  const install = "npm install --silent --prefer-offline --ignore-scripts --no-audit --no-fund";
  await consumer.run("sh", ["-ec", `cd whole && ${install} ${packages.join(" ")} >&2 && node build.js >&2`]);
}

if (process.env["NATIVE"] === "1") {
  test("a whole app of React Native 0.84 is built by the configuration that its template has", async () => {
    await makeProject();
    const out = join(consumer.folder, "whole/out.js");
    const text = readFileSync(out, "utf8");
    expect(text).toContain("netInfo.networkStatusDidChange");
    expect(NODE.filter((each) => text.includes(each))).toEqual([]);
    if (hasHermes) await compileWithHermes("0.84.1", out);
  });
}
