import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

/** The file that a CDN would serve, so that the script-tag page needs none. */
function scriptTagBundle() {
  const manifest = createRequire(import.meta.url).resolve("web-pubsub-client/package.json");
  const { jsdelivr } = JSON.parse(readFileSync(manifest, "utf8"));
  return {
    name: "script-tag-bundle",
    generateBundle() {
      const source = readFileSync(join(dirname(manifest), jsdelivr));
      this.emitFile({ type: "asset", fileName: "web-pubsub-client.min.js", source });
    },
  };
}

const page = (name) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  appType: "mpa",
  plugins: [vue(), svelte({ configFile: false }), scriptTagBundle()],
  build: {
    target: "es2022",
    rolldownOptions: {
      input: [page("index.html"), page("react.html"), page("vue.html"), page("svelte.html")],
      onLog(level, log, pass) {
        // "use client" of the React entry is for frameworks that render on servers.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") pass(level, log);
      },
    },
  },
});
