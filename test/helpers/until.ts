/** Waits until a condition holds; the test's own time limit is the end of it. */
export async function until<Value>(probe: () => Value | undefined | false | null): Promise<Value> {
  for (;;) {
    const value = probe();
    if (value !== undefined && value !== false && value !== null) return value;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
