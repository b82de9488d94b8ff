import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const reference = `${root}node_modules/@azure/web-pubsub-client/dist/esm/index.d.ts`;
const ours = `${root}src/index.ts`;

const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile.bind(ts.sys)) as {
  config: unknown;
};
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram([reference, ours], { ...options, noEmit: true });
const checker = program.getTypeChecker();

/** What a module exports, types included, by its name. */
function exportsOf(file: string): Map<string, ts.Symbol> {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} is no module.`);
  return new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]));
}

const theirs = exportsOf(reference);
const known = exportsOf(ours);

/** The type of that name; of a class that of its instances, of a function its own. */
function typeOf(exported: Map<string, ts.Symbol>, name: string): ts.Type {
  let symbol = exported.get(name);
  if (symbol === undefined) throw new Error(`${name} is not exported.`);
  if ((symbol.flags & ts.SymbolFlags.Alias) !== 0) symbol = checker.getAliasedSymbol(symbol);
  const isType = (symbol.flags & ts.SymbolFlags.Type) !== 0;
  return isType ? checker.getDeclaredTypeOfSymbol(symbol) : checker.getTypeOfSymbol(symbol);
}

/** The class itself: what `new` and `extends` see. */
function classOf(exported: Map<string, ts.Symbol>, name: string): ts.Type {
  const symbol = exported.get(name);
  if (symbol === undefined) throw new Error(`${name} is not exported.`);
  const target = (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
  return checker.getTypeOfSymbol(target);
}

const isPrivate = (symbol: ts.Symbol): boolean =>
  symbol.valueDeclaration !== undefined &&
  (ts.getCombinedModifierFlags(symbol.valueDeclaration) & ts.ModifierFlags.Private) !== 0;

const members = (type: ts.Type): string[] =>
  type.getProperties().flatMap((symbol) => (isPrivate(symbol) ? [] : [symbol.name]));

function memberType(type: ts.Type, name: string): ts.Type | undefined {
  const symbol = type.getProperty(name);
  return symbol && checker.getTypeOfSymbol(symbol);
}

test("every name that the reference client exports is exported here", () => {
  expect(theirs.size).toBeGreaterThan(70);
  expect([...theirs.keys()].filter((name) => !known.has(name))).toEqual([]);
});

describe("what goes under these names fits", () => {
  /** Made by the client only, so that more in them harms no program. */
  const richer = new Set(["GroupStream", "GroupStreamWriter"]);
  const names = [...theirs.keys()].filter((name) => name !== "WebPubSubClient");

  test.each(names)("%s", (name) => {
    const [theirType, ourType] = [typeOf(theirs, name), typeOf(known, name)];
    expect(checker.isTypeAssignableTo(ourType, theirType), "ours for theirs").toBe(true);
    if (!richer.has(name)) {
      expect(checker.isTypeAssignableTo(theirType, ourType), "theirs for ours").toBe(true);
    }
  });

  test.each(["SendMessageError", "InvocationError"])("the class %s", (name) => {
    expect(checker.isTypeAssignableTo(classOf(known, name), classOf(theirs, name))).toBe(true);
  });
});

describe("the client's public members fit", () => {
  const [theirClient, ourClient] = [typeOf(theirs, "WebPubSubClient"), typeOf(known, "WebPubSubClient")];

  // Its private members keep the whole type from fitting any other.
  test.each(members(theirClient))("%s", (name) => {
    const [theirMember, ourMember] = [memberType(theirClient, name), memberType(ourClient, name)];
    if (theirMember === undefined || ourMember === undefined) throw new Error(`No member ${name}.`);
    expect(checker.isTypeAssignableTo(ourMember, theirMember)).toBe(true);
  });

  test("there are as many as its documentation lists", () => {
    expect(members(theirClient).sort()).toEqual([
      "invokeEvent",
      "joinGroup",
      "leaveGroup",
      "off",
      "on",
      "onGroupStream",
      "openGroupStream",
      "sendEvent",
      "sendToGroup",
      "start",
      "stop",
    ]);
  });

  test("its constructor takes what theirs takes", () => {
    const parameters = (type: ts.Type): ts.Type[][] =>
      type
        .getConstructSignatures()
        .map((signature) => signature.parameters.map((parameter) => checker.getTypeOfSymbol(parameter)));
    const forms = parameters(classOf(known, "WebPubSubClient"));
    const fits = (given: ts.Type[]): boolean =>
      forms.some((form) =>
        given.every((type, index) => {
          const taken = form[index];
          return taken !== undefined && checker.isTypeAssignableTo(type, taken);
        }),
      );
    const given = parameters(classOf(theirs, "WebPubSubClient"));
    expect(given).toHaveLength(2);
    expect(given.map(fits)).toEqual([true, true]);
  });

  test("the comparison can tell: a name too few, a type that doesn't fit", () => {
    expect(memberType(ourClient, "nothing")).toBeUndefined();
    const [start, join] = [memberType(ourClient, "start"), memberType(theirClient, "joinGroup")];
    if (start === undefined || join === undefined) throw new Error("No such members.");
    expect(checker.isTypeAssignableTo(start, join)).toBe(false);
  });
});
