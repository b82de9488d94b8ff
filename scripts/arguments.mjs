import { parseArgs } from "node:util";

/** Says in plain words what is wrong with the call of a script, and ends it. */
export function refuse(message) {
  console.error(message);
  process.exit(2);
}

/** The options that a script was called with, as `parseArgs` reads them. */
export function readOptions(options) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

/** What may have a part of one. */
const divisible = new Set(["minutes"]);

/** The options of these names as numbers: above 0, exactly as given, and whole but for times. */
export function numbers(values, ...names) {
  const read = (name) => {
    const value = Number(values[name]);
    const isWhole = divisible.has(name) || Number.isInteger(value);
    if (!(value > 0 && value <= Number.MAX_SAFE_INTEGER && isWhole))
      refuse(
        `--${name} must be a ${divisible.has(name) ? "" : "whole "}number above 0, and at most ${Number.MAX_SAFE_INTEGER}.`,
      );
    return value;
  };
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}
