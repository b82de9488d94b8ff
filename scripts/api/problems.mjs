import ts from "typescript";
import { bases, shapes } from "./innerNames.mjs";
import { statementsOf } from "./surface.mjs";

/** What is wrong with the names of a surface: those that aren't documented, and those that others name but can't import. */
export function findProblems({ homes, innerOf }) {
  const problems = new Set();
  for (const [symbol, { entry, name }] of homes) {
    checkDocuments(entry, name, symbol);
    for (const inner of innerOf([symbol])) {
      if (bases.has(inner.name)) checkDocuments(entry, inner.name, inner);
      else if (!shapes.has(inner.name))
        problems.add(
          `${entry.id}: ${name} needs ${inner.name}, which no entry exports (see innerNames.mjs).`,
        );
    }
  }
  return [...problems].sort();

  function checkDocuments(entry, name, symbol) {
    const statements = statementsOf(symbol);
    if (statements.length > 0 && !statements.some(isDocumented))
      problems.add(`${entry.id}: ${name} isn't documented.`);
    for (const statement of statements)
      for (const member of undocumented(statement))
        problems.add(`${entry.id}: ${name}.${member} isn't documented.`);
  }
}

/** The members of a declaration without a comment, as paths; of overloads one comment is enough. */
function undocumented(node) {
  const missing = [];
  ts.forEachChild(node, function walk(each) {
    if (isInferred(each)) return;
    if (!isMember(each)) return ts.forEachChild(each, walk);
    if (isPrivate(each)) return;
    const name = nameOf(each);
    const overloads = each.parent.members.filter((other) => nameOf(other) === name);
    if (!overloads.some(isDocumented) && !saysAll(each)) missing.push(name);
    missing.push(...undocumented(each).map((inner) => `${name}.${inner}`));
  });
  return missing;
}

/** What the compiler writes for a value, such as a Vue component, whose source says it in other words. */
const isInferred = (node) =>
  ts.isVariableDeclaration(node) && node.type !== undefined && ts.isTypeReferenceNode(node.type);
const isMember = (node) => ts.isTypeElement(node) || ts.isClassElement(node) || ts.isEnumMember(node);
const nameOf = (member) =>
  member.name?.getText() ?? (ts.isConstructorDeclaration(member) ? "constructor" : "()");
const isPrivate = (member) =>
  (member.name !== undefined && ts.isPrivateIdentifier(member.name)) ||
  (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0;

/** Members that need no words: those that can only be one literal, such as the `kind` of a message, or undefined. */
const saysAll = ({ type }) =>
  type !== undefined && (ts.isLiteralTypeNode(type) || type.kind === ts.SyntaxKind.UndefinedKeyword);

const isDocumented = (node) => ts.getJSDocCommentsAndTags(node).length > 0;
