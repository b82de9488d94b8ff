import WebSocket from "isomorphic-ws";
import type { Environment, WebSocketConstructor } from "./environment.js";
import { onWake } from "./wake.js";

/** The longest delay that timers can hold, in ms; beyond it they would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** The platform's own clock, timers, randomness, sockets and wake signals, what is given first. */
export function createEnvironment(
  given: Partial<Environment> = {},
  webSocket: WebSocketConstructor = WebSocket,
): Environment {
  const environment: Environment = {
    now: () => Date.now(),
    uptime: () => performance.now(),
    setTimer: (callback, delayInMs) => setTimeout(callback, Math.min(delayInMs, LONGEST_DELAY)),
    clearTimer: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
    random: () => Math.random(),
    createWebSocket: (url, protocol) => new webSocket(url, protocol),
    onWake,
  };
  for (const name of Object.keys(environment) as (keyof Environment)[]) {
    // Bound, so that what is given may be an instance of a class.
    const own = given[name]?.bind(given);
    if (own !== undefined) Object.assign(environment, { [name]: own });
  }
  const now = environment.now.bind(environment);
  // A given world has one time.
  const hasOneClock = given.now !== undefined && given.uptime === undefined;
  const uptime = hasOneClock ? now : environment.uptime.bind(environment);
  return { ...environment, uptime, now: steady(now, uptime) };
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
