import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { SavedSession } from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { anyGroup, hub, House, until } from "./harness.js";

const program = fileURLToPath(new URL("rollingProcess.ts", import.meta.url));

/** One of the processes that follow on each other. */
class Worker {
  readonly heard: string[] = [];
  readonly told: Record<string, unknown>[] = [];
  readonly #child;

  constructor(url: string, name: string, protocol: string) {
    this.#child = spawn(process.execPath, ["--import", "tsx", program, url, name, protocol], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    createInterface(this.#child.stdout).on("line", (line) => {
      const news = JSON.parse(line) as Record<string, unknown>;
      if (typeof news["heard"] === "string") this.heard.push(news["heard"]);
      else this.told.push(news);
    });
  }

  begin(session: SavedSession | undefined): void {
    this.#child.stdin.write(`${session === undefined ? "" : JSON.stringify(session)}\n`);
  }

  /** The session that it hands over, and how many messages it has sent. */
  async end(): Promise<{ session: SavedSession; sent: number }> {
    this.#child.kill("SIGTERM");
    await until(() => this.#child.exitCode !== null);
    await until(() => "session" in (this.told.at(-1) ?? {}));
    return this.told.pop() as unknown as { session: SavedSession; sent: number };
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

test.each([
  ["json", ["a", "b", "c"]],
  ["protobuf", ["a", "b"]],
])(
  "a rolling restart (%s): the next process goes on with the connection, and nobody notices",
  async (protocol, names) => {
    const noticed: string[] = [];
    const watch = {
      onDisconnected: () => void noticed.push("disconnected"),
      onJoined: ({ userId }: { userId?: string }) => void noticed.push(`${userId} joined`),
      onLeft: ({ userId }: { userId?: string }) => void noticed.push(`${userId} left`),
    };
    await using house = await House.open({ hubs: { [hub]: { handlers: [watch] } } });
    const witness = await house.welcome("witness", ["up"]);
    const url = await house.emulator.clientAccessUrl(hub, { userId: "worker", roles: anyGroup });
    const workers = names.map((name) => new Worker(url, name, protocol));
    const expected: string[] = [];
    let published = 0;
    const publish = setInterval(() => house.hub.sendToGroup("down", `${published++}`), 5);
    const results: Promise<unknown>[] = [];
    const last = house.guestWith(
      () => Promise.resolve(url),
      protocol === "protobuf" ? { protocol: WebPubSubProtobufReliableProtocol() } : {},
    );
    try {
      let session: SavedSession | undefined;
      for (const [index, worker] of workers.entries()) {
        worker.begin(session);
        await until(() => worker.heard.length > 20);
        const ending = await worker.end();
        session = ending.session;
        expected.push(...Array.from({ length: ending.sent }, (_, n) => `${names[index]}-${n}`));
      }
      await last.client.start({ resume: session, onRestored: (_, result) => results.push(result) });
    } finally {
      clearInterval(publish);
      for (const worker of workers) worker.kill();
    }
    await Promise.all(results);
    const heard = (): number[] => [...workers.flatMap((worker) => worker.heard), ...last.heard].map(Number);
    await until(() => heard().at(-1) === published - 1 && witness.heard.length >= expected.length);

    const from = heard()[0] ?? NaN;
    expect(heard()).toEqual(Array.from({ length: published - from }, (_, n) => from + n));
    expect(witness.heard).toEqual(expected);
    const { connectionId } = last.client;
    expect(workers.map(({ told }) => told)).toEqual([
      [{ connectionId }],
      ...names.slice(1).map(() => [{ connectionId, resumed: true }]),
    ]);
    expect(noticed).toEqual(["witness joined", "worker joined"]);
  },
);
