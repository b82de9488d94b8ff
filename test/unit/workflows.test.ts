import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string): string => readFileSync(root + file, "utf8");
const files = readdirSync(`${root}.github`, { recursive: true })
  .map((name) => `.github/${String(name)}`)
  .filter((file) => file.endsWith(".yml"));
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

describe.each(files)("%s", (file) => {
  test("is YAML", () => {
    expect(parse(read(file))).toBeTypeOf("object");
  });

  test("calls only scripts that exist", () => {
    const called = [...read(file).matchAll(/npm run (?:--\S+ )*([\w:]+)/g)].map(([, name = ""]) => name);
    expect(called.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  test("names no registry: npm's own settings say where packages come from", () => {
    expect(read(file)).not.toMatch(/registry/i);
  });
});
