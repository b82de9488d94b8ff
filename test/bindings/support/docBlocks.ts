/** Blocks of code of the documentation, and whether they type-check. */
import { readFileSync } from "node:fs";
import ts from "typescript";

const root = process.cwd();

export interface Block {
  readonly file: string;
  readonly language: string;
  readonly code: string;
}

export function blocksOf(file: string, ...languages: string[]): Block[] {
  const markdown = readFileSync(`${root}/${file}`, "utf8");
  return Array.from(markdown.matchAll(/^```(\w+)[^\n]*\n([^]*?)^```$/gm), ([, language = "", code = ""]) => ({
    file,
    language,
    code,
  })).filter(({ language }) => languages.includes(language));
}

/** What the compiler says of modules that exist only here, by their paths; each is told with its file. */
export function typeProblems(files: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile.bind(ts.sys)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
  host.getSourceFile = (name, language, ...rest) => {
    const text = files.get(name);
    return text === undefined
      ? getSourceFile.call(host, name, language, ...rest)
      : ts.createSourceFile(name, text, language);
  };
  const program = ts.createProgram([...files.keys()], { ...options, noUnusedParameters: false }, host);
  return [...files.keys()]
    .flatMap((name) => {
      const source = program.getSourceFile(name);
      if (source === undefined) throw new Error(`${name} was not compiled.`);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    })
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
}
