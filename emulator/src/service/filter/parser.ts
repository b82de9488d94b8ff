import { type Comparison, type Expression, type ValueType, compare } from "./expression.js";
import { FilterProblem } from "./filterError.js";
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
  /** The first thing that can be read and makes no sense: told only if everything can be read. */
  #problem: FilterProblem | undefined;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expression {
    const expression = this.#chain("or");
    if (this.#token.kind !== "end") throw unexpected(this.#token, "Syntax error");
    this.#must(expression, "boolean");
    if (this.#problem !== undefined) throw this.#problem;
    return expression;
  }

  get #token(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new FilterProblem("Expression expected", 0);
    return token;
  }

  /** Takes the token if it is this word or symbol. */
  #accept(text: string): boolean {
    const { kind, text: found } = this.#token;
    if ((kind !== "name" && kind !== "symbol") || found !== text) return false;
    this.#next++;
    return true;
  }

  /** @param wanted what else could stand there. */
  #closed(wanted: string): void {
    if (!this.#accept(")")) throw unexpected(this.#token, `')' or ${wanted} expected`);
  }

  /** `a or b or c`, each of them a chain of `and`. Terms in a list, not a tree: a chain may be long. */
  #chain(operator: "or" | "and"): Expression {
    const read = () => (operator === "or" ? this.#chain("and") : this.#comparison());
    const first = read();
    if (this.#token.kind !== "name" || this.#token.text !== operator) return first;
    const terms = [this.#must(first, "boolean")];
    while (this.#accept(operator)) terms.push(this.#must(read(), "boolean"));
    return {
      type: "boolean",
      evaluate: (subject) =>
        operator === "or"
          ? terms.some((term) => term.evaluate(subject) === true)
          : terms.every((term) => term.evaluate(subject) === true),
    };
  }

  #comparison(): Expression {
    let left = this.#not();
    for (;;) {
      const { kind, text } = this.#token;
      if (kind !== "name") return left;
      if (comparisons.includes(text)) {
        this.#next++;
        left = this.#compared(text as Comparison, left, this.#not());
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
      if (items.length === 0) throw new FilterProblem("Expression expected", position + 1);
      return {
        type: "boolean",
        evaluate: (subject) => {
          const value = left.evaluate(subject);
          return items.some((item) => item.evaluate(subject) === value);
        },
      };
    }
    this.#must(this.#not(), "collection");
    return {
      type: "boolean",
      evaluate: (subject) => {
        const group = left.evaluate(subject);
        return typeof group === "string" && subject.groups.has(group);
      },
    };
  }

  #not(): Expression {
    if (!this.#accept("not")) return this.#primary();
    const operand = this.#deeper(() => this.#must(this.#not(), "boolean"));
    return { type: "boolean", evaluate: (subject) => operand.evaluate(subject) !== true };
  }

  #primary(): Expression {
    const token = this.#token;
    if (this.#accept("(")) {
      const inner = this.#deeper(() => this.#chain("or"));
      this.#closed("operator");
      return inner;
    }
    if (token.kind === "string" || token.kind === "number") {
      this.#next++;
      return literal(token.value);
    }
    if (token.kind !== "name") throw unexpected(token, "Expression expected");
    this.#next++;
    if (token.text === "true" || token.text === "false") return literal(token.text === "true");
    if (token.text === "null") return literal(null);
    if (this.#accept("(")) return this.#call(token.text);
    const property = properties.get(token.text.toLowerCase());
    return property ?? this.#nonsense(`Token '${token.text}' is not supported`);
  }

  #call(name: string): Expression {
    const called = filterFunction(name);
    if (called === undefined) this.#nonsense(`Token '${name}' is not supported`);
    const values = this.#arguments();
    if (called === undefined) return literal(null);
    const { parameters, required = parameters.length } = called;
    if (values.length < required || values.length > parameters.length) {
      const wanted = required === parameters.length ? `${required}` : `${required} or ${parameters.length}`;
      return this.#nonsense(`Token '${name}' takes ${wanted} arguments, not ${values.length}`);
    }
    for (const [index, type] of parameters.slice(0, values.length).entries()) this.#must(values[index], type);
    return {
      type: called.result,
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
    this.#closed("','");
    return values;
  }

  /** Equal can be anything, greater and smaller are numbers only. */
  #compared(operator: Comparison, left: Expression, right: Expression): Expression {
    if (operator !== "eq" && operator !== "ne") for (const side of [left, right]) this.#must(side, "number");
    return {
      type: "boolean",
      evaluate: (subject) => compare(operator, left.evaluate(subject), right.evaluate(subject)),
    };
  }

  /** Null may stand for any value, but for a collection. */
  #must(expression: Expression | undefined, wanted: ValueType | readonly ValueType[]): Expression {
    const types = [wanted].flat();
    if (expression === undefined) throw new FilterProblem("Expression expected", 0);
    const fits = types.includes(expression.type) || (expression.type === "null" && wanted !== "collection");
    if (fits) return expression;
    const expected = types.map((type) => typeNames[type]).join("' or '");
    return this.#nonsense(`Type '${typeNames[expression.type]}', expect '${expected}'`);
  }

  /** Goes on with null, which fits nearly everywhere. */
  #nonsense(problem: string): Expression {
    this.#problem ??= new FilterProblem(problem);
    return literal(null);
  }

  #deeper(read: () => Expression): Expression {
    if (++this.#depth > maxDepth) {
      throw new FilterProblem("Recursion depth exceeded allowed limit");
    }
    const expression = read();
    this.#depth--;
    return expression;
  }
}

function literal(value: string | number | boolean | null): Expression {
  const type = value === null ? "null" : (typeof value as ValueType);
  return { type, evaluate: () => value };
}

const typeNames: Readonly<Record<ValueType, string>> = {
  string: "string",
  number: "int",
  boolean: "bool",
  null: "null",
  collection: "collection",
};

/** The position behind the token that is in the way, as the cloud counts it. */
function unexpected({ kind, position, text }: Token, problem: string): FilterProblem {
  return new FilterProblem(problem, kind === "end" ? position : position + text.length);
}
