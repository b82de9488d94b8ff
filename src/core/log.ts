/** The interface of a client's logger, the silent logger, and what is told though no log is on. */
import { toError } from "./errors.js";

/** Where a client's log goes; loggers of `@azure/logger` fit, and so does `console` with `warning: console.warn`. */
export interface ClientLogger {
  info(...words: unknown[]): void;
  warning(...words: unknown[]): void;
  error(...words: unknown[]): void;
}

const ignore = (): void => undefined;

/** The logger that writes nothing. */
export const SILENT: ClientLogger = { info: ignore, warning: ignore, error: ignore };

/**
 * Tells the developer what the log, which is off by default, would hide: a warning, or with an error one of the
 * application's own code, which is reported as the platform reports uncaught ones, or else on the console.
 */
export function tell(words: string, ...errors: [] | [unknown]): void {
  try {
    if (errors.length === 0) console.warn(words);
    else if (typeof globalThis.reportError === "function") globalThis.reportError(errors[0]);
    else console.error(words, errors[0]);
  } catch {
    // A platform may have no console; then nobody is there to be told.
  }
}

/** Runs an action that may fail without harm; a failure is logged. Returns whether it succeeded. */
export function tryOrLog(log: ClientLogger, what: string, action: () => void): boolean {
  try {
    action();
    return true;
  } catch (thrown) {
    log.info(`Could not ${what}: ${toError(thrown).message}`);
    return false;
  }
}
