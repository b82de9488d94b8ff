import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

interface Target {
  readonly types: string;
  readonly default: string;
}
type Entry = string | { readonly import?: Target; readonly require?: Target };

const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, Entry> };
const targets = Object.entries(exports).flatMap(([entry, of]) =>
  (["import", "require"] as const).flatMap((way) => {
    const whole = typeof of !== "string" && "types" in of && way === "import" ? (of as Target) : undefined;
    const target = typeof of === "string" ? undefined : (whole ?? of[way]);
    return target === undefined ? [] : [[entry, way, target] as const];
  }),
);

/** The names that a declaration file exports as values. */
function declaredValues(file: string): string[] {
  const program = ts.createProgram([resolve(file)], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(resolve(file));
  const symbol = source && checker.getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error(`${file} is no module.`);
  return checker
    .getExportsOfModule(symbol)
    .filter((each) => {
      const isAlias = (each.flags & ts.SymbolFlags.Alias) !== 0;
      const isTypeOnly = each.declarations?.some(ts.isTypeOnlyImportOrExportDeclaration) === true;
      const target = isAlias ? checker.getAliasedSymbol(each) : each;
      return !isTypeOnly && (target.flags & ts.SymbolFlags.Value) !== 0;
    })
    .map(({ name }) => name)
    .sort();
}

test.each(targets)("%s by %s declares the values that it exports", async (_entry, way, target) => {
  const exported = (
    way === "import"
      ? await import(pathToFileURL(resolve(target.default)).href)
      : createRequire(import.meta.url)(resolve(target.default))
  ) as object;
  expect(declaredValues(target.types)).toEqual(
    Object.keys(exported)
      .filter((name) => name !== "default" && name !== "module.exports")
      .sort(),
  );
});

/** What strict TypeScript says of a module that imports the built package. */
function complaints(file: string, text: string): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const path = resolve("test/package", file);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => resolve(name) === path || fileExists(name);
  host.readFile = (name) => (resolve(name) === path ? text : readFile(name));
  host.getSourceFile = (name, how) =>
    resolve(name) === path ? ts.createSourceFile(name, text, how) : getSourceFile(name, how);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([path], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

test("a client that Vue has unwrapped is a client for features and for the plugin", () => {
  const text = `
    import { createApp, reactive, ref } from "vue";
    import { WebPubSubClient } from "web-pubsub-client";
    import { CoreClient } from "web-pubsub-client/core";
    import { groupHandle } from "web-pubsub-client/groups";
    import { presence } from "web-pubsub-client/presence";
    import { WebPubSubPlugin } from "web-pubsub-client/vue";
    const held = ref(new CoreClient("wss://host"));
    presence(held.value);
    groupHandle(held.value, "room");
    const store = reactive({ client: new WebPubSubClient("wss://host") });
    createApp({}).use(WebPubSubPlugin, { client: store.client });
  `;
  expect(complaints("unwrapped.mts", text)).toEqual([]);
});

test("a feature of ES modules takes a client of CommonJS", () => {
  const text = `
    import type { CoreClient } from "web-pubsub-client/core" with { "resolution-mode": "require" };
    import { presence } from "web-pubsub-client/presence";
    declare const client: CoreClient;
    presence(client);
  `;
  expect(complaints("mixed.mts", text)).toEqual([]);
});

test("a feature's hooks may be declared with exact optional properties", () => {
  const text = `
    import { defineFeature, type FeatureHooks } from "web-pubsub-client/core";
    class Counter implements FeatureHooks {
      readonly receive: FeatureHooks["receive"] = { groupData: () => undefined };
    }
    export const counter = defineFeature("counter", (port) => {
      const made = new Counter();
      port.listen(made);
      return made;
    });
  `;
  expect(complaints("exact.mts", text)).toEqual([]);
});
