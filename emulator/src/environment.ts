import { randomBytes } from "node:crypto";
import type { Environment } from "./service/environment.js";

// Taken now: a test that fakes the globals later, for the code it tests, doesn't fake the service's time.
const { setTimeout, clearTimeout } = globalThis;
const now = Date.now.bind(Date);

/** Node's clock, timers and randomness. */
export const nodeEnvironment: Environment = {
  now,
  setTimer(callback, delayInMs) {
    // What keeps the process alive is the listening server; after it nothing may.
    const timer = setTimeout(callback, delayInMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
  randomBytes,
};
