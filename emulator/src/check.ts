/** Checks of what a caller hands in. Each throws an error that names the value and says what it must be. */

export function checkObject(
  name: string,
  value: unknown,
  keys: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} must be an object, but is ${show(value)}.`);
  }
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw new TypeError(`${name} has no ${show(key)}; it knows ${keys.join(", ")}.`);
  }
  return value as Record<string, unknown>;
}

export function checkString(name: string, value: unknown): string {
  if (typeof value !== "string" || value === "") {
    throw new TypeError(`${name} must be a string that isn't empty, but is ${show(value)}.`);
  }
  return value;
}

export function checkStrings(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value))
    throw new TypeError(`${name} must be an array of strings, but is ${show(value)}.`);
  return value.map((item, index) => checkString(`${name}[${index}]`, item));
}

export function checkNumber(name: string, value: unknown, from: number, to: number): number {
  if (typeof value !== "number" || !(value >= from && value <= to)) {
    throw new RangeError(`${name} must be a number from ${from} to ${to}, but is ${show(value)}.`);
  }
  return value;
}

export function checkInteger(name: string, value: unknown, from: number, to: number): number {
  if (!Number.isInteger(value)) throw new RangeError(`${name} must be an integer, but is ${show(value)}.`);
  return checkNumber(name, value, from, to);
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw new TypeError(`${name} must be a boolean, but is ${show(value)}.`);
  return value;
}

export function checkOneOf<Value extends string>(
  name: string,
  value: unknown,
  values: readonly Value[],
): Value {
  const known = values.find((candidate) => candidate === value);
  if (known === undefined)
    throw new TypeError(`${name} must be one of ${values.join(", ")}, but is ${show(value)}.`);
  return known;
}

/** Checks what may be left out. */
export function optional<Value>(value: unknown, check: (value: unknown) => Value): Value | undefined {
  return value === undefined ? undefined : check(value);
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
