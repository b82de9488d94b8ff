import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import ts from "typescript";

const require = createRequire(import.meta.url);

/** The examples of an installed package, as its README has them: code by the name that the README gives it. */
export function examplesOf(name: string): ReadonlyMap<string, string> {
  const readme = readFileSync(new URL(`../../../node_modules/${name}/README.md`, import.meta.url), "utf8");
  const blocks = readme.matchAll(/^```ts snippet:(\w+)\n([^]*?)^```/gm);
  return new Map(Array.from(blocks, ([, title = "", code = ""]) => [title, code]));
}

export interface Surroundings {
  /** What developers put in for what stands in angle brackets. */
  readonly placeholders?: Readonly<Record<string, string>>;
  /** Modules that the test gives itself, by name; all others are those that are installed. */
  readonly modules?: Readonly<Record<string, unknown>>;
}

/**
 * Runs an example as it stands, but for its placeholders. Resolves when its last line has run, with what it prints,
 * which goes on to grow.
 */
export async function runExample(
  code: string,
  { placeholders = {}, modules = {} }: Surroundings,
): Promise<unknown[]> {
  let filled = code;
  for (const [placeholder, value] of Object.entries(placeholders)) {
    filled = filled.replaceAll(placeholder, value);
  }
  const { outputText } = ts.transpileModule(filled, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  });
  const printed: unknown[] = [];
  const run = compileFunction(`return (async () => {${outputText}\n})();`, [
    "require",
    "exports",
    "console",
  ]) as (...given: unknown[]) => Promise<void>;
  const load = (name: string): unknown => modules[name] ?? require(name);
  await run(load, {}, { log: (value: unknown) => printed.push(value) });
  return printed;
}
