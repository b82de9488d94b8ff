import { onTestFinished, vi } from "vitest";

/** The arguments of each call of a method of the console, which writes nothing until the end of the test. */
export function onConsole(method: "warn" | "error"): unknown[][] {
  const calls: unknown[][] = [];
  const spy = vi.spyOn(console, method).mockImplementation((...words: unknown[]) => void calls.push(words));
  onTestFinished(() => spy.mockRestore());
  return calls;
}
