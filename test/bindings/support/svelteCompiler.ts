/** Compiles components of Svelte for the tests, with the compiler of the version that they are for. */
import { createRequire } from "node:module";
import type { Plugin } from "vite";

interface Compiler {
  compile(
    code: string,
    options: { readonly filename: string; readonly generate: "client" | "server"; readonly dev: boolean },
  ): { readonly js: { readonly code: string }; readonly warnings: readonly unknown[] };
}

/** @param name the package: `svelte` or an alias of it */
export function compilerOf(name: string): Compiler {
  return createRequire(import.meta.url)(`${name}/compiler`) as Compiler;
}

/**
 * @param name the package of that version: `svelte` or an alias of it
 * @param generate components for a page or for a server
 */
export function svelteComponents(name: string, generate: "client" | "server"): Plugin {
  const { compile } = compilerOf(name);
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
