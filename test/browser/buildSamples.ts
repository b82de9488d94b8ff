import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Builds the samples' pages from the published entry points, once for all tests. */
export default async function buildSamples(): Promise<void> {
  const configFile = fileURLToPath(new URL("../../samples-browser/vite.config.mjs", import.meta.url));
  await build({ configFile, logLevel: "error" });
}
