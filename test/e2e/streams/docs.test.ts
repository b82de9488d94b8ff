import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import * as client from "web-pubsub-client";
import * as emulator from "web-pubsub-emulator";

const modules: Record<string, unknown> = { "web-pubsub-client": client, "web-pubsub-emulator": emulator };
const load = (name: string): unknown => modules[name] ?? import(name);

/** The programs of a page, each with the output that stands below it. */
async function examples(page: string): Promise<{ code: string; output: string }[]> {
  const text = await readFile(new URL(`../../../docs/${page}.md`, import.meta.url), "utf8");
  return [...text.matchAll(/```js\n(.*?)```\n\n```text\n(.*?)```/gs)].map(([, code = "", output = ""]) => ({
    code,
    output,
  }));
}

test.each([
  ["invocation", 1],
  ["streams", 2],
  ["group-state", 1],
])("the examples of docs/%s.md print what they say", async (page, count) => {
  const all = await examples(page);
  expect(all).toHaveLength(count);
  for (const { code, output } of all) {
    const lines: string[] = [];
    const body = code.replace(/^import (\{.*?\}) from ("[^"]+");$/gm, "const $1 = await load($2);");
    const AsyncFunction = (async () => undefined).constructor as new (
      ...parts: string[]
    ) => (load: unknown, console: unknown) => Promise<void>;
    await new AsyncFunction("load", "console", body)(load, {
      log: (line: string) => lines.push(`${line}\n`),
    });
    expect(lines.join("")).toBe(output);
  }
});

test.each([
  ["streams", "src/features/streams/groupStreamError.ts", "GroupStreamErrorCode"],
  ["invocation", "src/features/invocations/invocationError.ts", "InvocationErrorCode"],
])("docs/%s.md explains every code of its error", async (page, file, type) => {
  const read = (path: string): Promise<string> =>
    readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
  const union = new RegExp(`type ${type} =(.*?);`, "s").exec(await read(file))?.[1] ?? "";
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(9);
  const explained = (await read(`docs/${page}.md`)).matchAll(/^\| *`(.*?)` *\|/gm);
  const named = [...explained].flatMap(([, cell = ""]) => cell.split("`, `"));
  expect(named.sort()).toEqual(codes.sort());
});
