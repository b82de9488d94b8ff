/** A service, pages that share one connection through a worker, and somebody else who is in their groups. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { onTestFinished } from "vitest";
import { startEmulator, type Content, type Emulator, type EmulatorOptions } from "web-pubsub-emulator";
import { WebPubSubClient } from "web-pubsub-client";
import { html, roles } from "./stage.js";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The scripts of page and worker. */
export interface TabsScripts {
  readonly page: string;
  readonly worker: string;
}

/** The scripts of `tabsPage.ts` and `tabsWorker.ts` with the built package. */
export async function buildTabs(): Promise<TabsScripts> {
  const { outputFiles } = await build({
    entryPoints: { page: path("tabsPage.ts"), worker: path("tabsWorker.ts") },
    bundle: true,
    write: false,
    format: "iife",
    outdir: "out",
    // Without the paths that lead to the sources.
    tsconfigRaw: {},
    platform: "browser",
  });
  const of = (name: string): string => outputFiles.find(({ path: each }) => each.endsWith(name))?.text ?? "";
  return { page: of("page.js"), worker: of("worker.js") };
}

/** Workers that can't be used, by their addresses; `/missing.js` isn't there. */
const BROKEN: Record<string, string> = {
  "/throws.js": "throw new Error('This worker is broken.');",
  "/silent.js": "",
  "/other-version.js": `onconnect = ({ ports: [port] }) => {
    port.onmessage = () => port.postMessage({ type: "welcome", version: 0, lock: "none" });
  };`,
};

export interface TabsStage {
  readonly url: string;
  readonly emulator: Emulator;
  /** The ids of the pages' connections: those that aren't Bob's. */
  connections(): string[];
  /** Who is in a group, besides Bob. */
  members(group: string): number;
  /** The states in the group `all` that Bob sees. */
  states(): unknown[];
  readonly bob: WebPubSubClient;
  /** What Bob got in the group `all`. */
  readonly heard: unknown[];
  /** The streams of the group `all` that have ended, as text; an error by its message. */
  readonly streams: string[];
}

/** As long as the test runs. */
export async function setTabsStage(scripts: TabsScripts, options: EmulatorOptions = {}): Promise<TabsStage> {
  const onEvent = ({ data }: { data: unknown }): { data: Content } => ({ data: data as Content });
  const emulator = await startEmulator({
    ...options,
    hubs: { chat: { handlers: [{ events: ["echo"], onEvent }] } },
  });
  const access = (userId: string): Promise<string> => emulator.clientAccessUrl("chat", { userId, roles });
  const served: Record<string, string> = {
    "/page.js": scripts.page,
    "/worker.js": scripts.worker,
    ...BROKEN,
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    const script = served[pathname];
    if (script !== undefined) return void response.setHeader("content-type", "text/javascript").end(script);
    if (pathname === "/negotiate")
      return void access(searchParams.get("user") ?? "").then((url) => response.end(url));
    if (pathname.endsWith(".js")) return void response.writeHead(404).end();
    response.setHeader("content-type", "text/html");
    const tag = pathname === "/" ? `<script src="/page.js"></script>` : "";
    response.end(html(tag));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const bob = new WebPubSubClient({ getClientAccessUrl: () => access("bob") });
  onTestFinished(async () => {
    await bob.stop();
    server.closeAllConnections();
    server.close();
    await emulator.close();
  });
  const heard: unknown[] = [];
  const streams: string[] = [];
  await bob.start();
  await bob.joinGroup("all");
  await bob.subscribeGroupStates("all");
  bob.on("group-message", ({ message }) => void heard.push(message.data));
  bob.onGroupStream(async (stream) => {
    streams.push(await stream.text().catch((error: unknown) => String(error)));
  });
  const hub = emulator.hub("chat");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    emulator,
    connections: () =>
      hub
        .connections()
        .filter(({ userId }) => userId !== "bob")
        .map(({ connectionId }) => connectionId),
    members: (group) =>
      hub.members(group).filter((member) => member.connectionId !== bob.connectionId).length,
    states: () => bob.listGroupStates("all").map(({ state }) => state),
    bob,
    heard,
    streams,
  };
}
