import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startEmulator, type Emulator, type EmulatorOptions } from "web-pubsub-emulator";
import type { WebPubSubClientOptions } from "web-pubsub-client";
import { launchChromium } from "./chromium.js";
import { roles } from "./stage.js";
import type { TroubleWorld } from "./troublePage.js";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A page with one client and its panel, and the service. */
interface Trouble {
  readonly emulator: Emulator;
  readonly page: Page;
  /** Makes the client of the user ann. @param source its URL; several: one for each attempt */
  make(source: string | string[], options?: WebPubSubClientOptions): Promise<void>;
  /** Makes it, starts it and waits until it is connected. */
  connect(options?: WebPubSubClientOptions): Promise<void>;
  /** The URL of a client. */
  url(options?: Parameters<Emulator["clientAccessUrl"]>[1]): Promise<string>;
  /** Waits until the log has these words in a line. */
  logged(words: string): Promise<void>;
  /** Waits until this many promises that the page noted have ended. */
  ended(count: number): Promise<void>;
}

/** By heading: how to provoke what the section is about. */
const SYMPTOMS: Record<string, (trouble: Trouble) => Promise<void>> = {
  "Works locally, 401 in the cloud": async ({ url, make, page, ended }) => {
    await make((await url()).replace(/access_token=[^&]*/, "access_token=of-another-hub"));
    await page.evaluate(() => {
      const { client, note } = window as unknown as TroubleWorld;
      note(client.start());
    });
    await ended(1);
  },
  "It works for an hour and never comes back": async ({ emulator, connect, page, logged }) => {
    await connect();
    // Two hours later; the token lives for one. The service's own clock goes on as it was.
    await page.evaluate(() => {
      const { now } = Date;
      Date.now = () => now() + 7_200_000;
    });
    emulator.faults.refuseUpgrades({ with: 401, only: "new" });
    emulator.faults.restartService();
    await logged("A fixed URL can't be renewed");
  },
  "start() fails after ten seconds": async ({ emulator, url, make, page, ended }) => {
    emulator.faults.refuseUpgrades({ with: "hang" });
    await make(await url(), { connectTimeoutInMs: 1_000 });
    await page.evaluate(() => {
      const { client, note } = window as unknown as TroubleWorld;
      note(client.start());
    });
    await ended(1);
  },
  "Connects, but nothing arrives": async ({ emulator, url, make, page, ended }) => {
    await make(await url({ roles: [] }));
    await page.evaluate(async () => {
      const { client, note } = window as unknown as TroubleWorld;
      await client.start();
      note(client.joinGroup("room"));
    });
    await ended(1);
    expect(emulator.hub("chat").members("room")).toHaveLength(0);
  },
  "Closes with 1006 after a minute": async ({ emulator, connect, logged }) => {
    await connect();
    emulator.faults.cutTransports();
    await logged("Recovering: ");
    await logged("Connected");
  },
  "Connected, but for a while nothing moves": async ({ emulator, connect, logged }) => {
    await connect({ keepAliveIntervalInMs: 200, keepAliveTimeoutInMs: 600 });
    emulator.faults.goHalfOpen();
    await logged("has not answered in time");
  },
  "Messages come twice": async ({ emulator, connect, page, ended }) => {
    await connect();
    emulator.faults.holdAcks({ swallow: true });
    await page.evaluate(() => {
      const { client, note } = window as unknown as TroubleWorld;
      note(client.sendToGroup("room", "hello"));
    });
    await expect.poll(() => page.evaluate("got")).toEqual(["hello"]);
    emulator.faults.reset();
    emulator.faults.restartService({ sockets: "cut" });
    await ended(1);
    await expect.poll(() => page.evaluate("got")).toEqual(["hello", "hello"]);
  },
  "Messages are missing after a sleep": async ({ emulator, connect, logged }) => {
    await connect();
    emulator.faults.restartService();
    await logged("Disconnected: ");
  },
  "The groups are gone after a new connection": async ({ emulator, url, make, page, logged }) => {
    await make([await url(), await url({ roles: [] })]);
    await page.evaluate(async () => {
      const { client, log } = window as unknown as TroubleWorld;
      client.on("rejoin-group-failed", ({ group, error }) => log.push(`${group}: ${error.message}`));
      await client.start();
      await client.joinGroup("room");
    });
    emulator.faults.restartService();
    await logged("room: ");
  },
  "Sending rejects with AckTimeout": async ({ emulator, connect, page, ended }) => {
    await connect({ ackTimeoutInMs: 300, messageRetryOptions: { maxRetries: 1 } });
    emulator.faults.holdAcks({ swallow: true });
    await page.evaluate(() => {
      const { client, note } = window as unknown as TroubleWorld;
      note(client.sendToGroup("room", "hello"));
    });
    await ended(1);
  },
};

