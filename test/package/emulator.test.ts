import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import ts from "typescript";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebPubSubClient, WebPubSubJsonProtocol } from "web-pubsub-client";
import { createConsumer, type Consumer } from "./consumer.js";
import {
  blocksUnder,
  emptyFolder,
  emulatorPage,
  emulatorPages,
  packEmulator,
  run,
  type Tarball,
  unpackEmulator,
} from "./emulatorTarball.js";
import { deadLinks } from "./links.js";

const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));

let consumer: Consumer;
let tarball: Tarball;
let installed: string;
beforeAll(() => {
  consumer = createConsumer(["vitest", "jest", "@bufbuild/protobuf", "@azure/web-pubsub", "@types/node"]);
  tarball = packEmulator(consumer.folder);
  installed = unpackEmulator(tarball, consumer.folder);
});
afterAll(() => consumer.remove());

/** A project of its own that sees what the consumer has installed. */
function project(name: string, manifest: object, files: Record<string, string>): string {
  const folder = join(consumer.folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, ...manifest }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

test("the tarball holds what is published and nothing else, and asks for no other package", () => {
  for (const file of tarball.files)
    expect(file).toMatch(
      /^(dist\/.+|docs\/[\w-]+\.md|page\/.+|schema\/.+|(CHANGELOG|README|SECURITY)\.md|LICENSE|package\.json)$/,
    );
  expect(tarball.files).toContain("dist/THIRD-PARTY-LICENSES.txt");
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as object;
  expect(manifest).not.toHaveProperty("dependencies");
});

test.each(emulatorPages)("every link of its %s leads somewhere", (page) => {
  expect(deadLinks(installed, page)).toEqual([]);
});

const readmes = {
  "its README": undefined,
  "the first README": fileURLToPath(new URL("../../README.md", import.meta.url)),
};
const firstLines = { "its README": "In a test", "the first README": "The local service" } as const;
const shellLine = { "its README": "In a shell", "the first README": "The local service" } as const;

test.each(["its README", "the first README"] as const)(
  "the three lines of %s start it in a test",
  async (name) => {
    const lines =
      blocksUnder(firstLines[name], readmes[name]).find((block) => block.includes("startEmulator")) ?? "";
    expect(lines.trim().split("\n").filter(Boolean)).toHaveLength(3);
    const { outputText } = ts.transpileModule(`${lines}\nconsole.log(url);`, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    // It ends by itself: the service is closed at the end.
    const folder = project("three lines", { type: "module" }, { "three.js": outputText });
    expect(await run(folder, process.execPath, "three.js")).toMatch(
      /^ws:\/\/127\.0\.0\.1:\d+\/client\/hubs\/chat\?access_token=[\w.-]+\n$/,
    );
  },
);

test("Vitest runs what its page shows", async () => {
  const [vitest = ""] = blocksUnder("Vitest", emulatorPage("docs/tests.md"));
  const folder = project("vitest", { type: "module" }, { "room.test.ts": vitest });
  const output = await run(
    folder,
    process.execPath,
    join(modules, "vitest/vitest.mjs"),
    "run",
    "--root",
    folder,
  );
  expect(output).toMatch(/Tests +1 passed/);
});

test("Jest runs what its page shows, without settings", async () => {
  const [jest = ""] = blocksUnder("Jest", emulatorPage("docs/tests.md"));
  const folder = project("jest", {}, { "room.test.js": jest });
  const output = await run(folder, process.execPath, join(modules, "jest/bin/jest.js"), "--rootDir", folder);
  expect(output).toMatch(/Tests: +1 passed, 1 total/);
  // It says so where something keeps the process from ending.
  expect(output).not.toContain("did not exit");
});

test("node:test runs what its page shows", async () => {
  const [nodeTest = ""] = blocksUnder("node:test", emulatorPage("docs/tests.md"));
  const folder = project("node-test", { type: "module" }, { "room.test.js": nodeTest });
  // Which reporter is the default depends on the version.
  const output = await run(folder, process.execPath, "--test", "--test-reporter=tap");
  expect(output).toMatch(/# pass 1\n/);
});

test.each(["its README", "the first README"] as const)(
  "the line of %s starts it in a shell, in an empty folder, and Ctrl+C ends it",
  async (name) => {
    const line = blocksUnder(shellLine[name], readmes[name]).find((block) => block.startsWith("npx ")) ?? "";
    const [npx = "", ...args] = line.trim().split(" ");
    expect(args).toEqual(["web-pubsub-emulator"]);
    const { folder, remove } = emptyFolder();
    onTestFinished(remove);
    await run(folder, "npm", "install", "--offline", "--no-audit", "--no-fund", tarball.path);
    // Port 8080 may be taken on this machine.
    const env = { ...process.env, WEB_PUBSUB_EMULATOR_PORT: "0" };
    // A group of its own: a terminal sends Ctrl+C to the whole group.
    const options = { cwd: folder, env, detached: true } as const;
    const shell = spawn(npx, args, { ...options, stdio: ["ignore", "pipe", "inherit"] });
    const signal = (name: NodeJS.Signals) => process.kill(-(shell.pid ?? NaN), name);
    onTestFinished(() => {
      if (shell.exitCode === null && shell.signalCode === null) signal("SIGKILL");
    });
    const ended = once(shell, "exit");
    let output = "";
    shell.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    await expect.poll(() => output).toContain("Ctrl+C stops it.");
    // Without recovery it takes the end for what it is, at once.
    await using client = new WebPubSubClient(/ws:\S+/.exec(output)?.[0] ?? "", {
      protocol: WebPubSubJsonProtocol(),
      autoReconnect: false,
    });
    const message = new Promise((resolve) =>
      client.on("disconnected", (event) => resolve(event.message?.message)),
    );
    await client.start();
    await client.joinGroup("news");
    signal("SIGINT");
    expect(await message).toBe("The service is stopping.");
    await ended;
  },
);

test("the curl lines of its pages do what they say", async () => {
  const [lines = ""] = blocksUnder("Faults over HTTP", emulatorPage("docs/admin.md"));
  const env = { ...process.env, WEB_PUBSUB_EMULATOR_PORT: "0" };
  const service = spawn(process.execPath, [join(installed, "dist/cli.js"), "--admin"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void service.kill("SIGKILL"));
  let output = "";
  service.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  await expect.poll(() => output).toContain("Ctrl+C stops it.");
  const endpoint = /http:\S+/.exec(output)?.[0] ?? "";
  await using client = new WebPubSubClient(/ws:\S+/.exec(output)?.[0] ?? "");
  const recovered = new Promise((resolve) => client.on("recovered", resolve));
  await client.start();

  // More refusals than the client makes attempts: the fault is still in force when it is asked for, however slow
  // the machine is, and only its reset lets the client recover.
  const here = lines
    .replaceAll("http://127.0.0.1:8080", endpoint)
    .replaceAll("ann", "developer")
    .replace('"times": 2', '"times": 1000');
  expect(here).toContain('"times": 1000');
  const answers = (await run(consumer.folder, "sh", "-ec", here.replaceAll("curl ", "curl -fsS -w '\\n' ")))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  const fault = { kind: "refuseUpgrades", with: 503, only: "recovery", times: expect.any(Number) as number };
  expect(answers).toEqual([
    expect.objectContaining({ hubs: [expect.objectContaining({ name: "chat" })], faults: [] }),
    { hit: 0 },
    { hit: 1 },
    [fault],
  ]);
  await recovered;
});

test("CommonJS and ESM: sockets, REST, Protobuf's codec and the admin path work from the bundle", async () => {
  const program = `
    async function main() {
      const emulator = await startEmulator({ admin: true, hubs: { chat: { anonymous: true } } });
      const url = await emulator.clientAccessUrl("chat", { groups: ["g"] });
      const client = new WebPubSubClient(url, { protocol: WebPubSubProtobufReliableProtocol() });
      const got = new Promise((resolve) => client.on("group-message", ({ message }) => resolve(message.data)));
      await client.start();
      emulator.hub("chat").sendToGroup("g", "hello");
      const page = await (await fetch(emulator.adminUrl)).text();
      const health = await fetch(emulator.endpoint + "/api/health", { method: "HEAD" });
      console.log(await got, health.status, page.includes("<style>:root"));
      await client.stop();
      await emulator.close();
    }
    main();`;
  const names = {
    "web-pubsub-emulator": "startEmulator",
    "web-pubsub-client": "WebPubSubClient",
    "web-pubsub-client/protobuf": "WebPubSubProtobufReliableProtocol",
  };
  const each = (write: (from: string, name: string) => string) =>
    Object.entries(names)
      .map(([from, name]) => write(from, name))
      .join("\n");
  const folder = project(
    "bundle",
    {},
    {
      "program.mjs": each((from, name) => `import { ${name} } from "${from}";`) + program,
      "program.cjs": each((from, name) => `const { ${name} } = require("${from}");`) + program,
    },
  );
  for (const file of ["program.mjs", "program.cjs"])
    expect(await run(folder, process.execPath, file)).toBe("hello 200 true\n");
});

test("Event Hubs without its package: the bundle says what to install", async () => {
  const folder = project(
    "event-hubs",
    {},
    {
      "emulator.json": JSON.stringify({
        port: 0,
        hubs: { chat: { listeners: [{ eventHubs: { connectionString: "Endpoint=sb://localhost" } }] } },
      }),
    },
  );
  await expect(
    run(folder, process.execPath, join(installed, "dist/cli.js"), "-c", "emulator.json"),
  ).rejects.toThrow("needs the package @azure/event-hubs: install it");
});

test.each(["typescript", "typescript57"])(
  "%s takes the types without the library of await using, and checks all declarations",
  async (compiler) => {
    const program = `
    import { startEmulator, type Emulator } from "web-pubsub-emulator";
    export const start = (): Promise<Emulator> => startEmulator();
    export const end = (emulator: Emulator): Promise<void> => emulator.close();`;
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      target: "ES2022",
      lib: ["ES2022", "DOM"],
      module: "nodenext",
      moduleResolution: "nodenext",
      types: [],
    };
    const files = { "typed.ts": program, "typed.cts": program };
    const tsconfig = JSON.stringify({ compilerOptions, files: Object.keys(files) });
    const folder = project(`types-${compiler}`, { type: "module" }, { ...files, "tsconfig.json": tsconfig });
    expect(await run(folder, process.execPath, join(modules, compiler, "bin/tsc"), "-p", folder)).toBe("");
  },
);

test.each(["node16", "nodenext", "bundler"])(
  "TypeScript finds the types with moduleResolution %s",
  async (resolution) => {
    const program = `
    import { startEmulator, type Emulator, type Fault } from "web-pubsub-emulator";
    const fault: Fault = { kind: "cutTransports", filter: { userId: "ann" } };
    export async function main(): Promise<number> {
      await using emulator: Emulator = await startEmulator({ admin: true });
      return emulator.faults.inject(fault) + emulator.hub("chat").connections().length;
    }`;
    const files = resolution === "bundler" ? ["typed.ts"] : ["typed.ts", "typed.cts"];
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "ES2022",
      lib: ["ES2022", "DOM", "ESNext.Disposable"],
      module: resolution === "bundler" ? "ESNext" : resolution,
      moduleResolution: resolution,
      types: [],
    };
    const folder = project(
      `types-${resolution}`,
      { type: "module" },
      {
        "typed.ts": program,
        "typed.cts": program,
        "tsconfig.json": JSON.stringify({ compilerOptions, files }),
      },
    );
    expect(await run(folder, process.execPath, join(modules, "typescript/bin/tsc"), "-p", folder)).toBe("");
  },
);

test("the TypeScript of its README and its pages is right", async () => {
  const pages = emulatorPages.map((page) => readFileSync(join(installed, page), "utf8")).join("\n");
  const blocks = Array.from(pages.matchAll(/^```ts\n([^]*?)^```$/gm), ([, code]) => `${code}\nexport {};\n`);
  expect(blocks.length).toBeGreaterThan(4);
  const files = Object.fromEntries(blocks.map((code, index) => [`block-${index + 1}.ts`, code]));
  const folder = project(
    "readme",
    { type: "module" },
    {
      ...files,
      "given.d.ts": `declare const startEmulator: typeof import("web-pubsub-emulator").startEmulator;
      declare const emulator: import("web-pubsub-emulator").Emulator;
      declare const connectionString: string;
      declare const seen: unknown[];`,
      "tsconfig.json": JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          target: "ES2022",
          lib: ["ES2023", "DOM", "ESNext.Disposable"],
          module: "ESNext",
          moduleResolution: "bundler",
          types: ["node"],
        },
      }),
    },
  );
  expect(await run(folder, process.execPath, join(modules, "typescript/bin/tsc"), "-p", folder)).toBe("");
});

