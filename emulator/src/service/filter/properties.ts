import type { Expression } from "./expression.js";

/** What a filter can name, by lower-case name. */
export const properties: ReadonlyMap<string, Expression> = new Map<string, Expression>([
  ["userid", { type: "string", evaluate: ({ userId }) => userId }],
  ["connectionid", { type: "string", evaluate: ({ connectionId }) => connectionId }],
  ["protocol", { type: "string", evaluate: ({ protocol }) => protocol }],
  ["groups", { type: "collection", evaluate: ({ groups }) => groups }],
]);
