#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readConfig } from "./configFile.js";
import { type Emulator, startEmulator } from "./emulator.js";

const usage = `Usage: web-pubsub-emulator [--port <number>] [--host <address>] [--config <file>] [--hub <name>]

A local Azure Web PubSub service for development and tests.

  -p, --port <number>  TCP port to listen on (default: 8080; 0: any free one)
      --host <address> address to listen at (default: 127.0.0.1, this machine only)
  -c, --config <file>  options of startEmulator, such as event handlers: a JSON file, or a module
                       whose default export they are; --port and --host come first
      --hub <name>     hub of the client URL that is printed (default: chat)
  -h, --help           print this and exit
  -v, --version        print the version and exit
`;

/** A mistake in how the command was called: told without a stack. */
class UsageError extends Error {}

async function main(): Promise<void> {
  const { port, host, config, hub, help, version } = readArguments();
  if (help) {
    process.stdout.write(usage);
    return;
  }
  if (version) {
    process.stdout.write(`${readVersion()}\n`);
    return;
  }
  const options = config === undefined ? {} : await readConfig(config);
  const emulator = await startEmulator({
    ...options,
    port: port === undefined ? (options.port ?? 8080) : Number(port),
    ...(host !== undefined && { host }),
  });
  const stop = () => void emulator.close();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    await announce(emulator, hub);
  } catch (error) {
    await emulator.close();
    throw error;
  }
}

async function announce(emulator: Emulator, hub: string): Promise<void> {
  const url = await emulator.clientAccessUrl(hub, {
    userId: "developer",
    roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"],
    expiresInMinutes: 24 * 60,
  });
  process.stdout.write(
    `Endpoint           ${emulator.endpoint}\n` +
      `Connection string  ${emulator.connectionString}\n` +
      `Client URL         ${url}\n` +
      `                   (hub ${hub}, user developer, every right on groups, for a day)\n`,
  );
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string", short: "p" },
        host: { type: "string" },
        config: { type: "string", short: "c" },
        hub: { type: "string", default: "chat" },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", short: "v", default: false },
      },
    });
    if (values.port !== undefined && !/^\d+$/.test(values.port))
      throw new UsageError(`--port must be a number, but is ${values.port}.`);
    return values;
  } catch (error) {
    throw error instanceof UsageError
      ? error
      : new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof UsageError ? `${message}\n\n${usage}` : `${message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
