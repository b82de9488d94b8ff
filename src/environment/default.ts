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
  environment.now = steady(environment.now.bind(environment));
  return environment;
}

/** A wall clock that somebody sets back stands still for no timer: from there on it runs with a lead. */
function steady(wallClock: () => number): () => number {
  let last = -Infinity;
  let lead = 0;
  return () => {
    const now = wallClock() + lead;
    if (now < last) lead += last - now;
    else last = now;
    return last;
  };
}
