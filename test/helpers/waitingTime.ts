import { performance } from "node:perf_hooks";

/**
 * For how long this process, from here on, has nothing to do but wait for something to happen, in ms:
 * the time that a timer or a socket holds it. What it computes doesn't count, nor what others do.
 * @returns a function that tells it
 */
export function waitingTime(): () => number {
  const { idle } = performance.eventLoopUtilization();
  return () => performance.eventLoopUtilization().idle - idle;
}

/**
 * So long a process whose client was stopped may wait for its end, in ms: a socket gets 50 ms to close.
 * The shortest timer that could hold it takes a second.
 */
export const AT_ONCE = 500;
