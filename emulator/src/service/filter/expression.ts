/** What a filter can ask about a connection. */
export interface FilterSubject {
  readonly connectionId: string;
  /** Null: it came without one. */
  readonly userId: string | null;
  /** The WebSocket subprotocol; null: none. */
  readonly protocol: string | null;
  readonly groups: ReadonlySet<string>;
}

export type Value = string | number | boolean | null | ReadonlySet<string>;

/** Known while the filter is read, so that what can't be asked is an error, whoever is connected. */
export type ValueType = "string" | "number" | "boolean" | "null" | "collection";

/** A part of a filter, ready to be evaluated. */
export interface Expression {
  readonly type: ValueType;
  evaluate(subject: FilterSubject): Value;
}

export type Comparison = "eq" | "ne" | "gt" | "ge" | "lt" | "le";

/** Values of different types are different. Null is equal to null only; what isn't a number is neither greater nor smaller. */
export function compare(operator: Comparison, left: Value, right: Value): boolean {
  if (operator === "eq") return left === right;
  if (operator === "ne") return left !== right;
  if (typeof left !== "number" || typeof right !== "number") return false;
  switch (operator) {
    case "gt":
      return left > right;
    case "ge":
      return left >= right;
    case "lt":
      return left < right;
    case "le":
      return left <= right;
  }
}
