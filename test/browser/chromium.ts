import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium, type Browser, type LaunchOptions } from "playwright-core";
import { PATIENCE } from "../helpers/patience.js";

/** Where distributions and Chrome's own installers put it. */
const INSTALLED = [
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** A browser to start, and the environment it needs. */
export interface FoundChromium {
  readonly executablePath: string;
  readonly env: Record<string, string>;
}

/** A Chromium: `CHROME_PATH`, else an installed one, else the binary of an npm package. */
export async function findChromium({
  given = process.env.CHROME_PATH ?? "",
  installed = INSTALLED,
} = {}): Promise<FoundChromium> {
  const env = process.env as Record<string, string>;
  if (given !== "") {
    if (!existsSync(given)) throw new Error(`CHROME_PATH is ${given}, but nothing is there.`);
    return { executablePath: given, env };
  }
  const found = installed.find((path) => existsSync(path));
  if (found !== undefined) return { executablePath: found, env };
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error("No Chrome or Chromium was found. Install one, or set CHROME_PATH to one.");
  const folder = await unpack();
  // The shared libraries that a bare machine lacks, and fonts, come with it.
  const libraries = [join(folder, "al2023/lib"), env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  const own = { LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: env.FONTCONFIG_PATH ?? join(folder, "fonts") };
  return { executablePath: join(folder, "chromium"), env: { ...env, ...own } };
}

/**
 * Unpacks the binary of `@sparticuz/chromium`, once for each version. The package does that into the
 * folder for temporary files, where it takes what a broken off or concurrent run has half written for
 * complete; so it is handed a folder of its own, which is put in place when it is done.
 */
async function unpack(): Promise<string> {
  const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));
  const manifest = readFileSync(join(modules, "@sparticuz/chromium/package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const folder = join(modules, `.cache/sparticuz-chromium-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(join(modules, ".cache"), { recursive: true });
  const stage = mkdtempSync(`${folder}-`);
  try {
    const script = `import chromium from "@sparticuz/chromium"; await chromium.executablePath();`;
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: modules,
      // The last one makes it unpack the libraries too.
      env: { ...process.env, TMPDIR: stage, AWS_LAMBDA_JS_RUNTIME: "nodejs20.x" },
    });
    const fonts = join(stage, "fonts/fonts.conf");
    writeFileSync(fonts, readFileSync(fonts, "utf8").replaceAll("/tmp/", `${folder}/`));
    renameSync(stage, folder);
  } catch (error) {
    rmSync(stage, { recursive: true, force: true });
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** The browsers that run. */
export const launched = new Set<Browser>();

/** How the driver starts a browser without a window. */
export async function chromiumOptions(more: string[] = []): Promise<LaunchOptions> {
  return {
    ...(await findChromium()),
    headless: true,
    timeout: PATIENCE,
    args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--disable-background-networking", ...more],
  };
}

/** Starts the browser without a window. */
export async function launchChromium(more: string[] = []): Promise<Browser> {
  const browser = await chromium.launch(await chromiumOptions(more));
  launched.add(browser);
  // Whatever a test waits for in a page.
  browser.on("context", (context) => context.setDefaultTimeout(PATIENCE));
  browser.once("disconnected", () => launched.delete(browser));
  return browser;
}
