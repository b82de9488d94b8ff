import WebSocket from "isomorphic-ws";
import type { Environment, WebSocketConstructor } from "./environment.js";
import { onWake } from "./wake.js";

/** The longest delay that timers can hold, in ms; beyond it they would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * For sockets of `ws`; browsers have no such options and take no notice. Nothing that the service sends is near this
 * size, its whole window of unacknowledged messages is 16 MB. Compression would let a small frame become that large.
 */
const LIMITS = { maxPayload: 1 << 24, perMessageDeflate: false };

let platform: typeof WebSocket | undefined;

/** The platform's own clock, timers, randomness, sockets and wake signals, what is given first. */
export function createEnvironment(
  given: Partial<Environment> = {},
  webSocket: WebSocketConstructor = WebSocket,
): Environment {
  if (typeof webSocket !== "function") throw new TypeError("webSocket must be a class of WebSockets.");
  const environment: Environment = {
    now: () => Date.now(),
    uptime: () => performance.now(),
    setTimer: (callback, delayInMs) => setTimeout(callback, Math.min(delayInMs, LONGEST_DELAY)),
    clearTimer: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
    random: () => Math.random(),
    createWebSocket: (url, protocol) =>
      webSocket === WebSocket
        ? new (platform ??= platformSocket())(url, protocol, LIMITS)
        : new webSocket(url, protocol),
    onWake,
  };
  for (const name of Object.keys(environment) as (keyof Environment)[]) {
    const own = given[name];
    if (own === undefined) continue;
    if (typeof own !== "function") throw new TypeError(`environment.${name} must be a function.`);
    // Bound, so that what is given may be an instance of a class.
    Object.assign(environment, { [name]: own.bind(given) });
  }
  const now = environment.now.bind(environment);
  // A given world has one time.
  const hasOneClock = given.now !== undefined && given.uptime === undefined;
  const uptime = hasOneClock ? now : environment.uptime.bind(environment);
  return { ...environment, uptime, now: steady(now, uptime) };
}

type MessageListener = ((event: { data: unknown }) => void) | null;

/**
 * The platform's class of sockets. That of `ws` would make an event of every message, so its heir hands over what its
 * emitter says; browsers' sockets have none. Made on first use: a module that is only imported does nothing.
 */
function platformSocket(): typeof WebSocket {
  if (!("removeAllListeners" in WebSocket.prototype)) return WebSocket;
  class PlainWebSocket extends WebSocket {}
  Object.defineProperty(PlainWebSocket.prototype, "onmessage", {
    set(this: WebSocket, listener: MessageListener) {
      this.removeAllListeners("message");
      if (listener === null) return;
      // One for all messages: who listens takes the data out at once.
      const event: { data: unknown } = { data: undefined };
      this.on("message", (data, isBinary) => {
        event.data = isBinary ? data : (data as Buffer).toString();
        listener(event);
        event.data = undefined;
      });
    },
  });
  return PlainWebSocket;
}

/** The wall clock, sleep included; when somebody sets it back, it goes on as if nobody had. */
function steady(wallClock: () => number, uptime: () => number): () => number {
  let ahead = -Infinity;
  return () => {
    const up = uptime();
    ahead = Math.max(ahead, wallClock() - up);
    return Math.round(up + ahead);
  };
}
