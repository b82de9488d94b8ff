import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import * as logger from "@azure/logger";
import * as middleware from "@azure/web-pubsub-express";
import * as openTelemetryApi from "@opentelemetry/api";
import * as contextAsyncHooks from "@opentelemetry/context-async-hooks";
import * as openTelemetryCore from "@opentelemetry/core";
import * as sdkMetrics from "@opentelemetry/sdk-metrics";
import * as sdkTrace from "@opentelemetry/sdk-trace-base";
import express from "express";
import * as serverSdk from "@azure/web-pubsub";
import * as http from "node:http";
import * as clientPackage from "web-pubsub-client";
import * as core from "web-pubsub-client/core";
import * as groups from "web-pubsub-client/groups";
import * as history from "web-pubsub-client/history";
import * as invocations from "web-pubsub-client/invocations";
import * as presence from "web-pubsub-client/presence";
import * as protobuf from "web-pubsub-client/protobuf";
import * as protobufCore from "web-pubsub-client/protobuf/core";
import * as observe from "web-pubsub-client/observe";
import * as opentelemetry from "web-pubsub-client/opentelemetry";
import * as resume from "web-pubsub-client/resume";
import * as retain from "web-pubsub-client/retain";
import * as streams from "web-pubsub-client/streams";
import * as emulatorPackage from "web-pubsub-emulator";
import * as ws from "ws";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Block {
  readonly title: string;
  readonly info: string;
  readonly code: string;
  /** What it prints, where the page says so below it. */
  readonly output: string | undefined;
}

/** A heading, or a block of code with the block of text that may follow it. */
const HEADING_OR_BLOCK =
  /^## (.+)$|^```((?!text)\w+(?: no-run)?)\n([^]*?)^```$(?:\n\n```text\n([^]*?)^```$)?/gm;

/** The code blocks of a page, each named by the heading above it. */
function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let heading = page;
  for (const [, title, info = "", code = "", output] of readFileSync(`${root}${page}`, "utf8").matchAll(
    HEADING_OR_BLOCK,
  )) {
    if (title !== undefined) heading = title;
    else blocks.push({ title: `${page}, ${heading}, block ${blocks.length + 1}`, info, code, output });
  }
  return blocks.filter((block) => /^(ts|js)\b/.test(block.info));
}

const readme = blocksOf("README.md");
const features = blocksOf("docs/features.md");
const pages = [
  ...["sessions", "history", "tabs", "observe", "opentelemetry", "troubleshooting"],
  ...[
    "start",
    "connecting",
    "groups",
    "reload",
    "states",
    "options",
    "testing",
    "production",
    "recipes-testing",
  ],
].flatMap((page) => blocksOf(`docs/${page}.md`));
const blocks = [...readme, ...features, ...pages];

test("the pages have code in them", () => {
  expect(readme.length).toBeGreaterThan(1);
  expect(pages.length).toBeGreaterThan(20);
  expect(features.map(({ output }) => output !== undefined)).toEqual([false, false, false, true]);
});

