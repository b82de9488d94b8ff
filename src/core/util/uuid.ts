/** A random UUID (version 4), made of random numbers from 0 to below 1: `crypto` is missing on plain http pages. */
export function uuid(random: () => number): string {
  // The 4 is the version; the 8 is the variant, in which only two of the four bits are random.
  return "00000000-0000-4000-8000-000000000000".replace(/[08]/g, (digit) =>
    (Number(digit) | (random() * (digit === "0" ? 16 : 4))).toString(16),
  );
}
