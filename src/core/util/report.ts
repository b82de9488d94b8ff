/**
 * Shows the developer something on the console, since the log is off by default. Without an error it is a warning. An
 * error that the application's own code has thrown is reported as the platform reports uncaught errors.
 */
export function report(what: string, ...errors: [] | [unknown]): void {
  const words = `web-pubsub-client: ${what}`;
  try {
    if (errors.length === 0) console.warn(words);
    // Deno's `reportError` ends the process.
    else if (typeof globalThis.reportError === "function" && !("Deno" in globalThis))
      globalThis.reportError(errors[0]);
    else console.error(words, errors[0]);
  } catch {
    // The platform may have no console.
  }
}
