/** What a filter can ask about a connection. */
export interface FilterSubject {
  readonly connectionId: string;
  /** Null: it came without one. */
  readonly userId: string | null;
  /** The WebSocket subprotocol; null: none. */
  readonly protocol: string | null;
  readonly groups: ReadonlySet<string>;
}

export type Value = string | number | boolean | null;

/** Known while the filter is read, so that a comparison of different things is an error and not just false. */
export type ValueType = "string" | "number" | "boolean" | "null" | "collection";

/** A part of a filter, ready to be evaluated. Collections have no value: only `in` can ask them. */
export interface Expression {
  readonly type: ValueType;
  readonly position: number;
  evaluate(subject: FilterSubject): Value;
}

export type Comparison = "eq" | "ne" | "gt" | "ge" | "lt" | "le";

/** Null is equal to null only, and neither greater nor smaller than anything. */
export function compare(operator: Comparison, left: Value, right: Value): boolean {
  if (operator === "eq") return left === right;
  if (operator === "ne") return left !== right;
  if (left === null || right === null) return false;
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
