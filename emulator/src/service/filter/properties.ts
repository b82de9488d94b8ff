import type { Expression } from "./expression.js";

/** What a filter can name, by lower-case name. */
export const properties: ReadonlyMap<string, Omit<Expression, "position">> = new Map<
  string,
  Omit<Expression, "position">
>([
  ["userid", { type: "string", evaluate: ({ userId }) => userId }],
  ["connectionid", { type: "string", evaluate: ({ connectionId }) => connectionId }],
  ["protocol", { type: "string", evaluate: ({ protocol }) => protocol }],
  ["groups", { type: "collection", evaluate: () => null }],
]);
