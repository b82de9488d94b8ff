// Builds the playground: one file that needs nothing beside it.
//   node site/playground/build.mjs
import { build } from "esbuild";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** The sources of both packages, with the client's part for browsers. */
const sources = {
  name: "sources",
  setup({ onResolve }) {
    onResolve({ filter: /^web-pubsub-client$/ }, () => ({ path: path("../../src/index.ts") }));
    onResolve({ filter: /^web-pubsub-emulator\/browser$/ }, () => ({
      path: path("../../emulator/src/browser.ts"),
    }));
    onResolve({ filter: /\/platform\.js$/ }, () => ({
      path: path("../../src/core/environment/platform.browser.ts"),
    }));
  },
};

const bundle = async (entry, more) => {
  const { outputFiles } = await build({
    entryPoints: [path(entry)],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    platform: "browser",
    legalComments: "eof",
    write: false,
    logLevel: "warning",
    ...more,
  });
  return outputFiles[0].text;
};

const [script, style] = await Promise.all([
  bundle("main.ts", { plugins: [sources] }),
  bundle("style.css", { format: undefined }),
]);
// By functions, since a replacement that is a text has signs with a meaning.
const page = readFileSync(path("page.html"), "utf8")
  .replace("/* main.ts */", () => script.replaceAll("</script", "<\\/script"))
  .replace("/* style.css */", () => style);
mkdirSync(path("../public"), { recursive: true });
// Put in place when it is complete: tests that run side by side build it too.
const half = path(`../public/playground-${process.pid}.html`);
writeFileSync(half, page);
renameSync(half, path("../public/playground.html"));
