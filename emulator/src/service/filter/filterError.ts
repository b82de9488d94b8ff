/** A filter that can't be read. */
export class FilterError extends Error {
  /** Where in the filter's text, counted in characters from 0. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(`The filter is not valid: ${message} at position ${position}.`);
    this.position = position;
  }
}
