/** A fault planted on purpose. */
export interface Fault {
  /** What is broken, as a user sees it. In `faults` the topic comes first: "operations: ...". */
  readonly name: string;
  /** The declaration it is planted in: `Class.method`, `Class.#field`, `Class.constructor`, a function or constant. */
  readonly in: string;
  /** Where client and service both declare that name, and both declarations hold the text. */
  readonly of?: "client" | "service";
  /** What it replaces: stands in the declaration exactly once, whatever white space is between its words. */
  readonly find: string;
  /** What stands there instead. */
  readonly put: string;
  /** Found by the simulation of tabs. */
  readonly tabs?: boolean;
  /** Found within a few runs: for the short check. */
  readonly quick?: boolean;
}

/** All of them. */
export const faults: readonly Fault[];
