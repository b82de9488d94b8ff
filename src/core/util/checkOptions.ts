/** Checks one option and returns its value or the default. */
export type Check<T> = (name: string, value: T | null | undefined, byDefault: T) => T;

/** For each option its check and its default. */
export type OptionTable<T> = { readonly [Name in keyof T]: readonly [Check<T[Name]>, T[Name]] };

/**
 * Checks options by a table and fills in the defaults.
 * @throws TypeError or RangeError, which names the option
 */
export function checkOptions<T extends object>(
  table: OptionTable<T>,
  given: { readonly [Name in keyof T]?: T[Name] | null | undefined },
): T {
  const options = {} as T;
  for (const name in table) {
    const [check, byDefault] = table[name];
    options[name] = check(name, given[name], byDefault);
  }
  return options;
}

/** A boolean or its default. @throws TypeError for anything else */
export function flag(name: string, value: boolean | null | undefined, byDefault: boolean): boolean {
  const chosen: unknown = value ?? byDefault;
  if (typeof chosen === "boolean") return chosen;
  throw new TypeError(`${name} must be a boolean.`);
}

/** A number from 0 up; 0 switches the feature off. @throws TypeError or RangeError for anything else */
export function amount(name: string, value: number | null | undefined, byDefault: number): number {
  const chosen = value ?? byDefault;
  if (typeof chosen !== "number" || Number.isNaN(chosen)) throw new TypeError(`${name} must be a number.`);
  if (chosen < 0) throw new RangeError(`${name} must be greater than or equal to 0.`);
  return chosen;
}

/** A number above 0. @throws TypeError or RangeError for anything else */
export function positive(name: string, value: number | null | undefined, byDefault: number): number {
  const chosen = amount(name, value, byDefault);
  if (chosen === 0) throw new RangeError(`${name} must be greater than 0.`);
  return chosen;
}
