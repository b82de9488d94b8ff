// Finds the place of a planted fault: its declaration by TypeScript's syntax tree, wherever the file
// is and whatever it is called, and in the declaration the text, however it is broken into lines.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const sides = { client: "src/", service: "emulator/src/" };

/** By name: where a declaration of that name begins and ends. Read once. */
let known;

/**
 * The source of a file with a fault in it.
 * @param {import("./faults.mjs").Fault} fault
 * @returns {import("./plant.mjs").Planted}
 */
export function plant({ in: name, of, find, put }) {
  known ??= readDeclarations();
  const places = (known.get(name) ?? []).filter(({ side }) => of === undefined || side === of);
  if (places.length === 0) return { lost: `${of ?? "client or service"} declares no ${name}` };
  const found = places.flatMap((place) => matches(place, find));
  const [match] = found;
  if (match === undefined) return { lost: `the text is not in ${name} (${listed(places)})` };
  if (found.length > 1) return { lost: `the text is in ${name} ${found.length} times (${listed(found)})` };
  const { file, text, from, to } = match;
  return { file, contents: text.slice(0, from) + put + text.slice(to) };
}

const listed = (places) => [...new Set(places.map(({ file }) => file.slice(root.length)))].join(", ");

function readDeclarations() {
  const declarations = new Map();
  for (const [side, folder] of Object.entries(sides)) {
    for (const entry of readdirSync(root + folder, { recursive: true })) {
      if (!/\.tsx?$/.test(entry)) continue;
      const file = root + folder + entry.replaceAll("\\", "/");
      const text = readFileSync(file, "utf8");
      const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
      for (const [name, node] of source.statements.flatMap(declared)) {
        const place = { side, file, text, start: node.getStart(source), end: node.end };
        declarations.set(name, [...(declarations.get(name) ?? []), place]);
      }
    }
  }
  return declarations;
}

/** The functions, constants and classes of a file, and the members of its classes, each with its name. */
function declared(statement) {
  if (ts.isFunctionDeclaration(statement)) return [[nameOf(statement), statement]];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map((each) => [nameOf(each), each]);
  if (!ts.isClassDeclaration(statement)) return [];
  const owner = nameOf(statement);
  return statement.members.map((member) => [`${owner}.${nameOf(member)}`, member]);
}

function nameOf(node) {
  return ts.isConstructorDeclaration(node) ? "constructor" : (node.name?.text ?? "");
}

/** Where a text stands in a declaration; white space counts only between words. */
function matches(place, find) {
  const sought = fold(find).folded;
  const { folded, at } = fold(place.text.slice(place.start, place.end));
  const found = [];
  for (let index = folded.indexOf(sought); index >= 0; index = folded.indexOf(sought, index + 1)) {
    const from = place.start + at[index];
    found.push({ ...place, from, to: place.start + at[index + sought.length - 1] + 1 });
  }
  return found;
}

/** A text without white space, but for one blank between two words, and where each character was. */
function fold(text) {
  let folded = "";
  const at = [];
  for (let index = 0; index < text.length; index++) {
    if (/\s/.test(text[index])) continue;
    const isApart = index > 0 && /\s/.test(text[index - 1]);
    if (isApart && /[\w$#]$/.test(folded) && /[\w$#]/.test(text[index])) {
      folded += " ";
      at.push(index - 1);
    }
    folded += text[index];
    at.push(index);
  }
  return { folded, at };
}
