import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Names that a module exports, types included. */
function exportsOf(program: ts.Program, file: string): string[] {
  const source = program.getSourceFile(file);
  const checker = program.getTypeChecker();
  const symbol = source && checker.getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error(`${file} is no module.`);
  return checker.getExportsOfModule(symbol).map(({ name }) => name);
}

test("every name that the reference client exports is exported here", () => {
  const reference = `${root}node_modules/@azure/web-pubsub-client/dist/esm/index.d.ts`;
  const ours = `${root}src/index.ts`;
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile.bind(ts.sys)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([reference, ours], { ...options, noEmit: true });
  const names = exportsOf(program, reference);
  const known = new Set(exportsOf(program, ours));
  expect(names).toContain("WebPubSubClient");
  expect(names.filter((name) => !known.has(name))).toEqual([]);
});
