/** What listeners of the simulation throw on purpose. */
export class ThrownOnPurpose extends Error {
  override readonly name = "ThrownOnPurpose";
}

/** What a client reports to the developer, in place of the platform's `reportError`. */
export class Reports {
  #expected = 0;
  #unexpected: unknown;

  /** Replaces `reportError` until the returned function is called. */
  begin(): () => void {
    const { reportError } = globalThis as { reportError?: unknown };
    const report = (error: unknown): void => {
      if (error instanceof ThrownOnPurpose) this.#expected--;
      else this.#unexpected ??= error;
    };
    Object.assign(globalThis, { reportError: report });
    return () => Object.assign(globalThis, { reportError });
  }

  /** An error to throw; it must be reported. */
  thrown(message: string): ThrownOnPurpose {
    this.#expected++;
    return new ThrownOnPurpose(message);
  }

  /** What is wrong with the reports, if something is. */
  get fault(): string | undefined {
    const error = this.#unexpected;
    if (error !== undefined)
      return `a client reports ${error instanceof Error ? String(error.stack) : "what is no error"}`;
    return this.#expected === 0 ? undefined : `${this.#expected} errors of listeners weren't reported`;
  }
}
