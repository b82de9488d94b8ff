/** A boolean or its default. @throws TypeError for anything else */
export function checkFlag(name: string, value: boolean | null | undefined, byDefault: boolean): boolean {
  const chosen: unknown = value ?? byDefault;
  if (typeof chosen === "boolean") return chosen;
  throw new TypeError(`${name} must be a boolean.`);
}
