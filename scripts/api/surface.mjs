import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/**
 * What programs can import from the built declarations of some entries: for each entry its names, and for each name
 * its declarations. Only the files of the packages themselves are read: what others declare is a name here.
 */
export function readSurface(entries) {
  const options = { noLib: true, types: [], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (literals, containing) =>
    literals.map(({ text }) => ({ resolvedModule: resolveOwn(text, containing) }));
  const program = ts.createProgram({ rootNames: entries.map(({ file }) => file), options, host });
  const checker = program.getTypeChecker();

  const resolve = (symbol) =>
    symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

  /** By symbol: where it can be imported from, first the entry that stands first, and under which name. */
  const homes = new Map();
  const modules = entries.map((entry) => {
    const source = program.getSourceFile(entry.file);
    if (source === undefined) throw new Error(`${entry.file} is missing: npm run build.`);
    const exported = checker
      .getExportsOfModule(checker.getSymbolAtLocation(source))
      .map((symbol) => ({ name: symbol.name, symbol: resolve(symbol) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, symbol } of exported)
      if (!homes.has(symbol)) homes.set(symbol, { entry, name: name === "default" ? symbol.name : name });
    return { entry, exported };
  });

  /** The symbol of a name in a declaration, if a file of the packages declares it at its top level. */
  function ownSymbol(identifier) {
    const symbol = resolve(checker.getSymbolAtLocation(identifier));
    const declaration = symbol?.declarations?.[0];
    return declaration && ts.isSourceFile(statementOf(declaration).parent) ? symbol : undefined;
  }

  /** The symbols that the declarations of others name, and the declarations of these, but that no entry exports. */
  function innerOf(symbols) {
    const inner = new Set();
    const look = (symbol) => {
      for (const statement of statementsOf(symbol))
        eachReference(statement, (identifier) => {
          const used = ownSymbol(identifier);
          if (used === undefined || homes.has(used) || inner.has(used)) return;
          inner.add(used);
          look(used);
        });
    };
    symbols.forEach(look);
    return [...inner].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  return { modules, homes, ownSymbol, innerOf };
}

/** The file of a relative import, among declarations. */
function resolveOwn(name, containing) {
  if (!name.startsWith(".")) return undefined;
  const resolvedFileName = join(dirname(containing), name).replace(/\.js$/, ".d.ts");
  return existsSync(resolvedFileName) ? { resolvedFileName, extension: ts.Extension.Dts } : undefined;
}

/** The whole statement of a declaration: of a variable it is what stands around it. */
export function statementOf(declaration) {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

/** The statements that declare a symbol, in the order of their file; none for what another package declares. */
export const statementsOf = (symbol) => [...new Set((symbol.declarations ?? []).map(statementOf))];

/** Calls back with each name in a tree that stands for something else: not those that it declares, nor members. */
export function eachReference(node, visit) {
  const walk = (each) => {
    if (ts.isIdentifier(each) && !isDeclaredName(each)) visit(each);
    else ts.forEachChild(each, walk);
  };
  ts.forEachChild(node, walk);
}

function isDeclaredName(identifier) {
  const { parent } = identifier;
  return (
    (parent.name === identifier && !ts.isTypeParameterDeclaration(parent)) || parent.right === identifier
  );
}
