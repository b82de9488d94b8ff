import { performance } from "node:perf_hooks";

/**
 * What this process takes from here on, in ms: its CPU time, and the time in which it waits for
 * something to happen. Other processes on a busy machine add nothing to it.
 * @returns a function that tells it
 */
export function ownTime(): () => number {
  const cpu = process.cpuUsage();
  const { idle } = performance.eventLoopUtilization();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return (user + system) / 1_000 + performance.eventLoopUtilization().idle - idle;
  };
}
