import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { createService } from "web-pubsub-emulator/browser";
import { launchChromium } from "./chromium.js";
import type { PageWorld } from "./stage.js";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** The built service as an application's bundler takes it in. */
async function bundle() {
  return build({
    entryPoints: [path("emulator/dist/browser.js")],
    bundle: true,
    format: "iife",
    globalName: "Service",
    platform: "browser",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
}

let browser: Browser;
beforeAll(async () => {
  // A name that isn't local: browsers don't offer `crypto.subtle` to its pages.
  browser = await launchChromium(["--host-resolver-rules=MAP app.test 127.0.0.1"]);
});
afterAll(async () => browser.close());

test("a bundle for browsers holds no module of Node and needs no stand-in for one", async () => {
  const { warnings, metafile, outputFiles } = await bundle();
  expect(warnings).toEqual([]);
  const imports = Object.values(metafile.inputs).flatMap(({ imports: found }) =>
    found.map((one) => one.path),
  );
  expect(imports).toEqual([]);
  const [{ text } = { text: "" }] = outputFiles;
  expect(text).not.toMatch(/\bnode:|\brequire\(|\beval\(|new Function\(/);
});

test("client and service talk in a page without a network, whatever its origin", async () => {
  const { outputFiles } = await bundle();
  const server = createServer(({ url }, response) => {
    const script = { "/service.js": outputFiles[0]?.text, "/client.js": client() }[url ?? ""];
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
    // No connection, no `eval`: nothing of this is needed.
    response.setHeader("content-security-policy", "default-src 'none'; script-src 'self'");
    response.end(
      script ?? `<!doctype html><script src="/client.js"></script><script src="/service.js"></script>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const page = await browser.newPage();
  onTestFinished(async () => {
    await page.close();
    server.close();
  });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // The browser asks for an icon, which the policy forbids.
    if (message.type() === "error" && !message.text().includes("favicon")) complaints.push(message.text());
  });
  await page.goto(`http://app.test:${(server.address() as AddressInfo).port}/`);

  const seen = await page.evaluate(async () => {
    const { WebPubSub, Service } = window as unknown as PageWorld & {
      Service: { createService: typeof createService };
    };
    const service = Service.createService({
      hubs: { chat: { handlers: [{ onEvent: ({ data }) => ({ data: `hello ${String(data)}` }) }] } },
    });
    const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
    const started = async (userId: string) => {
      const getClientAccessUrl = () => service.clientAccessUrl("chat", { userId, roles });
      const one = new WebPubSub.WebPubSubClient({ getClientAccessUrl }, { webSocket: service.webSocket });
      await one.start();
      return one;
    };
    const [ann, bob] = [await started("ann"), await started("bob")];
    const got: unknown[] = [];
    const heard = new Promise<void>((resolve) => {
      bob.on("group-message", ({ message }) => {
        got.push([message.fromUserId, message.data]);
        if (got.length === 2) resolve();
      });
    });
    const answer = new Promise((resolve) => ann.on("server-message", ({ message }) => resolve(message.data)));
    await bob.joinGroup("news");
    await ann.sendToGroup("news", "first", "text");
    await ann.sendEvent("greet", "ann", "text");
    const recovered = new Promise<void>((resolve) => bob.on("recovered", () => resolve()));
    service.faults.cutTransports({ userId: "bob" });
    await ann.sendToGroup("news", "second", "text");
    await Promise.all([recovered, heard]);
    const members = service.hub("chat").members("news");
    service.close();
    return {
      got,
      answer: await answer,
      members: members.map(({ userId, subprotocol }) => [userId, subprotocol]),
      secure: isSecureContext,
      subtle: typeof (crypto as Partial<Crypto>).subtle,
    };
  });
  expect(seen).toEqual({
    got: [
      ["ann", "first"],
      ["ann", "second"],
    ],
    answer: "hello ann",
    members: [["bob", "json.reliable.webpubsub.azure.v1"]],
    secure: false,
    subtle: "undefined",
  });
  expect(complaints).toEqual([]);
});

function client(): string {
  return readFileSync(path("dist/browser/web-pubsub-client.min.js"), "utf8");
}
