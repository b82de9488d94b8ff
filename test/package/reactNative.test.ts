import { join } from "node:path";
import * as esbuild from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { createConsumer, type Consumer } from "./consumer.js";
import { ReactNativeSources } from "./reactNative.js";

/** Up to 0.79 the platform's `URL` reads nothing and its `URLSearchParams` sets nothing. */
const VERSIONS = ["0.72.17", "0.76.9", "0.79.5", "0.88.1"];
/** The client, and the conditions of the bundler. Without any, the part for Node is taken along. */
const BUNDLES: [string, string, string[]][] = [
  ["its condition", `import { WebPubSubClient as Client } from "web-pubsub-client";`, ["react-native"]],
  ["no condition", `import { CoreClient as Client } from "web-pubsub-client/core";`, []],
];

let consumer: Consumer;
let emulator: Emulator;
let sources: ReactNativeSources;
beforeAll(async () => {
  consumer = createConsumer();
  sources = new ReactNativeSources();
  emulator = await startEmulator();
  await sources.prepare();
});
afterAll(async () => {
  consumer.remove();
  sources.remove();
  await emulator.close();
});

const PROGRAM = `
async function main() {
  const log = [];
  const write = (...words) => log.push(words.join(" "));
  const client = new Client(native.url, { logger: { info: write, warning: write, error: write } });
  const got = [];
  client.on("group-message", ({ message }) => got.push(message.data));
  const recovered = new Promise((resolve) => client.once("recovered", resolve));
  await client.start();
  await client.joinGroup("room");
  await client.sendToGroup("room", "text");
  await client.sendToGroup("room", new Uint8Array([0, 255]));
  await client.sendToGroup("room", "\\u20ac".repeat(200_000));
  await recovered;
  await client.sendToGroup("room", { after: "the cut" });
  while (got.length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
  got[1] = [...new Uint8Array(got[1])];
  got[2] = got[2].length;
  await client.stop();
  return JSON.stringify(got) + " " + log.filter((line) => line.startsWith("Connecting to")).join();
}
main().then(native.done, native.failed);
`;

/** A bare context with what React Native has beside the classes of its own, and its native sockets over \`ws\`. */
const WORLD = `
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { WebSocket } from "ws";
const [script, url] = process.argv.slice(2);
const listeners = new Set();
const tell = (name, event) => { for (const each of [...listeners]) if (each.name === name) each.listener(event); };
const open = new Map();
const sockets = {
  connect(url, protocols, options, id) {
    const socket = new WebSocket(url, protocols);
    open.set(id, socket);
    socket.on("open", () => tell("websocketOpen", { id, protocol: socket.protocol }));
    socket.on("message", (data, isBinary) =>
      tell("websocketMessage", isBinary
        ? { id, type: "binary", data: data.toString("base64") }
        : { id, type: "text", data: data.toString() }));
    socket.on("error", ({ message }) => tell("websocketFailed", { id, message }));
    socket.on("close", (code, reason) => tell("websocketClosed", { id, code, reason: reason.toString() }));
  },
  send: (text, id) => open.get(id).send(text),
  sendBinary: (base64, id) => open.get(id).send(Buffer.from(base64, "base64")),
  close: (code, reason, id) => open.get(id).close(code, reason),
};
const native = {
  url,
  sockets,
  listen(name, listener) {
    const entry = { name, listener };
    listeners.add(entry);
    return { remove: () => listeners.delete(entry) };
  },
  done: (words) => console.log(words),
  failed: (error) => { console.error(error); process.exitCode = 1; },
};
const warn = (...words) => console.log("warned: " + words.join(" "));
const world = { native, setTimeout, clearTimeout, setInterval, clearInterval, AbortController, performance, atob, btoa, console: { ...console, warn } };
world.global = world;
runInContext(readFileSync(script, "utf8"), createContext(world));
`;

describe.each(VERSIONS)("on React Native %s", (version) => {
  let entry: string;
  beforeAll(async () => {
    entry = await sources.install(version);
  });

  test.each(BUNDLES)(
    "bundled by %s: messages cross, a cut is recovered, no warning",
    async (name, client, conditions) => {
      const main = consumer.write(
        "main.js",
        `import ${JSON.stringify(entry)};
${client}
${PROGRAM}`,
      );
      const script = join(consumer.folder, `${version} ${name}.js`);
      await esbuild.build({
        entryPoints: [main],
        bundle: true,
        outfile: script,
        format: "iife",
        platform: "neutral",
        mainFields: ["browser", "module", "main"],
        conditions,
        define: { global: "globalThis" },
        tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
        plugins: [sources.plugin],
        logLevel: "error",
      });
      consumer.write("world.mjs", WORLD);
      const url = await emulator.clientAccessUrl("chat", {
        roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"],
        userId: version,
      });
      const output = consumer.node("world.mjs", script, url);
      let cut = false;
      let ended = false;
      const end = output.finally(() => (ended = true));
      while (!ended && !cut) {
        const [member] = emulator.hub("chat").members("room");
        cut = member !== undefined;
        if (cut) emulator.faults.cutTransports({ connectionId: member?.connectionId ?? "" });
        await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 20))]);
      }
      const address = url.replace(/\?.*/, "");
      expect(await output).toBe(
        `["text",[0,255],200000,{"after":"the cut"}] Connecting to ${address}${` (json.reliable.webpubsub.azure.v1),Connecting to ${address}`} (json.reliable.webpubsub.azure.v1)\n`,
      );
    },
  );
});
