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
 * Reports an error of the application's own code, as the platform reports uncaught ones; else on the console. The
 * log is off by default and would hide it.
 */
export function report(what: string, error: unknown): void {
  try {
    if (typeof globalThis.reportError === "function") globalThis.reportError(error);
    else console.error(what, error);
  } catch {
    // Nobody is left to tell.
  }
}

/** Tells on the console of a mistake that does no harm at once. */
export function warn(words: string): void {
  try {
    console.warn(words);
  } catch {
    // A platform may have no console.
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
