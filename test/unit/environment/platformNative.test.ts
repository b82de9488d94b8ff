import { expect, test, vi } from "vitest";
import { onWake } from "../../../src/core/environment/wake.js";

const listeners = new Set<(state: string) => void>();
vi.mock("react-native", () => ({
  AppState: {
    addEventListener(type: string, listener: (state: string) => void) {
      expect(type).toBe("change");
      listeners.add(listener);
      return { remove: () => listeners.delete(listener) };
    },
  },
}));
vi.mock("../../../src/core/environment/platform.js", () =>
  vi.importActual("../../../src/core/environment/platform.native.js"),
);

test("without NetInfo: an app that comes to the front is a wake; one that goes isn't", () => {
  let wakes = 0;
  const end = onWake(() => wakes++);
  const seen = ["inactive", "background", "active", "inactive", "active"].map((state) => {
    for (const each of listeners) each(state);
    return wakes;
  });
  expect(seen).toEqual([0, 0, 1, 1, 2]);
  end();
  expect(listeners.size).toBe(0);
});
