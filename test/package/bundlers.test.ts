import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import commonjs from "@rollup/plugin-commonjs";
import resolve from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import type { Browser } from "playwright-core";
import { rollup } from "rollup";
import { build as viteBuild } from "vite";
import webpack from "webpack";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { launchChromium } from "../browser/chromium.js";
import { createConsumer, type Consumer } from "./consumer.js";

let consumer: Consumer;
let emulator: Emulator;
let browser: Browser;
beforeAll(async () => {
  consumer = createConsumer();
  consumer.write(
    "app.js",
    `import { WebPubSubClient, WebPubSubJsonProtocol } from "web-pubsub-client";
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
  );
  consumer.write("index.html", `<!doctype html><script type="module" src="/app.js"></script>`);
  [emulator, browser] = await Promise.all([startEmulator(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await emulator.close();
  consumer.remove();
});

const bundlers: Record<string, (entry: string, outDir: string) => Promise<unknown>> = {
  esbuild: (entry, outdir) =>
    esbuild.build({
      entryPoints: [entry],
      outdir,
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
    }),
  rollup: async (entry, dir) => {
    const bundle = await rollup({
      input: entry,
      plugins: [resolve({ browser: true, preferBuiltins: false }), commonjs()],
      onwarn: (warning) => {
        throw new Error(warning.message);
      },
    });
    return bundle.write({ dir, format: "es" });
  },
  vite: (_entry, outDir) =>
    viteBuild({
      root: consumer.folder,
      logLevel: "error",
      configFile: false,
      build: { outDir, emptyOutDir: true },
    }),
  webpack: (entry, path) =>
    promisify(webpack as (options: webpack.Configuration, done: (error: Error | null) => void) => void)({
      entry,
      mode: "production",
      context: consumer.folder,
      output: { path, filename: "app.js" },
    }),
};

test.each(Object.keys(bundlers))("a bundle of %s runs in Chromium", async (name) => {
  const outDir = join(consumer.folder, `out-${name}`);
  await bundlers[name]?.(join(consumer.folder, "app.js"), outDir);
  const script =
    readdirSync(outDir, { recursive: true, encoding: "utf8" }).find((file) => file.endsWith(".js")) ?? "";
  const server = await serve(readFileSync(join(outDir, script)));
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
  expect(data).toBe("1,2,3 json.webpubsub.azure.v1");
  expect(problems).toEqual([]);
});

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
