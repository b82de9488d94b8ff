import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromServer } from "../../helpers/frames.js";
import { until } from "../../helpers/until.js";
import { AT_ONCE } from "../../helpers/waitingTime.js";
import { WireService } from "./wireService.js";

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weaknesses-"));
  program = join(folder, "child.cjs");
  // In one piece, so that a process starts quickly.
  await build({
    entryPoints: [fileURLToPath(new URL("child.ts", import.meta.url))],
    outfile: program,
    bundle: true,
    platform: "node",
    target: "node20",
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** A process with one client. */
class Child implements AsyncDisposable {
  output = "";
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown[]>;

  constructor(which: string, scenario: string, url: string, options: object = {}) {
    const args = [program, which, scenario, url, JSON.stringify(options)];
    this.#process = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#closed = once(this.#process, "close");
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    }
  }

  get ended(): boolean {
    return this.#process.exitCode !== null;
  }

  /** Waits for a line, or the end of the process. */
  async said(line: string): Promise<boolean> {
    await until(() => this.output.includes(`${line}\n`) || this.ended);
    return this.output.includes(`${line}\n`);
  }

  stop(): void {
    this.#process.send("stop");
  }

  /** Exit code. */
  async exit(): Promise<unknown> {
    const [code] = await this.#closed;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#closed;
  }
}

/** Runs until the process has made a second connection, or has died of the first one's loss. */
async function loseConnection(which: string, scenario: string, options: object = {}): Promise<unknown[]> {
  await using service = await WireService.open();
  service.token = "";
  service.answer = () => "silence";
  await using child = new Child(which, scenario, service.url, options);
  await child.said("ready");
  if (!child.ended) service.connection.cut();
  if (await child.said("connected 2")) child.stop();
  const code = await child.exit();
  return [code, code === 0 ? "" : child.output];
}

describe("W11: a join that was aborted before the call leaves nothing behind that could end the process", () => {
  const options = { messageRetryOptions: { maxRetries: 0 } };
  test("ours", async () => {
    expect(await loseConnection("ours", "join aborted before the call", options)).toEqual([0, ""]);
  });
  test("reference: an unhandled rejection", async () => {
    const [code, words] = await loseConnection("reference", "join aborted before the call", options);
    expect(code).toBe(1);
    expect(words).toContain("SendMessageError");
  });
});

describe("W23: a listener that throws", () => {
  test.each(["connected throws", "disconnected throws"])(
    "ours: %s, and the client goes on",
    async (scenario) => {
      expect(await loseConnection("ours", scenario)).toEqual([0, ""]);
    },
  );
  test.each(["connected throws", "disconnected throws"])(
    "reference: %s, and ends the process",
    async (scenario) => {
      const [code, words] = await loseConnection("reference", scenario);
      expect(code).toBe(1);
      expect(words).toContain(`Error: a listener of ${scenario.split(" ")[0]}`);
    },
  );
});

describe("W24: one frame that can't be read", () => {
  const run = async (which: string, frame: string): Promise<unknown> => {
    await using service = await WireService.open();
    await using child = new Child(which, "plain", service.url);
    await child.said("ready");
    service.connection.send(frame);
    service.connection.send(fromServer("x", 1));
    if (await child.said("server-message")) child.stop();
    return await child.exit();
  };
  const frames = ["{", '{"type":"message","from":"server","dataType":"text","data":7}'];
  test.each(frames)("ours is not impressed by %s", async (frame) => {
    expect(await run("ours", frame)).toBe(0);
  });
  test.each(frames)("reference dies of %s", async (frame) => {
    expect(await run("reference", frame)).toBe(1);
  });
});

describe("W25: after stop() the process exits by itself", () => {
  /** Brings a client into a state, has it stopped there, and gives for how long the process waited from the call to its exit, in ms. */
  async function waitBeforeExit(
    which: string,
    reach: (service: WireService, child: Child) => Promise<unknown>,
    {
      scenario = "plain",
      token = "token",
      options = {},
    }: { scenario?: string; token?: string; options?: object } = {},
  ): Promise<number> {
    await using service = await WireService.open();
    service.token = token;
    await using child = new Child(which, scenario, service.url, options);
    await reach(service, child);
    child.stop();
    expect(await child.exit(), child.output).toBe(0);
    return Number(/exits after waiting for ([\d.]+) ms/.exec(child.output)?.[1]);
  }

  test("Connecting, handshake hangs", async () => {
    const time = await waitBeforeExit("ours", async (service) => {
      service.door = "silent";
      await until(() => service.turnedAway > 0);
    });
    expect(time).toBeLessThan(AT_ONCE);
  });

  test("Connecting, no connected message comes", async () => {
    const time = await waitBeforeExit("ours", async (service) => {
      service.onConnection = () => undefined;
      await until(() => service.connections.length > 0);
      // The client knows of its opening when it answers a ping of the protocol below.
      service.connection.socket.ping();
      await once(service.connection.socket, "pong");
    });
    expect(time).toBeLessThan(AT_ONCE);
  });

  test("Connected, with every timer running", async () => {
    const time = await waitBeforeExit(
      "ours",
      async (service, child) => {
        service.answer = () => "silence";
        await child.said("ready");
        service.connection.send(fromServer("x", 1));
        await child.said("server-message");
      },
      { scenario: "operations pending" },
    );
    expect(time).toBeLessThan(AT_ONCE);
  });

  test("Connected, and the service doesn't answer the close", async () => {
    const time = await waitBeforeExit("ours", async (service, child) => {
      await child.said("ready");
      service.connection.socket.pause();
    });
    expect(time).toBeLessThan(AT_ONCE);
  });

  test("Recovering, waiting", async () => {
    const time = await waitBeforeExit("ours", async (service, child) => {
      await child.said("ready");
      service.door = "closed";
      service.connection.cut();
      await until(() => service.turnedAway > 0);
    });
    expect(time).toBeLessThan(AT_ONCE);
  });

  test("Recovering, the attempt hangs", async () => {
    const time = await waitBeforeExit("ours", async (service, child) => {
      await child.said("ready");
      service.door = "silent";
      service.connection.cut();
      await until(() => service.turnedAway > 0);
    });
    expect(time).toBeLessThan(AT_ONCE);
  });

  test("Recovering, the socket proves nothing", async () => {
    const time = await waitBeforeExit("ours", async (service, child) => {
      await child.said("ready");
      service.onConnection = (connection) => (connection.mute = true);
      service.connection.cut();
      await until(() => service.connections.length > 1);
    });
    expect(time).toBeLessThan(AT_ONCE);
  });

  test("Disconnected, waiting", async () => {
    const time = await waitBeforeExit(
      "ours",
      async (service, child) => {
        await child.said("ready");
        service.door = "closed";
        service.connection.cut();
        await until(() => service.turnedAway > 0);
      },
      { token: "" },
    );
    expect(time).toBeLessThan(AT_ONCE);
  });

  test("the reference is held by its keep-alive", async () => {
    const time = await waitBeforeExit("reference", (_service, child) => child.said("ready"), {
      options: { keepAliveTimeoutInMs: 3_000, keepAliveIntervalInMs: 1_000 },
    });
    expect(time).toBeGreaterThan(300);
  });
});
