/** A random UUID (version 4) from numbers between 0 and below 1: `crypto` isn't there on plain http pages. */
export function uuid(random: () => number): string {
  // The 4 is the version, the 8 the variant: of its four bits two are random.
  return "00000000-0000-4000-8000-000000000000".replace(/[08]/g, (digit) =>
    (Number(digit) | (random() * (digit === "0" ? 16 : 4))).toString(16),
  );
}
