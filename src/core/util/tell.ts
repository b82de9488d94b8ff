/**
 * Tells the developer what the log, which is off by default, would hide: a warning, or with an error one of the
 * application's own code, which is reported as the platform reports uncaught ones, or else on the console.
 */
export function tell(words: string, ...errors: [] | [unknown]): void {
  try {
    if (errors.length === 0) console.warn(words);
    // Deno's `reportError` ends the process.
    else if (typeof globalThis.reportError === "function" && !("Deno" in globalThis))
      globalThis.reportError(errors[0]);
    else console.error(words, errors[0]);
  } catch {
    // A platform may have no console; then nobody is there to be told.
  }
}
