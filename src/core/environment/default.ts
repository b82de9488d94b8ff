import type { Environment, WebSocketConstructor } from "./environment.js";
import { openSocket } from "./platform.js";
import { onWake } from "./wake.js";

/** The longest delay that timers can hold, in ms; beyond it they would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** Fills in what the caller leaves out: the platform's clock, timers, random numbers, sockets and wake signals. */
export function createEnvironment(
  given: Partial<Environment> = {},
  webSocket?: WebSocketConstructor,
): Environment {
  if (webSocket !== undefined && typeof webSocket !== "function")
    throw new TypeError("webSocket must be a class of WebSockets.");
  const environment: Environment = {
    now: () => Date.now(),
    // Without a `performance` the wall clock is the only one.
    uptime: () => (globalThis.performance as Partial<Performance> | undefined)?.now?.() ?? Date.now(),
    setTimer: (callback, delayInMs) => setTimeout(callback, Math.min(delayInMs, LONGEST_DELAY)),
    clearTimer: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
    random: () => Math.random(),
    createWebSocket: webSocket ? (url, protocol) => new webSocket(url, protocol) : openSocket,
    onWake,
  };
  for (const name of Object.keys(environment) as (keyof Environment)[]) {
    const own = given[name];
    if (own === undefined) continue;
    if (typeof own !== "function") throw new TypeError(`environment.${name} must be a function.`);
    // Bound, so that the given object may be an instance of a class.
    Object.assign(environment, { [name]: own.bind(given) });
  }
  // A given `now` without `uptime` is the only clock.
  if (given.now && !given.uptime) environment.uptime = () => environment.now();
  return { ...environment, now: steady(environment) };
}

/** The wall clock, which also counts sleep. If it is set back, the returned time still goes on. */
function steady(clocks: Environment): () => number {
  let ahead = -Infinity;
  return () => {
    const up = clocks.uptime();
    ahead = Math.max(ahead, clocks.now() - up);
    return Math.round(up + ahead);
  };
}
