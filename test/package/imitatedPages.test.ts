import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { createConsumer, type Consumer } from "./consumer.js";
import { packEmulator, run, unpackEmulator } from "./emulatorTarball.js";

const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));

let consumer: Consumer;
let emulator: Emulator;
beforeAll(async () => {
  consumer = createConsumer([
    ...["jest", "jest-environment-jsdom", "vitest", "jsdom", "react", "vue", "@opentelemetry/api"],
  ]);
  unpackEmulator(packEmulator(consumer.folder), consumer.folder);
  emulator = await startEmulator();
});
afterAll(async () => {
  consumer.remove();
  await emulator.close();
});

const ENTRIES = [
  "",
  "/core",
  "/groups",
  "/presence",
  "/streams",
  "/invocations",
  "/observe",
  "/opentelemetry",
  "/resume",
  "/retain",
  "/devtools",
  "/devtools/always",
  "/devtools/react",
  "/devtools/vue",
  "/react",
  "/vue",
];

/** A test of a user's own, in a page that the runner imitates. */
async function program(imports: (names: string, from: string) => string): Promise<string> {
  const url = await emulator.clientAccessUrl("chat", {
    roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"],
  });
  const loads = ENTRIES.map((entry, index) => imports(`* as entry${index}`, `web-pubsub-client${entry}`));
  return `
    ${loads.join("\n")}
    test("this is a page", () => expect(document.body.tagName).toBe("BODY"));
    test("every entry has something", () => {
      for (const entry of [${ENTRIES.map((_, index) => `entry${index}`).join()}])
        expect(Object.keys(entry).length).toBeGreaterThan(0);
    });
    test("a message comes back", async () => {
      const client = new entry0.WebPubSubClient(${JSON.stringify(url)});
      const got = new Promise((resolve) => client.once("group-message", ({ message }) => resolve(message.data)));
      await client.start();
      await client.joinGroup("room");
      await client.sendToGroup("room", "hello");
      expect(await got).toBe("hello");
      await client.stop();
    });
    test("an abort and a refusal are errors with a name", async () => {
      const client = new entry0.WebPubSubClient("ws://127.0.0.1:1/client/hubs/chat");
      const abortSignal = { aborted: true, addEventListener() {}, removeEventListener() {} };
      await expect(client.start({ abortSignal })).rejects.toMatchObject({ name: "AbortError" });
    });`;
}

test("Jest with jsdom requires the package and connects, without settings", async () => {
  const code = await program((names, from) => `const ${names.slice("* as ".length)} = require("${from}");`);
  consumer.write("jest/package.json", JSON.stringify({ private: true }));
  consumer.write("jest/page.test.js", code);
  const folder = join(consumer.folder, "jest");
  const output = await run(
    folder,
    process.execPath,
    join(modules, "jest/bin/jest.js"),
    ...["--rootDir", folder, "--env", "jsdom"],
  );
  expect(output).toMatch(/Tests: +4 passed, 4 total/);
});

test("Jest with jsdom requires the service in the page, which needs no other", async () => {
  const code = `
    const { WebPubSubClient } = require("web-pubsub-client");
    const { createService } = require("web-pubsub-emulator/browser");
    test("a text and bytes come back", async () => {
      const service = createService();
      const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
      const client = new WebPubSubClient(
        { getClientAccessUrl: () => service.clientAccessUrl("chat", { userId: "Z\\u00f6e", roles }) },
        { webSocket: service.webSocket },
      );
      const got = [];
      client.on("group-message", ({ message }) => got.push(message.fromUserId, message.data));
      await client.start();
      await client.joinGroup("room");
      await client.sendToGroup("room", "\\u5b57 \\u{1f600}", "text");
      await client.sendToGroup("room", Uint8Array.of(1, 255).buffer, "binary");
      expect(got.slice(0, 3)).toEqual(["Z\\u00f6e", "\\u5b57 \\u{1f600}", "Z\\u00f6e"]);
      expect([...new Uint8Array(got[3])]).toEqual([1, 255]);
      await client.stop();
      service.close();
    });`;
  consumer.write("inPage/package.json", JSON.stringify({ private: true }));
  consumer.write("inPage/page.test.js", code);
  const folder = join(consumer.folder, "inPage");
  const output = await run(
    folder,
    process.execPath,
    join(modules, "jest/bin/jest.js"),
    ...["--rootDir", folder, "--env", "jsdom"],
  );
  expect(output).toMatch(/Tests: +1 passed, 1 total/);
});

test("Vitest with jsdom imports the package and connects, without settings", async () => {
  const code = await program((names, from) => `import ${names} from "${from}";`);
  consumer.write("vitest/package.json", JSON.stringify({ private: true, type: "module" }));
  consumer.write("vitest/page.test.js", `import { expect, test } from "vitest";\n${code}`);
  const folder = join(consumer.folder, "vitest");
  const output = await run(
    folder,
    process.execPath,
    join(modules, "vitest/vitest.mjs"),
    ...["run", "--root", folder, "--environment", "jsdom"],
  );
  expect(output).toMatch(/Tests +4 passed/);
});
