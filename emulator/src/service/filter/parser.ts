import { type Comparison, type Expression, type Value, type ValueType, compare } from "./expression.js";
import { FilterError } from "./filterError.js";
import { apply, filterFunction } from "./functions.js";
import type { Token } from "./lexer.js";
import { properties } from "./properties.js";

/** Deepest nesting: what is deeper could exhaust the stack. */
const maxDepth = 100;
const comparisons: readonly string[] = ["eq", "ne", "gt", "ge", "lt", "le"];

/** Reads one filter by recursive descent; from loose to tight: or, and, comparison and `in`, not. */
export class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expression {
    const expression = this.#chain("or");
    if (this.#token.kind !== "end") throw unexpected(this.#token, "and, or, or the end");
    return must(expression, "boolean", "the filter");
  }

  get #token(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new FilterError("it is empty", 0);
    return token;
  }

  /** Takes the token if it is this word or symbol. */
  #accept(text: string): boolean {
    const { kind, text: found } = this.#token;
    if ((kind !== "name" && kind !== "symbol") || found !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw unexpected(this.#token, JSON.stringify(text));
  }

  /** `a or b or c`, each of them a chain of `and`. Terms in a list, not a tree: a chain may be long. */
  #chain(operator: "or" | "and"): Expression {
    const read = () => (operator === "or" ? this.#chain("and") : this.#comparison());
    const first = read();
    if (this.#token.kind !== "name" || this.#token.text !== operator) return first;
    const terms = [must(first, "boolean", `what ${operator} joins`)];
    while (this.#accept(operator)) terms.push(must(read(), "boolean", `what ${operator} joins`));
    const { position } = first;
    return {
      type: "boolean",
      position,
      evaluate: (subject) =>
        operator === "or"
          ? terms.some((term) => term.evaluate(subject) === true)
          : terms.every((term) => term.evaluate(subject) === true),
    };
  }

  #comparison(): Expression {
    let left = this.#not();
    for (;;) {
      const { kind, text, position } = this.#token;
      if (kind !== "name") return left;
      if (comparisons.includes(text)) {
        this.#next++;
        left = comparison(text as Comparison, left, this.#not(), position);
      } else if (text === "in") {
        this.#next++;
        left = this.#membership(left);
      } else return left;
    }
  }

  /** After `in`: a list in parentheses, or the connection's groups. */
  #membership(left: Expression): Expression {
    const { position } = this.#token;
    if (this.#accept("(")) {
      const items = this.#arguments();
      if (items.length === 0) throw new FilterError("the list after in is empty", position);
      for (const item of items) mustFit(left, item, "in", item.position);
      return {
        type: "boolean",
        position: left.position,
        evaluate: (subject) => {
          const value = left.evaluate(subject);
          return items.some((item) => item.evaluate(subject) === value);
        },
      };
    }
    must(this.#not(), "collection", "what stands after in");
    must(left, "string", "what is looked for in groups");
    return {
      type: "boolean",
      position: left.position,
      evaluate: (subject) => {
        const group = left.evaluate(subject);
        return typeof group === "string" && subject.groups.has(group);
      },
    };
  }

  #not(): Expression {
    const { position } = this.#token;
    if (!this.#accept("not")) return this.#primary();
    const operand = this.#deeper(() => must(this.#not(), "boolean", "what not negates"));
    return { type: "boolean", position, evaluate: (subject) => operand.evaluate(subject) !== true };
  }

  #primary(): Expression {
    const token = this.#token;
    const { position } = token;
    if (this.#accept("(")) {
      const inner = this.#deeper(() => this.#chain("or"));
      this.#expect(")");
      return { ...inner, position };
    }
    if (token.kind === "string" || token.kind === "number") {
      this.#next++;
      return literal(token.value, position);
    }
    if (token.kind !== "name") throw unexpected(token, "a value");
    this.#next++;
    if (token.text === "true" || token.text === "false") return literal(token.text === "true", position);
    if (token.text === "null") return literal(null, position);
    if (this.#accept("(")) return this.#call(token.text, position);
    const property = properties.get(token.text.toLowerCase());
    if (property === undefined) throw new FilterError(`unknown name ${JSON.stringify(token.text)}`, position);
    return { ...property, position };
  }

  #call(name: string, position: number): Expression {
    const called = filterFunction(name);
    if (called === undefined) throw new FilterError(`unknown function ${JSON.stringify(name)}`, position);
    const values = this.#arguments();
    const { parameters, required = parameters.length } = called;
    if (values.length < required || values.length > parameters.length) {
      const wanted = required === parameters.length ? `${required}` : `${required} or ${parameters.length}`;
      throw new FilterError(`${name} takes ${wanted} arguments, not ${values.length}`, position);
    }
    for (const [index, type] of parameters.slice(0, values.length).entries()) {
      must(values[index], type, `argument ${index + 1} of ${name}`);
    }
    return {
      type: called.result,
      position,
      evaluate: (subject) =>
        apply(
          called,
          values.map((value) => value.evaluate(subject)),
        ),
    };
  }

  /** What stands between parentheses, the first of which has been read. */
  #arguments(): readonly Expression[] {
    if (this.#accept(")")) return [];
    const values: Expression[] = [];
    do values.push(this.#deeper(() => this.#chain("or")));
    while (this.#accept(","));
    this.#expect(")");
    return values;
  }

  #deeper(read: () => Expression): Expression {
    if (++this.#depth > maxDepth) {
      throw new FilterError(`it is nested more than ${maxDepth} deep`, this.#token.position);
    }
    const expression = read();
    this.#depth--;
    return expression;
  }
}

function literal(value: Value, position: number): Expression {
  const type = value === null ? "null" : (typeof value as ValueType);
  return { type, position, evaluate: () => value };
}

function comparison(operator: Comparison, left: Expression, right: Expression, position: number): Expression {
  mustFit(left, right, operator, position);
  return {
    type: "boolean",
    position: left.position,
    evaluate: (subject) => compare(operator, left.evaluate(subject), right.evaluate(subject)),
  };
}

function must(expression: Expression | undefined, type: ValueType, what: string): Expression {
  if (expression === undefined) throw new FilterError(`${what} is missing`, 0);
  if (expression.type === type || (expression.type === "null" && type !== "collection")) return expression;
  throw new FilterError(`${what} must be a ${type}, but is a ${expression.type}`, expression.position);
}

function mustFit(left: Expression, right: Expression, operator: string, position: number): void {
  const isCollection = left.type === "collection" || right.type === "collection";
  const fits = left.type === right.type || left.type === "null" || right.type === "null";
  if (isCollection || !fits) {
    throw new FilterError(`${operator} can't compare a ${left.type} with a ${right.type}`, position);
  }
}

function unexpected(token: Token, wanted: string): FilterError {
  return new FilterError(`${wanted} was expected, but ${describe(token)} found`, token.position);
}

function describe(token: Token): string {
  return token.kind === "end" ? "the end was" : `${JSON.stringify(token.text)} was`;
}
