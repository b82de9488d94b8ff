import type { FilterSubject } from "./expression.js";
import { tokenize } from "./lexer.js";
import { Parser } from "./parser.js";

/** Selects connections. */
export type Filter = (subject: FilterSubject) => boolean;

/** Reads a filter, in the service's subset of OData. Throws `FilterError`, which says what is wrong and where. */
export function parseFilter(text: string): Filter {
  const expression = new Parser(tokenize(text)).parse();
  return (subject) => expression.evaluate(subject) === true;
}
