/** Marks the end of an exhaustive switch: a value that reaches it doesn't exist in the types. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
