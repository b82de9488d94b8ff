/** A fault planted on purpose. */
export interface Mutant {
  /** What is broken. */
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly put: string;
  /** Found within a few runs: for the short check. */
  readonly quick?: boolean;
}

export const mutants: readonly Mutant[];
