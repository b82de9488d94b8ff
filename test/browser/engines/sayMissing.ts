import { missingEngines } from "./installed.js";

/** Says aloud which engines this run leaves out; their files aren't even collected, so no test counts as skipped. */
export default function sayMissing(): void {
  for (const name of missingEngines())
    console.warn(`NOT COVERED: ${name}, which isn't on this machine. \`npm run browsers:install\` gets it.`);
}
