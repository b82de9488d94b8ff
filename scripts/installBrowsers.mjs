// Installs Firefox and WebKitGTK with its driver from the packages of Debian, for `npm run test:engines`. Never in CI.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readOptions, refuse } from "./arguments.mjs";

// It takes none.
readOptions({});

const ELSEWHERE = `Elsewhere, the tests take what they find:
  Firefox: the one of FIREFOX_PATH, else /usr/bin/firefox-esr, /usr/bin/firefox or that of /Applications on a Mac.
  WebKit: WebKitGTK's MiniBrowser, /usr/bin/WebKitWebDriver and /usr/bin/Xvfb, on Linux only.`;

const PACKAGES = [
  "firefox-esr",
  "webkit2gtk-driver",
  // Brings MiniBrowser. The driver may come with the library of another GTK, too.
  "libwebkit2gtk-4.1-0",
  "xvfb",
];

if (process.env.CI === "true") refuse("Browsers are not for CI: there the tests run in Chromium only.");
if (process.platform !== "linux" || !existsSync("/usr/bin/apt-get"))
  refuse(`This installs Debian's packages by apt-get, which isn't here.\n${ELSEWHERE}`);

const asRoot = process.getuid() === 0 ? [] : ["sudo"];
const apt = (...given) => {
  const [command, ...rest] = [...asRoot, "apt-get", ...given];
  const { status, error } = spawnSync(command, rest, { stdio: "inherit" });
  if (status === 0) return;
  refuse(`\`${command} ${rest.join(" ")}\` failed${error ? `: ${error.message}` : ""}.
Ubuntu has no firefox-esr: install its firefox, and the others by hand (${PACKAGES.slice(1).join(" ")}).\n${ELSEWHERE}`);
};
apt("update");
apt("install", "--yes", "--no-install-recommends", ...PACKAGES);
