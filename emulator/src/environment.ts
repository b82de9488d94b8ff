import { randomBytes } from "node:crypto";
import type { Environment } from "./service/environment.js";

// Taken now: a test that fakes the globals later, for the code it tests, doesn't fake the service's time.
const { setTimeout, clearTimeout } = globalThis;
const now = Date.now.bind(Date);

/** Node's clock, timers and randomness. */
export const nodeEnvironment: Environment = {
  now,
  setTimer(callback, delayInMs) {
    const timer = setTimeout(callback, delayInMs);
    return { cancel: () => clearTimeout(timer) };
  },
  randomBytes,
};
