import type { Expression, FilterSubject } from "./expression.js";
import { FilterProblem } from "./filterError.js";
import { tokenize } from "./lexer.js";
import { Parser } from "./parser.js";

/** Selects connections. */
export type Filter = (subject: FilterSubject) => boolean;

/** Reads a filter, in the service's subset of OData. Throws `FilterError`, which says what is wrong and where. */
export function parseFilter(text: string): Filter {
  const expression = read(text);
  return (subject) => expression.evaluate(subject) === true;
}

function read(text: string): Expression {
  try {
    return new Parser(tokenize(text)).parse();
  } catch (error) {
    throw error instanceof FilterProblem ? error.in(text) : error;
  }
}
