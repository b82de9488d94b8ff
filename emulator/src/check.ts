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
    if (!keys.includes(key)) {
      throw new TypeError(`${name} has no ${show(key)}${guess(key, keys)}; it knows ${keys.join(", ")}.`);
    }
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

/** Asks for the known name that an unknown one is most like; the empty string where none is. */
export function guess(unknown: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, distance: distance(unknown.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= Math.max(1, near.name.length / 3)
    ? ` (did you mean ${near.name}?)`
    : "";
}

/** How many letters must be put in, taken out, changed or swapped with their neighbour to make one of the other. */
function distance(a: string, b: string): number {
  const first = Array.from({ length: b.length + 1 }, (_, i) => i);
  const rows = [first];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          swapped ? at(i - 2, j - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(a.length, b.length);
}

function show(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
