import { vi } from "vitest";
import { PATIENCE } from "./patience.js";

// Runs before each test file. What these wait for is given a second otherwise, and no configuration says more.
const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options) => waitFor(callback, patient(options));
vi.waitUntil = (callback, options) => waitUntil(callback, patient(options));

function patient<Options extends { timeout?: number }>(options: number | Options | undefined): Options {
  const given = typeof options === "number" ? { timeout: options } : options;
  return { timeout: PATIENCE, ...given } as Options;
}
