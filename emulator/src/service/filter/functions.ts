import type { Value, ValueType } from "./expression.js";

/** A function of the filter language. */
export interface FilterFunction {
  readonly result: "string" | "number" | "boolean";
  /** Types of the arguments, the optional ones included; of several, any will do. */
  readonly parameters: readonly (ValueType | readonly ValueType[])[];
  /** How many arguments there must be at least; left out: all of them. */
  readonly required?: number;
  /** Never called with null. */
  call(...values: readonly Value[]): Value;
}

const text = (value: Value | undefined) => (typeof value === "string" ? value : "");

const ofText = (call: (value: string) => string): FilterFunction => ({
  result: "string",
  parameters: ["string"],
  call: (value) => call(text(value)),
});

const test = (call: (value: string, part: string) => boolean): FilterFunction => ({
  result: "boolean",
  parameters: ["string", "string"],
  call: (value, part) => call(text(value), text(part)),
});

const functions = new Map<string, FilterFunction>([
  ["tolower", ofText((value) => value.toLowerCase())],
  ["toupper", ofText((value) => value.toUpperCase())],
  ["trim", ofText((value) => value.trim())],
  ["endswith", test((value, part) => value.endsWith(part))],
  ["startswith", test((value, part) => value.startsWith(part))],
  ["contains", test((value, part) => value.includes(part))],
  [
    "concat",
    {
      result: "string",
      parameters: ["string", "string"],
      call: (value, other) => text(value) + text(other),
    },
  ],
  [
    "indexof",
    {
      result: "number",
      parameters: ["string", "string"],
      call: (value, part) => text(value).indexOf(text(part)),
    },
  ],
  [
    "length",
    {
      result: "number",
      parameters: [["string", "collection"]],
      call: (value) => (value instanceof Set ? value.size : text(value).length),
    },
  ],
  [
    "substring",
    {
      result: "string",
      parameters: ["string", "number", "number"],
      required: 2,
      call: (value, start, length = Infinity) => {
        const from = Math.max(0, Number(start));
        return text(value).slice(from, from + Math.max(0, Number(length)));
      },
    },
  ],
]);

/** The function of this name, in lower case. */
export function filterFunction(name: string): FilterFunction | undefined {
  return functions.get(name);
}

/** A function of nothing is nothing, or false where an answer is due. */
export function apply(called: FilterFunction, values: readonly Value[]): Value {
  if (values.includes(null)) return called.result === "boolean" ? false : null;
  return called.call(...values);
}
