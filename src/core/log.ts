/** The interface of a client's logger, and the silent logger. */
import { toError } from "./errors.js";

/** Where a client's log goes; loggers of `@azure/logger` fit, and so does `console` with `warning: console.warn`. */
export interface ClientLogger {
  /** Logs what happens in the course of things, such as changes of state. */
  info(...words: unknown[]): void;
  /** Logs what went wrong and is mended or skipped. */
  warning(...words: unknown[]): void;
  /** Logs what went wrong for good. */
  error(...words: unknown[]): void;
}

const ignore = (): void => undefined;

/** The logger that writes nothing. */
export const SILENT: ClientLogger = { info: ignore, warning: ignore, error: ignore };

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
