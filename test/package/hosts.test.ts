import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { createConsumer, type Consumer } from "./consumer.js";

// Each is a package that brings a binary. `npm run test:hosts` runs the ones that aren't promised too.
const HOSTS = (process.env.HOSTS ?? "node@22 node@24").split(" ");

let consumer: Consumer;
let emulator: Emulator;
beforeAll(async () => {
  consumer = createConsumer(["react", "svelte", "vue", "@bufbuild/protobuf", "@opentelemetry/api"]);
  emulator = await startEmulator();
});
afterAll(async () => {
  consumer.remove();
  await emulator.close();
});

const PROGRAM = `
async function main(url) {
  const clients = [
    new complete.WebPubSubClient(url),
    new complete.WebPubSubClient(url, { protocol: protobuf.WebPubSubProtobufReliableProtocol() }),
    new core.CoreClient(url),
    new core.CoreClient(url, { protocol: protobufCore.WebPubSubProtobufReliableProtocol() }),
  ];
  for (const client of clients) {
    const got = [];
    client.on("group-message", ({ message }) => got.push(message.data));
    const recovered = new Promise((resolve) => client.once("recovered", resolve));
    await client.start();
    await client.joinGroup("room");
    await client.sendToGroup("room", "text");
    await client.sendToGroup("room", new Uint8Array([0, 255]));
    await recovered;
    await client.sendToGroup("room", { after: "the cut" });
    while (got.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    got[1] = [...new Uint8Array(got[1])];
    console.log(JSON.stringify(got), typeof react.WebPubSubProvider, typeof svelte.useGroup, typeof vue.useGroup);
    await client.stop();
  }
  const features = [groups.groupHandle, streams.streams, presence.presence, invocations.invocations, resume.keepOverReload, retain.retain];
  console.log(features.map((each) => typeof each).join());
}
main(process.argv.at(-1)).catch((error) => { console.error(error); process.exitCode = 1; });
`;
const NAMES = {
  complete: "",
  core: "/core",
  groups: "/groups",
  invocations: "/invocations",
  presence: "/presence",
  observe: "/observe",
  opentelemetry: "/opentelemetry",
  resume: "/resume",
  retain: "/retain",
  streams: "/streams",
  protobuf: "/protobuf",
  protobufCore: "/protobuf/core",
  devtools: "/devtools",
  devtoolsAlways: "/devtools/always",
  react: "/react",
  svelte: "/svelte",
  vue: "/vue",
};
const FORMS: Record<string, (name: string, from: string) => string> = {
  mjs: (name, from) => `import * as ${name} from "web-pubsub-client${from}";`,
  cjs: (name, from) => `const ${name} = require("web-pubsub-client${from}");`,
};
const LINE = `["text",[0,255],{"after":"the cut"}] function function function\n`;

describe.each(HOSTS)("%s", (host) => {
  test.each(Object.keys(FORMS))("%s: every entry point runs, and a cut is recovered from", async (form) => {
    const imports = Object.entries(NAMES).map(([name, from]) => FORMS[form]?.(name, from));
    const file = consumer.write(`hosts.${form}`, [...imports, PROGRAM].join("\n"));
    const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
    const userId = `${host} ${form}`;
    const url = await emulator.clientAccessUrl("chat", { userId, roles });
    const [binary = ""] = host.split("@");
    const how = binary === "deno" ? ["run", "--allow-all"] : [];
    const npx = ["--yes", "--prefer-offline", "--package", host, binary, ...how, file, url];
    const output = consumer.run("npx", npx);
    let ended = false;
    const end = output.finally(() => (ended = true));
    // Each of its connections is cut once.
    const cut = new Set<string>();
    while (!ended) {
      for (const { connectionId } of emulator.hub("chat").members("room")) {
        if (!cut.has(connectionId)) emulator.faults.cutTransports({ connectionId });
        cut.add(connectionId);
      }
      await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    expect(await output).toBe(LINE.repeat(4) + `${Array(6).fill("function").join()}\n`);
    expect(cut.size).toBe(4);
  });
});
