/** Marks the end of an exhaustive switch: by the types no value can reach it. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
