// Writes the generated parts of ARCHITECTURE.md: the picture, the table of files and the state table.
//   npm run architecture             writes them
//   npm run architecture -- --check  only tells whether they, and the files and names in the rest, are up to date
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { format, resolveConfig } from "prettier";
import ts from "typescript";
import { readOptions } from "./arguments.mjs";
import { bundle, makeFolder, path } from "./programs.mjs";

const DOCUMENT = "ARCHITECTURE.md";
const { check } = readOptions({ check: { type: "boolean", default: false } });
const problems = [];

/** The sources, by path, parsed. */
const sources = new Map(
  readdirSync(path("src"), { recursive: true })
    .map((name) => `src/${name.replaceAll("\\", "/")}`)
    .filter((file) => /\.tsx?$/.test(file))
    .sort()
    .map((file) => [
      file,
      ts.createSourceFile(file, readFileSync(path(file), "utf8"), ts.ScriptTarget.Latest, true),
    ]),
);

/* The picture */

/** The parts of the house, from the top down: a file belongs to the first one that it fits. */
const PARTS = [
  { id: "devtools", files: /^src\/devtools\// },
  { id: "react", files: /^src\/react\// },
  { id: "svelte", files: /^src\/svelte\// },
  { id: "vue", files: /^src\/vue\// },
  { id: "opentelemetry", files: /^src\/opentelemetry\// },
  { id: "complete", files: /^src\/[^/]+$/, name: "the complete client" },
  { id: "features", files: /^src\/features\// },
  { id: "protobuf", files: /^src\/protobuf\// },
  {
    id: "client",
    files: /^src\/core\/(index|types|clientSource|coreClient|inside|feature|featureTypes)\.ts$/,
    name: "core: the client",
  },
  // Session and connection both use it, and options name it.
  { id: "shared", files: /^src\/core\/connection\/retryPolicy\.ts$/ },
  { id: "session", files: /^src\/core\/session\//, name: "core/session" },
  { id: "connection", files: /^src\/core\/connection\//, name: "core/connection" },
  { id: "shared", files: /^src\/core\//, name: "core: what all of them share" },
];

const partOf = (file) => PARTS.find(({ files }) => files.test(file)).id;

/** The files that a file imports, types included. */
function importsOf(file) {
  return sources
    .get(file)
    .statements.filter((each) => ts.isImportDeclaration(each) || ts.isExportDeclaration(each))
    .map((each) => each.moduleSpecifier?.text)
    .filter((name) => name?.startsWith("."))
    .map((name) => join(dirname(file), name).replace(/\.js$/, ""))
    .map((name) => [`${name}.ts`, `${name}.tsx`].find((each) => sources.has(each)));
}

function picture() {
  const edges = new Map(PARTS.map(({ id }) => [id, new Set()]));
  for (const file of sources.keys()) {
    for (const imported of importsOf(file)) {
      if (partOf(imported) !== partOf(file)) edges.get(partOf(file)).add(partOf(imported));
    }
  }
  /** What can be reached from a part, by one import or several. */
  const below = (id, path = []) => {
    if (path.includes(id)) throw new Error(`Parts import each other: ${[...path, id].join(" -> ")}`);
    return new Set([...edges.get(id)].flatMap((next) => [next, ...below(next, [...path, id])]));
  };
  const lines = [];
  for (const [id, next] of edges) {
    const files = [...sources.keys()].filter((file) => partOf(file) === id);
    const { name = id } = PARTS.findLast((part) => part.id === id);
    lines.push(`${id}["${[name, ...contentsOf(id, files)].join("<br>")}"]`);
    // What is imported through another part as well goes without an arrow.
    for (const other of next) {
      const isIndirect = [...next].some((between) => between !== other && below(between).has(other));
      if (!isIndirect) lines.push(`${id} --> ${other}`);
    }
  }
  return ["```mermaid", "flowchart TD", ...lines.map((line) => `  ${line}`), "```"].join("\n");
}

/** What a part consists of: its files, and its folders where it has some; a few in a line. */
function contentsOf(id, files) {
  // Those that need no other folder's name.
  if (["devtools", "react", "svelte", "vue", "opentelemetry", "protobuf"].includes(id)) return [];
  const roots = { complete: "src/", features: "src/features/" };
  const root = roots[id] ?? (id === "client" || id === "shared" ? "src/core/" : `src/core/${id}/`);
  const names = [...new Set(files.map((file) => file.slice(root.length).replace(/(?<=\/).+/, "")))].map(
    (name) => (name === "connection/" ? "retryPolicy" : name.replace(/\.ts$/, "")),
  );
  const lines = [];
  for (let at = 0; at < names.length; at += 4) lines.push(names.slice(at, at + 4).join(", "));
  return lines;
}

/* The table of files */

const nameOf = (statement) =>
  statement.name?.text ?? statement.declarationList?.declarations[0]?.name.text ?? "";
const commentOf = ({ jsDoc }) => ts.getTextOfJSDocComment(jsDoc?.at(-1)?.comment);

/** A comment at the head of a file, before a blank line or what is imported: it is about the whole file. */
const HEAD = /^\/\*\*(.*?)\*\/\n(?=\n|import |export (?:type )?[{*])/s;

/** What a file is for: the first sentence of its own comment, or else of the one of its main export. */
function purposeOf(file, { text, statements }) {
  const [, own] = HEAD.exec(text) ?? [];
  if (own !== undefined) return firstSentence(own.replace(/^ *\*/gm, ""));
  const stem = file
    .match(/([^/]+)\.tsx?$/)[1]
    .replaceAll(".", "")
    .toLowerCase();
  const exported = statements.filter(({ modifiers }) =>
    modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword),
  );
  const [types, values] = [true, false].map((isType) =>
    exported.filter(
      (each) => (ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each)) === isType,
    ),
  );
  const candidates = [
    exported.filter((each) => nameOf(each).toLowerCase() === stem),
    values.filter((each) => nameOf(each).toLowerCase().endsWith(stem)),
    values.filter(ts.isClassDeclaration),
    values.filter(ts.isFunctionDeclaration),
    values,
    types,
  ].flat();
  const comment = candidates.map(commentOf).find(Boolean);
  if (comment !== undefined) return firstSentence(comment);
  if (exported.length === 0) problems.push(`${file} has no comment that says what it is for.`);
  return exported.map((each) => `\`${nameOf(each)}\``).join(", ");
}

const firstSentence = (comment) => {
  const text = comment.replace(/\s+/g, " ").trim();
  return text.slice(0, text.match(/\.(?= |$)/)?.index ?? text.length).replaceAll("|", "\\|");
};

function files() {
  const tables = [];
  for (const folder of [...new Set([...sources.keys()].map(dirname))].sort()) {
    const rows = [...sources]
      .filter(([file]) => dirname(file) === folder)
      .map(
        ([file, source]) => `| [${file.slice(folder.length + 1)}](${file}) | ${purposeOf(file, source)} |`,
      );
    tables.push(`| \`${folder}/\` | |\n|-|-|\n${rows.join("\n")}`);
  }
  return tables.join("\n\n");
}

/* The state table */

async function states() {
  const folder = makeFolder("architecture");
  await bundle(folder, { stateTable: "test/unit/connection/stateTable.ts" });
  const { stateTable } = await import(pathToFileURL(join(folder, "stateTable.mjs")).href);
  return stateTable().join("\n");
}

/* The document */

const current = readFileSync(path(DOCUMENT), "utf8");

// Relative links, and the names that are said to be in a file, as in [file.ts](src/file.ts): `name`, `name`.
for (const [, file, names] of current.matchAll(/\]\((?!\w+:|#)([^)#]+)[^)]*\)(: `[^`]+`(?:, `[^`]+`)*)?/g)) {
  if (!existsSync(path(file))) {
    problems.push(`${file} does not exist.`);
    continue;
  }
  for (const [, name] of (names ?? "").matchAll(/`([^`]+)`/g)) {
    if (!readFileSync(path(file), "utf8").includes(name)) problems.push(`There is no ${name} in ${file}.`);
  }
}

const generated = { picture: picture(), files: files(), states: await states() };
const written = Object.entries(generated).reduce((text, [part, content]) => {
  const [begin, end] = [`<!-- generated: ${part} -->`, `<!-- end: ${part} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no place for ${part}: ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}, current);
const formatted = await format(written, { ...(await resolveConfig(path(DOCUMENT))), parser: "markdown" });

if (!check && formatted !== current) writeFileSync(path(DOCUMENT), formatted);
if (check && formatted !== current)
  problems.push(`The generated parts of ${DOCUMENT} are out of date: run \`npm run architecture\`.`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
