import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { findChromium } from "./chromium.js";

type Parameters = Record<string, unknown>;
interface Answer {
  readonly id?: number;
  /** Of an event, which answers nothing. */
  readonly method?: string;
  readonly params?: Parameters;
  readonly sessionId?: string;
  readonly result?: Parameters;
  readonly error?: { readonly message: string };
}

/** One page (or the browser itself) over the DevTools protocol. */
export interface Target {
  readonly targetId: string;
  send(method: string, parameters?: Parameters): Promise<Parameters>;
  /** Calls back with every event of this name. */
  on(event: string, listener: (parameters: Parameters) => void): void;
  /** Runs an expression in the page; waits for it if it is a promise. */
  evaluate<T>(expression: string): Promise<T>;
  screenshot(): Promise<Uint8Array>;
  /** Also where it is closed already. */
  close(): Promise<void>;
}

/**
 * A Chromium that no driver touches: drivers make every page report that it is visible and focused, and
 * turn the back-forward cache off.
 */
export interface RawChromium {
  readonly version: string;
  readonly browser: Target;
  open(url: string): Promise<Target>;
  close(): Promise<void>;
}

export async function launchRaw(more: string[] = []): Promise<RawChromium> {
  const profile = mkdtempSync(join(tmpdir(), "web-pubsub-chromium-"));
  const { executablePath, env } = await findChromium();
  const child = spawn(
    executablePath,
    [
      "--headless",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      "--no-first-run",
      "--disable-background-networking",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      ...(process.getuid?.() === 0 ? ["--no-sandbox", "--no-zygote"] : []),
      ...more,
      "about:blank",
    ],
    // A process group of its own, so that the pages' processes end with it.
    { detached: true, stdio: ["ignore", "ignore", "pipe"], env },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const close = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await exited;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let said = "";
      child.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`Chromium ended: ${said}`)));
    });
    const connect = await connectTo(address);
    const browser = connect("");
    const { product } = await browser.send("Browser.getVersion");
    return {
      version: String(product),
      browser,
      async open(url) {
        const { targetId } = await browser.send("Target.createTarget", { url, newWindow: true });
        const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
        const page = connect(String(sessionId), String(targetId));
        await page.send("Page.enable");
        await page.send("Runtime.enable");
        return page;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function connectTo(address: string): Promise<(sessionId: string, targetId?: string) => Target> {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const waiting = new Map<number, (answer: Answer) => void>();
  const listeners = new Map<string, (parameters: Parameters) => void>();
  socket.on("message", (data: Buffer) => {
    const answer = JSON.parse(data.toString()) as Answer;
    if (answer.id === undefined) {
      listeners.get(`${answer.sessionId ?? ""} ${answer.method}`)?.(answer.params ?? {});
      return;
    }
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  let last = 0;
  const sendTo = (sessionId: string, method: string, parameters: Parameters = {}): Promise<Parameters> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const settle = ({ result, error }: Answer): void =>
        error === undefined ? resolve(result ?? {}) : reject(new Error(`${method}: ${error.message}`));
      waiting.set(id, settle);
      socket.send(JSON.stringify({ id, method, params: parameters, ...(sessionId && { sessionId }) }));
    });
  return (sessionId, targetId = "") => {
    const send: Target["send"] = (...given) => sendTo(sessionId, ...given);
    return {
      targetId,
      send,
      on(event, listener) {
        listeners.set(`${sessionId} ${event}`, listener);
      },
      async evaluate<T>(expression: string) {
        const { result, exceptionDetails } = await send("Runtime.evaluate", {
          expression,
          awaitPromise: true,
          returnByValue: true,
        });
        if (exceptionDetails !== undefined)
          throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
        return (result as { value: T }).value;
      },
      async screenshot() {
        return Buffer.from(String((await send("Page.captureScreenshot")).data), "base64");
      },
      async close() {
        await sendTo("", "Target.closeTarget", { targetId }).catch(() => undefined);
      },
    };
  };
}
