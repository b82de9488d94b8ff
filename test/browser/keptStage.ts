/** A service, a page whose session is kept over reloads, and somebody else who is in the room. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { onTestFinished } from "vitest";
import { startEmulator, type Emulator, type EmulatorOptions } from "web-pubsub-emulator";
import { WebPubSubClient } from "web-pubsub-client";
import { html, roles } from "./stage.js";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The script of `keptPage.ts` with the built package. */
export async function buildKeptPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path("keptPage.ts")],
    bundle: true,
    write: false,
    format: "iife",
    // Without the paths that lead to the sources.
    tsconfigRaw: {},
    platform: "browser",
  });
  return outputFiles[0]?.text ?? "";
}

export interface KeptStage {
  readonly url: string;
  readonly emulator: Emulator;
  /** `disconnected`, `joined` and `left` as the server's handler heard them. */
  readonly heard: string[];
  /** Somebody else, in the groups `up` and `down`. */
  readonly bob: WebPubSubClient;
  /** What Bob got from the page. */
  readonly up: number[];
  /** Who was in the group `down` whenever Bob heard of a change, by connection ids. */
  readonly seen: string[];
  /** Bob sends the next numbers to the page. */
  down(count: number): void;
}

/** As long as the test runs. */
export async function setKeptStage(script: string, options: EmulatorOptions = {}): Promise<KeptStage> {
  const heard: string[] = [];
  const emulator = await startEmulator({
    ...options,
    hubs: {
      chat: {
        handlers: [
          {
            onDisconnected: ({ userId }) => void heard.push(`disconnected ${userId}`),
            onJoined: ({ group, userId }) => void heard.push(`joined ${group} ${userId}`),
            onLeft: ({ group, userId }) => void heard.push(`left ${group} ${userId}`),
          },
        ],
      },
    },
  });
  const access = (userId: string): Promise<string> => emulator.clientAccessUrl("chat", { userId, roles });
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    if (pathname === "/app.js") return void response.setHeader("content-type", "text/javascript").end(script);
    if (pathname === "/negotiate")
      return void access(searchParams.get("user") ?? "").then((url) => response.end(url));
    response.setHeader("content-type", "text/html");
    // Browsers don't restore such a page when one goes back to it.
    if (searchParams.has("no-store")) response.setHeader("cache-control", "no-store");
    const tag = pathname === "/" ? `<script src="/app.js"></script>` : "";
    response.end(html(tag));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const bob = new WebPubSubClient(await access("bob"));
  onTestFinished(async () => {
    await bob.stop();
    server.closeAllConnections();
    server.close();
    await emulator.close();
  });
  const up: number[] = [];
  const seen: string[] = [];
  await bob.start();
  await bob.joinGroup("up");
  bob.on("group-message", ({ message }) => message.group === "up" && up.push(message.data as number));
  bob.group("down").subscribeStates((states) => {
    const now = states.map(({ connectionId }) => connectionId).join();
    if (seen.at(-1) !== now) seen.push(now);
  });
  let last = 0;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    emulator,
    heard,
    bob,
    up,
    seen,
    down(count) {
      for (let i = 0; i < count; i++) void bob.sendToGroup("down", ++last, "json", { noEcho: true });
    },
  };
}
