import { findChromium } from "./chromium.js";

/** Unpacks a browser where none is installed, once: test files at the same time would disturb each other. */
export default async function unpackChromium(): Promise<void> {
  await findChromium();
}
