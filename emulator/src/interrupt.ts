import { constants } from "node:os";

/**
 * Signals that come this soon after the first, in milliseconds, belong to it: npx passes on a Ctrl+C that the terminal
 * has sent to the service already.
 */
const sameInterruptInMs = 100;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Calls `stop` on the first Ctrl+C or the like; on a second one the process exits at once. */
export function onInterrupt(stop: () => void): void {
  let first: number | undefined;
  for (const signal of signals) {
    process.on(signal, () => {
      if (first === undefined) {
        first = performance.now();
        stop();
      } else if (performance.now() - first > sameInterruptInMs) process.exit(128 + constants.signals[signal]);
    });
  }
}
