import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The modules of a page by the name in their first line. */
export function modulesOf(page: string): Map<string, string> {
  return new Map(
    Array.from(
      readFileSync(`${root}${page}`, "utf8").matchAll(/^```ts\n\/\/ (\S+\.ts)\n([^]*?)^```$/gm),
      ([, name = "", code = ""]) => [name, code],
    ),
  );
}

/** How many blocks of TypeScript or JavaScript a page has. */
export const countBlocks = (page: string): number =>
  readFileSync(`${root}${page}`, "utf8").match(/^```(ts|tsx|js|vue)\b/gm)?.length ?? 0;

/** What the compiler says against the modules, together. */
export function problemsOf(files: ReadonlyMap<string, string>, subfolder: string): string[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile.bind(ts.sys)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const folder = `${root}test/types/${subfolder}/`;
  const virtual = new Map([...files].map(([name, code]) => [folder + name, `${code}\nexport {};\n`]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile, directoryExists } = host;
  host.fileExists = (name) => virtual.has(name) || fileExists.call(host, name);
  host.directoryExists = (name) => name.startsWith(folder.slice(0, -1)) || (directoryExists?.(name) ?? true);
  host.readFile = (name) => virtual.get(name) ?? readFile.call(host, name);
  host.getSourceFile = (name, language, ...rest) => {
    const text = virtual.get(name);
    return text === undefined
      ? getSourceFile.call(host, name, language, ...rest)
      : ts.createSourceFile(name, text, language);
  };
  const program = ts.createProgram([...virtual.keys()], options, host);
  const problems = [...virtual.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    if (source === undefined) throw new Error(`${name} was not compiled.`);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
  return problems.map(
    ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
  );
}

export type Module = Record<string, never>;

/**
 * Loads modules of a page as one program, each evaluated once.
 * @param packages what they import by a name without a dot
 * @param stubs modules that take the place of the page's
 */
export function programOf(
  files: ReadonlyMap<string, string>,
  packages: Readonly<Record<string, unknown>>,
  stubs: Readonly<Record<string, unknown>> = {},
): (name: string) => Promise<Module> {
  const loaded = new Map(Object.entries(stubs) as [string, Module][]);
  const load = async (name: string): Promise<Module> => {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const exports: Module = {};
    loaded.set(name, exports);
    const code = files.get(name);
    if (code === undefined) throw new Error(`The page has no ${name}.`);
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        esModuleInterop: true,
      },
    });
    for (const [, other = ""] of outputText.matchAll(/require\("(\.[^"]+)\.js"\)/g))
      await load(posix.join(posix.dirname(name), `${other}.ts`));
    const require = (other: string): unknown =>
      other.startsWith(".")
        ? loaded.get(posix.join(posix.dirname(name), other.replace(/\.js$/, ".ts")))
        : packages[other];
    const AsyncFunction = (async () => undefined).constructor as new (
      ...parts: string[]
    ) => (...args: unknown[]) => Promise<void>;
    await new AsyncFunction("require", "exports", outputText)(require, exports);
    return exports;
  };
  return load;
}
