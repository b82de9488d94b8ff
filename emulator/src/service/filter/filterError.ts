/** A filter that can't be read, in the cloud's words. */
export class FilterError extends Error {
  constructor(filter: string, problem: string) {
    super(`Invalid syntax for '${filter}': ${problem} (Parameter 'filter')`);
  }
}

/** What is wrong with a filter: thrown where it is found, which doesn't know the whole text. */
export class FilterProblem extends Error {
  /** Where in the text, counted in characters from 0; undefined: about the meaning of what can be read. */
  readonly position: number | undefined;

  constructor(problem: string, position?: number) {
    super(problem);
    this.position = position;
  }

  in(filter: string): FilterError {
    const where = this.position === undefined ? "" : ` at position ${this.position} in '${filter}'`;
    return new FilterError(filter, `${this.message}${where}.`);
  }
}
