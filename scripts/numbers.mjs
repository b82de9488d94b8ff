/** The options of these names as numbers. @throws RangeError for what isn't a number above 0, exactly as given */
export function numbers(values, ...names) {
  const read = (name) => {
    const value = Number(values[name]);
    if (!(value > 0 && value <= Number.MAX_SAFE_INTEGER))
      throw new RangeError(`--${name} must be a number above 0, and at most ${Number.MAX_SAFE_INTEGER}.`);
    return value;
  };
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}
