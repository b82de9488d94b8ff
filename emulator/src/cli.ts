#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { announcement, traceLines } from "./cliOutput.js";
import { type FileConfig, readConfig } from "./config/configFile.js";
import { readFlags, usage } from "./config/flags.js";
import { type Settings, UsageError, readVariables } from "./config/settings.js";
import { watchConfig } from "./config/watchConfig.js";
import { type Emulator, startEmulator } from "./emulator.js";
import { isWildcard } from "./http/address.js";
import type { EmulatorOptions } from "./options.js";
import { onInterrupt } from "./interrupt.js";

const defaultPort = 8080;
const defaultHub = "chat";

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.help === true) return void process.stdout.write(usage());
  if (flags.version === true) return void process.stdout.write(`${readVersion()}\n`);
  const settings: Settings = { ...readVariables(process.env), ...flags };
  const file = settings.config === undefined ? undefined : await readConfig(settings.config);
  await run(settings, file ?? { options: {} });
}

async function run(settings: Settings, file: FileConfig): Promise<void> {
  const { config, hub = file.hub ?? defaultHub, verbose = file.verbose === true, ...flags } = settings;
  const { https: inFile } = file.options;
  const options: EmulatorOptions = {
    port: defaultPort,
    ...file.options,
    ...flags,
    // A key and a certificate of the user's own are what `--https` asks for.
    ...(typeof inFile === "object" && { https: inFile }),
  };
  const emulator = await startEmulator(options);
  let unwatch: (() => void) | undefined;
  const stop = async () => {
    unwatch?.();
    await emulator.close();
  };
  const end = async () => {
    await stop();
    // A module that is the configuration may have left timers or sockets of its own.
    process.stdout.write("", () => process.exit());
  };
  onInterrupt(() => void end());
  // Whoever read the output has gone, as with `| head`.
  process.stdout.on("error", () => void end());
  try {
    const certificateFile = options.https === true ? await fileOf(emulator) : undefined;
    const everywhere = options.host !== undefined && isWildcard(options.host);
    const extras = { hub, everywhere, negotiate: options.negotiate === true, certificateFile };
    process.stdout.write(await announcement(emulator, extras));
    if (verbose) {
      const line = traceLines();
      emulator.trace((entry) => void process.stdout.write(`${line(entry)}\n`));
    }
    if (config === undefined) return;
    unwatch = watchConfig(config, file, {
      apply: async (hubs) => emulator.setHubs(hubs),
      applied: (message) => void process.stdout.write(`${message}\n`),
      rejected: (message) => void process.stderr.write(`${message}\n`),
    });
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fileOf({ certificate = "" }: Emulator): Promise<string> {
  const { writeCertificate } = await import("./certificateFile.js");
  return writeCertificate(certificate);
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  const more = error instanceof UsageError ? "See web-pubsub-emulator --help.\n" : "";
  process.stderr.write(`${message}\n${more}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
