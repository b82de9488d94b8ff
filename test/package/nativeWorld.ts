/** What runs React Native's JavaScript in an app: a bare context, and native modules over Node's sockets and timers. */
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { WebSocket } from "ws";

/** What the bundle's entry leaves in its global `app`. */
interface Entry<App> {
  readonly app: App;
  readonly emit: (name: string, event: unknown) => void;
  readonly callTimers: (ids: number[]) => void;
}

/** A report of Android's network, as NetInfo gets it. */
export interface Network {
  readonly type: string;
  readonly isConnected: boolean;
  readonly isInternetReachable: boolean;
}

type Callback = (value: unknown) => void;

/** @typeParam App what the entry gives to the test */
export class NativeWorld<App> {
  /** Warnings and errors that went to the console. */
  readonly complaints: string[] = [];
  readonly app: App;
  readonly #entry: Entry<App>;
  readonly #sockets = new Map<number, WebSocket>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  /** Timers that are due while the app is in the background, where Android calls none. */
  #due: number[] | undefined;
  #network: Network = { type: "wifi", isConnected: true, isInternetReachable: true };
  readonly #clock = { skew: 0 };

  constructor(script: string) {
    const modules = this.#modules();
    const world: Record<string, unknown> = {
      __turboModuleProxy: (name: string) => modules[name] ?? null,
      nativeModuleProxy: modules,
      nativeLoggingHook: (text: string, level: number) => {
        if (level > 1) this.complaints.push(text);
      },
      nativePerformanceNow: () => performance.now(),
      performance: { now: () => performance.now() },
      atob,
      btoa,
      clock: this.#clock,
    };
    world["global"] = world;
    const context = createContext(world);
    runInContext(
      `{ const { clock } = globalThis, { now } = Date;
        Date.now = () => now() + clock.skew;
        delete globalThis.clock; delete globalThis.WebAssembly; delete globalThis.SharedArrayBuffer; }`,
      context,
    );
    runInContext(readFileSync(script, "utf8"), context);
    this.#entry = world["entry"] as Entry<App>;
    this.app = this.#entry.app;
  }

  /** The app goes to the background: Android calls no timers then. */
  leave(): void {
    this.#due = [];
    this.#entry.emit("appStateDidChange", { app_state: "background" });
  }

  /** The app comes back to the front. @param afterMs what clocks have gone on by meanwhile, beside the real time */
  comeBack(afterMs = 0): void {
    this.#clock.skew += afterMs;
    const due = this.#due ?? [];
    this.#due = undefined;
    this.#entry.emit("appStateDidChange", { app_state: "active" });
    if (due.length > 0) this.#entry.callTimers(due);
  }

  /** The network changes. */
  set network(network: Network) {
    this.#network = network;
    this.#entry.emit("netInfo.networkStatusDidChange", network);
  }

  close(): void {
    for (const each of this.#timers.values()) clearTimeout(each);
    for (const each of this.#sockets.values()) each.terminate();
  }

  #modules(): Record<string, unknown> {
    const events = { addListener: () => {}, removeListeners: () => {} };
    return {
      AppState: {
        ...events,
        getConstants: () => ({ initialAppState: "active" }),
        getCurrentAppState: (told: Callback) => told({ app_state: "active" }),
      },
      PlatformConstants: {
        getConstants: () => ({ isTesting: false, reactNativeVersion: {}, Version: 36, uiMode: "normal" }),
      },
      RNCNetInfo: { ...events, configure: () => {}, getCurrentState: async () => this.#network },
      Timing: {
        createTimer: (id: number, delayInMs: number, _asked: number, isRepeated: boolean) =>
          this.#createTimer(id, delayInMs, isRepeated),
        deleteTimer: (id: number) => {
          clearTimeout(this.#timers.get(id));
          this.#timers.delete(id);
        },
        setSendIdleEvents: () => {},
      },
      WebSocketModule: {
        ...events,
        connect: (url: string, protocols: string[], _options: unknown, id: number) =>
          this.#connect(url, protocols, id),
        send: (text: string, id: number) => this.#sockets.get(id)?.send(text),
        sendBinary: (base64: string, id: number) =>
          this.#sockets.get(id)?.send(Buffer.from(base64, "base64")),
        ping: (id: number) => this.#sockets.get(id)?.ping(),
        close: (code: number, reason: string, id: number) => this.#sockets.get(id)?.close(code, reason),
      },
    };
  }

  #createTimer(id: number, delayInMs: number, isRepeated: boolean): void {
    const call = (): void => {
      if (!isRepeated) this.#timers.delete(id);
      if (this.#due === undefined) this.#entry.callTimers([id]);
      else if (!this.#due.includes(id)) this.#due.push(id);
    };
    this.#timers.set(id, isRepeated ? setInterval(call, delayInMs) : setTimeout(call, delayInMs));
  }

  #connect(url: string, protocols: string[], id: number): void {
    const socket = new WebSocket(url, protocols);
    this.#sockets.set(id, socket);
    let failure = "";
    socket.on("error", ({ message }) => (failure = message));
    socket.on("open", () => this.#entry.emit("websocketOpen", { id, protocol: socket.protocol }));
    socket.on("message", (data: Buffer, isBinary) => {
      const message = isBinary
        ? { type: "binary", data: data.toString("base64") }
        : { type: "text", data: data.toString() };
      this.#entry.emit("websocketMessage", { id, ...message });
    });
    // Android's sockets tell either of a close frame or of a failure.
    socket.on("close", (code, reason) => {
      if (code === 1006) this.#entry.emit("websocketFailed", { id, message: failure || "Connection reset" });
      else this.#entry.emit("websocketClosed", { id, code, reason: reason.toString() });
    });
  }
}
