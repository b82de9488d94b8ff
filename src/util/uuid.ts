/** A random UUID (version 4) from numbers between 0 and below 1: `crypto` isn't there on plain http pages. */
export function uuid(random: () => number): string {
  return "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".replace(/[xy]/g, (letter) => {
    const digit = Math.floor(random() * 16);
    return (letter === "x" ? digit : (digit & 3) | 8).toString(16);
  });
}
