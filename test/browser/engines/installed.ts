import { existsSync, readdirSync } from "node:fs";

/** The engines that the list of tests runs in. Their names in capitals are what variables of the environment begin with. */
export const ENGINES = ["Chromium", "Firefox", "WebKit"] as const;
export type EngineName = (typeof ENGINES)[number];

/** The file that runs the list in an engine, from the root of the repository. */
export const TEST_FILES: Record<EngineName, string> = {
  Chromium: "test/browser/engines/chromium.test.ts",
  Firefox: "test/browser/engines/firefox.test.ts",
  WebKit: "test/browser/engines/webKit.test.ts",
};

const FIREFOX = [
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
  "/Applications/Firefox.app/Contents/MacOS/firefox",
];

/** The programs that a run in WebKit takes. */
export interface WebKitPrograms {
  readonly driver: string;
  readonly browser: string;
  /** A screen without a monitor. */
  readonly screen: string;
}

/** `FIREFOX_PATH`, else an installed Firefox. */
export function findFirefox(given = process.env["FIREFOX_PATH"] ?? ""): string | undefined {
  if (given !== "" && !existsSync(given)) throw new Error(`FIREFOX_PATH is ${given}, but nothing is there.`);
  return given !== "" ? given : FIREFOX.find((path) => existsSync(path));
}

/** WebKitGTK's own small browser, with its driver, as Debian and Ubuntu install them. */
export function findWebKit(): WebKitPrograms | undefined {
  const [driver, screen] = ["/usr/bin/WebKitWebDriver", "/usr/bin/Xvfb"];
  if (![driver, screen].every((path) => existsSync(path))) return undefined;
  const libraries = readdirSync("/usr/lib").filter((name) => name.endsWith("-linux-gnu"));
  const places = libraries.flatMap((name) =>
    ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"].map((api) => `/usr/lib/${name}/${api}/MiniBrowser`),
  );
  const browser = places.find((path) => existsSync(path));
  return browser === undefined ? undefined : { driver, browser, screen };
}

/** Engines that this machine has not. Chromium is never one: an npm package brings it. */
export function missingEngines(): EngineName[] {
  const missing: EngineName[] = [];
  if (findFirefox() === undefined) missing.push("Firefox");
  if (findWebKit() === undefined) missing.push("WebKit");
  return missing;
}