test("every block type-checks, given a client and a url", () => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile.bind(ts.sys)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = new Map(
    blocks.map(({ code }, index) => [`${root}test/types/readme-${index + 1}.ts`, `${code}\nexport {};\n`]),
  );
  files.set(
    `${root}test/types/readme.d.ts`,
    `declare const client: import("web-pubsub-client").WebPubSubClient;\ndeclare const url: string;\n${PLAYWRIGHT}`,
  );
  const checked = { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false };
  const host = ts.createCompilerHost(checked);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
  host.readFile = (name) => files.get(name) ?? readFile.call(host, name);
  host.getSourceFile = (name, language, ...rest) => {
    const text = files.get(name);
    return text === undefined
      ? getSourceFile.call(host, name, language, ...rest)
      : ts.createSourceFile(name, text, language);
  };
  const program = ts.createProgram([...files.keys()], checked, host);
  const diagnostics = [...files.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    return source === undefined
      ? []
      : [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
  const words = diagnostics.map(
    ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
  );
  expect(words).toEqual([]);
});

/** What the pages use of Playwright's runner, which isn't installed here. */
const PLAYWRIGHT = `
declare module "@playwright/test" {
  type Body = (fixtures: { page: import("playwright-core").Page }) => Promise<void>;
  interface Test {
    (title: string, body: Body): void;
    beforeAll(hook: () => Promise<void>): void;
    afterAll(hook: () => Promise<void>): void;
  }
  export const test: Test;
  export const expect: {
    (locator: import("playwright-core").Locator): { toBeVisible(): Promise<void> };
    poll<T>(get: () => T): { toBe(expected: T): Promise<void> };
  };
}
`;

/** Clients that blocks have made and left running, which a page may. */
const made: clientPackage.CoreClient[] = [];
class Client extends clientPackage.WebPubSubClient {
  constructor(...args: ConstructorParameters<typeof clientPackage.WebPubSubClient>) {
    super(...args);
    made.push(this);
  }
}
class Core extends core.CoreClient {
  constructor(...args: ConstructorParameters<typeof clientPackage.WebPubSubClient>) {
    super(...args);
    made.push(this);
  }
}
const modules: Record<string, unknown> = {
  "web-pubsub-client": { ...clientPackage, WebPubSubClient: Client },
  "web-pubsub-client/core": { ...core, CoreClient: Core },
  "web-pubsub-client/groups": groups,
  "web-pubsub-client/history": history,
  "web-pubsub-client/invocations": invocations,
  "web-pubsub-client/presence": presence,
  "web-pubsub-client/observe": observe,
  "web-pubsub-client/opentelemetry": opentelemetry,
  "web-pubsub-client/resume": resume,
  "web-pubsub-client/retain": retain,
  "web-pubsub-client/streams": streams,
  "web-pubsub-client/protobuf": protobuf,
  "web-pubsub-client/protobuf/core": protobufCore,
  "web-pubsub-emulator": emulatorPackage,
  "@azure/logger": logger,
  "@azure/web-pubsub-express": middleware,
  "@opentelemetry/api": openTelemetryApi,
  "@opentelemetry/context-async-hooks": contextAsyncHooks,
  "@opentelemetry/core": openTelemetryCore,
  "@opentelemetry/sdk-metrics": sdkMetrics,
  "@opentelemetry/sdk-trace-base": sdkTrace,
  express,
  "@azure/web-pubsub": serverSdk,
  "node:http": http,
  ws,
};

let emulator: emulatorPackage.Emulator;
beforeAll(async () => {
  const order = { events: "order", onEvent: () => ({ data: { accepted: true } }) };
  emulator = await emulatorPackage.startEmulator({ hubs: { chat: { handlers: [order] } } });
});
afterAll(() => emulator.close());

const output: string[] = [];
beforeEach(() => {
  output.length = 0;
  for (const method of ["log", "info", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => void output.push(words.join(" ")));
  }
  vi.spyOn(console, "dir").mockImplementation(() => undefined);
  return () => {
    vi.restoreAllMocks();
    logger.setLogLevel();
  };
});

/** Runs a block as the module that it is, with our sources for the packages. */
async function run(code: string): Promise<void> {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  });
  const AsyncFunction = (async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...args: unknown[]) => Promise<void>;
  const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
  const url = await emulator.clientAccessUrl("chat", { userId: "ann", roles });
  await using client = new clientPackage.WebPubSubClient(url);
  await client.start();
  const failed: unknown[] = [];
  vi.spyOn(console, "assert").mockImplementation((held, ...words) => {
    if (held !== true) failed.push(words);
  });
  const load = (name: string): unknown => {
    if (!(name in modules)) throw new Error(`The page imports ${name}, which this test doesn't know.`);
    return modules[name];
  };
  // In braces, so that a block may declare a client or url of its own.
  await new AsyncFunction("require", "exports", "client", "url", `{${outputText}}`)(load, {}, client, url);
  for (const each of made.splice(0)) await each.stop();
  expect(failed).toEqual([]);
}

test.each(blocks.filter(({ info }) => !info.includes("no-run")))(
  "it runs: $title",
  async ({ code, output: said }) => {
    await run(code);
    if (said !== undefined) expect(output.map((line) => `${line}\n`).join("")).toBe(said);
  },
);

test("the first message is heard", async () => {
  await run(readme[0]?.code ?? "");
  expect(output).toEqual(["ann in room: Hello!"]);
});