let browser: Browser;
let script: string;
beforeAll(async () => {
  [browser, script] = await Promise.all([launchChromium(), bundle()]);
});
afterAll(() => browser.close());

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file("troublePage.ts")],
    bundle: true,
    write: false,
    format: "iife",
    // Without the paths that lead to the sources.
    tsconfigRaw: {},
    platform: "browser",
  });
  return outputFiles[0]?.text ?? "";
}

async function open(options: EmulatorOptions = {}): Promise<Trouble> {
  const emulator = await startEmulator(options);
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(
      isScript
        ? script
        : `<!doctype html><link rel="icon" href="data:,"><body><script src="/page.js"></script>`,
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  onTestFinished(async () => {
    await context.close();
    server.close();
    await emulator.close();
  });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const url: Trouble["url"] = (more) => emulator.clientAccessUrl("chat", { userId: "ann", roles, ...more });
  const make: Trouble["make"] = (source, given = {}) =>
    page.evaluate(([one, two]) => (window as unknown as TroubleWorld).make(one, two), [
      source,
      given,
    ] as const);
  return {
    emulator,
    page,
    url,
    make,
    connect: async (given) => {
      await make(await url(), given);
      await page.evaluate(async () => {
        const { client } = window as unknown as TroubleWorld;
        await client.start();
        await client.joinGroup("room");
      });
    },
    logged: async (words) => {
      await expect.poll(() => page.evaluate<string>("log.join('\\n')")).toContain(words);
    },
    ended: async (count) => {
      await expect.poll(() => page.evaluate("results.length")).toBe(count);
    },
  };
}

const page = readFileSync(file("../../docs/troubleshooting.md"), "utf8");

/** What a section quotes, by the kind of its blocks. */
function quotes(section: string, kind: string): string[] {
  const blocks = section.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\``, "gm"));
  return [...blocks].flatMap(([, lines = ""]) => lines.trimEnd().split("\n"));
}

/** Matches a quoted line, in which `…` stands for anything. */
function pattern(quoted: string): RegExp {
  return new RegExp(
    `^${quoted
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );
}

/** The rows of one of the panel's tabs: the parts of each, without the time. */
async function rows(page: Page, tab: string): Promise<string[]> {
  await page.getByRole("tab", { name: tab }).click();
  return page.getByRole("tabpanel").evaluate((panel) =>
    [...panel.querySelectorAll("li")].map((row) =>
      [...row.children]
        .filter(({ tagName }) => tagName !== "TIME")
        .map(({ textContent }) => textContent.trim())
        .join(" | "),
    ),
  );
}

const sections = page.split(/^## /m).slice(1);

test("each section has its symptom here, and each quotes something", () => {
  expect(sections.map((section) => section.split("\n", 1)[0])).toEqual(Object.keys(SYMPTOMS));
  for (const section of sections) {
    expect([...quotes(section, "log"), ...quotes(section, "error")]).not.toEqual([]);
    expect(quotes(section, "panel")).not.toEqual([]);
  }
});

describe("docs/troubleshooting.md", () => {
  test.each(Object.keys(SYMPTOMS))("%s", async (name) => {
    const trouble = await open();
    await SYMPTOMS[name]?.(trouble);
    const section = sections.find((each) => each.startsWith(`${name}\n`)) ?? "";
    const { page: shown } = trouble;
    const [log, results] = await shown.evaluate<[string[], string[]]>("[log, results]");
    for (const line of quotes(section, "log"))
      expect(log).toContainEqual(expect.stringMatching(pattern(line)));
    for (const line of quotes(section, "error"))
      expect(results).toContainEqual(expect.stringMatching(pattern(line)));
    for (const line of quotes(section, "panel")) {
      const [, tab = "", row = ""] = /^(\w+): (.*)$/.exec(line) ?? [];
      await expect.poll(() => rows(shown, tab)).toContainEqual(expect.stringMatching(pattern(row)));
    }
  });
});
