import ts from "typescript";
import { statementsOf } from "./surface.mjs";

/**
 * The report of one entry: its names in alphabetical order with their declarations, without comments. What another entry
 * exports too is declared in the report of the first of them, and only named here.
 */
export function writeReport({ entry, exported }, { homes, ownSymbol, innerOf }) {
  const own = exported.filter(({ symbol }) => homes.get(symbol).entry === entry);
  const shared = exported.filter((each) => !own.includes(each));
  const print = printer(homes, ownSymbol);
  const declared = ({ name, symbol }) => statementsOf(symbol).map(print).join("\n") || `export { ${name} };`;
  const inner = innerOf(own.map(({ symbol }) => symbol));
  return (
    [
      `# The API of \`${entry.id}\``,
      "Written by `npm run api` from the declarations that are published, and compared by `npm test`.",
      ...section("Declared here", own.map(declared)),
      ...section(
        "Shapes of these that aren't exported",
        inner.map((symbol) => declared({ symbol })),
      ),
      ...sharedSections(shared, homes),
      "",
    ]
      .join("\n\n")
      .trimEnd() + "\n"
  );
}

const section = (title, blocks) =>
  blocks.length === 0 ? [] : [`## ${title}`, `\`\`\`ts\n${blocks.join("\n\n")}\n\`\`\``];

/** The names that other entries declare, by entry. */
function sharedSections(shared, homes) {
  const byEntry = new Map();
  for (const { name, symbol } of shared) {
    const { entry, name: original } = homes.get(symbol);
    if (!byEntry.has(entry.id)) byEntry.set(entry.id, []);
    byEntry.get(entry.id).push(name === original ? name : `${original} as ${name}`);
  }
  return [...byEntry].flatMap(([id, names]) => [
    `## The same as in \`${id}\``,
    names.map((name) => `- \`${name}\``).join("\n"),
  ]);
}

/** Prints a declaration with the public names of what it names: a bundler of declarations may have changed them. */
function printer(homes, ownSymbol) {
  const { printNode } = ts.createPrinter({ removeComments: true });
  const taken = new Set([...homes.values()].map(({ name }) => name));
  const nameOf = (symbol) => {
    const name = symbol.name.replace(/\$\d+$/, "");
    return homes.get(symbol)?.name ?? (taken.has(name) ? `Inner${name}` : name);
  };
  const rename = (context) => {
    const visit = (node) => {
      if (!ts.isIdentifier(node)) return ts.visitEachChild(node, visit, context);
      const symbol = ownSymbol(node);
      return symbol === undefined ? node : ts.factory.createIdentifier(nameOf(symbol));
    };
    return (root) => ts.visitEachChild(root, visit, context);
  };
  return (statement) => {
    const { transformed } = ts.transform(statement, [rename]);
    return printNode(ts.EmitHint.Unspecified, transformed[0], statement.getSourceFile());
  };
}
