/** Compiles components of Svelte for the tests, with the compiler of the version that they are for. */
import { createRequire } from "node:module";
import type { Plugin } from "vite";

interface Compiler {
  compile(
    code: string,
    options: { readonly filename: string; readonly generate: "client" | "server"; readonly dev: boolean },
  ): { readonly js: { readonly code: string } };
}

/**
 * @param name the package of that version: `svelte` or an alias of it
 * @param generate components for a page or for a server
 */
export function svelteComponents(name: string, generate: "client" | "server"): Plugin {
  const { compile } = createRequire(import.meta.url)(`${name}/compiler`) as Compiler;
  return {
    name: "svelte-components",
    transform: {
      filter: { id: /\.svelte$/ },
      handler: (code, filename) => ({
        code: compile(code, { filename, generate, dev: true }).js.code,
        map: null,
      }),
    },
  };
}
