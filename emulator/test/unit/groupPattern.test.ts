import fc from "fast-check";
import { expect, test } from "vitest";
import { limit } from "../../../test/helpers/patience.js";
import { GroupPattern } from "../../src/service/groupPattern.js";

const matches = (text: string, name: string) => {
  const pattern = GroupPattern.parse(text);
  return typeof pattern === "string" ? undefined : pattern.matches(name);
};

test.each([
  ["room", "room", true],
  ["room", "Room", false],
  ["room", "rooms", false],
  ["room.?", "room.1", true],
  ["room.?", "room..", false],
  ["room.?", "room.12", false],
  ["room.?", "room.😀", true],
  ["room.*", "room.", true],
  ["room.*", "room.north", true],
  ["room.*", "room.north.2", false],
  ["room.**", "room.north.2", true],
  ["**", "anything.at all", true],
  ["*", "", true],
  ["*.log", "a.b.log", false],
  ["**.log", "a.b.log", true],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "acb", false],
  ["\\*", "*", true],
  ["\\*", "x", false],
  ["\\?\\\\", "?\\", true],
  ["a.b", "axb", false],
  ["(a|b)+", "(a|b)+", true],
])("%s on %s: %s", (pattern, name, expected) => {
  expect(matches(pattern, name)).toBe(expected);
});

test.each([
  ["", "it is empty"],
  ["******", "it has more than 5 *"],
  ["**a**b**", "it has more than 5 *"],
  ["a\\", "only \\ * ? can stand behind a \\"],
  ["a\\b", "only \\ * ? can stand behind a \\"],
])("%j is no pattern: %s", (pattern, problem) => {
  expect(GroupPattern.parse(pattern)).toBe(problem);
});

test("a pattern without wildcards is a name, and two stars alone are everything", () => {
  const parsed = (text: string) => GroupPattern.parse(text) as GroupPattern;
  expect(parsed("a\\*b").literal).toBe("a*b");
  expect(parsed("a*").literal).toBeUndefined();
  expect([parsed("**").isEverything, parsed("***").isEverything, parsed("*").isEverything]).toEqual([
    true,
    true,
    false,
  ]);
});

test("five stars are allowed, escaped ones don't count", () => {
  expect(matches("*a**b**", "xay.b.z")).toBe(true);
  expect(matches("*****\\*", "abc*")).toBe(true);
});

test("a hostile pattern costs no more than its length times the name's", () => {
  const name = "a".repeat(1_024);
  const start = performance.now();
  expect(matches("*a*a*a*a*b", name)).toBe(false);
  expect(performance.now() - start).toBeLessThan(limit(2_000));
});

test("agrees with a regular expression", () => {
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "?", "*"), minLength: 1, maxLength: 8 });
  const name = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
  fc.assert(
    fc.property(pattern, name, (text, candidate) => {
      fc.pre((text.match(/\*/g) ?? []).length <= 5);
      const source = text.replaceAll(/\*\*+|[.?*]/g, (part) => {
        if (part.startsWith("**")) return "[^]*";
        if (part === "*") return "[^.]*";
        return part === "?" ? "[^.]" : "\\.";
      });
      expect(matches(text, candidate)).toBe(new RegExp(`^${source}$`).test(candidate));
    }),
    { numRuns: 2_000 },
  );
});