test("the configuration of its pages is taken, and its $schema is there", async () => {
  const [json = ""] = blocksUnder("Configuration file", emulatorPage("docs/settings.md"));
  const folder = project("settings", {}, { "emulator.json": json });
  const { $schema } = JSON.parse(json) as { $schema: string };
  expect(existsSync(join(consumer.folder, $schema))).toBe(true);
  const service = spawn(
    process.execPath,
    [join(installed, "dist/cli.js"), "-c", "emulator.json", "-p", "0"],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void service.kill("SIGKILL"));
  let output = "";
  service.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  await expect.poll(() => output).toContain("Ctrl+C stops it.");
});

test("publint finds nothing", async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test("are-the-types-wrong finds nothing", async () => {
  const analysis = await checkPackage(createPackageFromTarballData(readFileSync(tarball.path)));
  if (!analysis.types) throw new Error("no types in the tarball");
  // The old resolution knows no `exports`, so it doesn't find what isn't the main entry.
  const problems = analysis.problems.filter(
    (problem) =>
      !("entrypoint" in problem && problem.entrypoint !== "." && problem.resolutionKind === "node10"),
  );
  expect(problems).toEqual([]);
});

test("it starts within the limits that its pages state", async () => {
  const bench = fileURLToPath(new URL("../../emulator/bench/startup.mjs", import.meta.url));
  expect(await run(consumer.folder, process.execPath, bench, "--runs", "5", "--package", installed)).toMatch(
    /in a process: \d+ ms to the first connection/,
  );
});
