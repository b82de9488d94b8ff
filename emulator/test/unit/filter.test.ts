import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FilterSubject } from "../../src/service/filter/expression.js";
import { parseFilter } from "../../src/service/filter/filter.js";
import { FilterError } from "../../src/service/filter/filterError.js";

const ann: FilterSubject = {
  connectionId: "c1",
  userId: "Ann",
  protocol: "json.webpubsub.azure.v1",
  groups: new Set(["a", "it's"]),
};
const nobody: FilterSubject = { connectionId: "c2", userId: null, protocol: null, groups: new Set() };

test.each<[string, boolean]>([
  ["userId eq 'Ann'", true],
  ["USERID eq 'Ann' and ConnectionID ne 'c1'", false],
  ["userId eq 'ann'", false],
  ["userId eq null", false],
  ["'a' in groups", true],
  ["'it''s' in GROUPS", true],
  ["not ('b' in groups)", true],
  ["userId in ('Bob', 'Ann')", true],
  ["userId in ('Bob')", false],
  ["startswith(protocol, 'json') and endswith(protocol,'v1') and contains(protocol, '.azure.')", true],
  ["tolower(userId) eq 'ann' and toupper(userId) eq 'ANN'", true],
  ["trim('  x ') eq 'x'", true],
  ["substring(userId, 1) eq 'nn' and substring(userId, 0, 2) eq 'An'", true],
  ["substring(userId, 9) eq ''", true],
  ["substring(userId, -1) eq 'Ann'", true],
  ["concat(userId, 'a') eq 'Anna'", true],
  ["indexof(userId, 'n') eq 1 and indexof(userId, 'x') eq -1", true],
  ["length(userId) eq 3", true],
  ["true", true],
  ["false", false],
  ["true eq (length(userId) gt 2)", true],
  // and binds tighter than or
  ["true or true and false", true],
  ["(true or true) and false", false],
  // not binds tighter than a comparison
  ["not true eq false", true],
  ["not (true eq true)", false],
  ["not not true", true],
  ["\t userId\r\n eq 'Ann' ", true],
])("%s selects Ann: %s", (text, selected) => {
  expect(parseFilter(text)(ann)).toBe(selected);
});

test.each<[string, boolean]>([
  ["userId eq null", true],
  ["userId ne 'x'", true],
  ["protocol eq null", true],
  ["contains(userId, 'a')", false],
  ["not contains(userId, 'a')", true],
  ["length(userId) eq 0", false],
  ["tolower(userId) eq null", true],
  ["userId in ('a', null)", true],
  ["userId in groups", false],
])("%s selects a connection without user and subprotocol: %s", (text, selected) => {
  expect(parseFilter(text)(nobody)).toBe(selected);
});

test.each([
  ["", "Expression expected at position 0 in ''."],
  [" ", "Expression expected at position 1 in ' '."],
  ["userId", "Type 'string', expect 'bool'."],
  ["userId eq", "Expression expected at position 9 in 'userId eq'."],
  ["userId eq 'x", "There is an unterminated string literal at position 12 in 'userId eq 'x'."],
  ["userId = 'x'", "Syntax error: character '=' is not valid at position 7 in 'userId = 'x''."],
  ["user eq 'x'", "Token 'user' is not supported."],
  ["userId eq 'x' AND true", "Syntax error at position 17 in 'userId eq 'x' AND true'."],
  // From the official SDK's own tests.
  ["invalid filter", "Syntax error at position 14 in 'invalid filter'."],
  ["invalid(ab,c)", "Token 'invalid' is not supported."],
  ["userId filter", "Syntax error at position 13 in 'userId filter'."],
  ["(true", "')' or operator expected at position 5 in '(true'."],
  ["true)", "Syntax error at position 5 in 'true)'."],
  ["userId lt 1", "Type 'string', expect 'int'."],
  ["userId gt 'a'", "Type 'string', expect 'int'."],
  ["1 in userId", "Type 'string', expect 'collection'."],
  ["'a' in ()", "Expression expected at position 8 in ''a' in ()'."],
  ["not userId eq 'x'", "Type 'string', expect 'bool'."],
  ["userId and true", "Type 'string', expect 'bool'."],
  ["length(1) eq 1", "Type 'int', expect 'string' or 'collection'."],
  ["length() eq 1", "Token 'length' takes 1 arguments, not 0."],
  ["length(userId eq 1", "')' or ',' expected at position 18 in 'length(userId eq 1'."],
  ["substring(userId) eq ''", "Token 'substring' takes 2 or 3 arguments, not 1."],
  ["size(userId) eq 1", "Token 'size' is not supported."],
  [
    "length(userId) eq 12345678901234567890",
    "Unrecognized number 12345678901234567890 at position 18 in 'length(userId) eq 12345678901234567890'.",
  ],
  ["userId eq \u0000", "Syntax error: character '\u0000' is not valid at position 10 in 'userId eq \u0000'."],
])("%j is refused in the cloud's words", (text, problem) => {
  expect(() => parseFilter(text)).toThrow(FilterError);
  expect(() => parseFilter(text)).toThrow(`Invalid syntax for '${text}': ${problem} (Parameter 'filter')`);
});

test.each([
  ["length(groups) eq 2", true],
  ["length(groups) gt 2", false],
  ["userId eq 1", false],
  ["userId ne 1", true],
  ["groups eq 'a'", false],
  ["userId in (1, 'Ann')", true],
  ["1 in groups", false],
])("%s is asked of one in two groups: %s", (text, selected) => {
  expect(parseFilter(text)({ ...ann, groups: new Set(["a", "b"]) })).toBe(selected);
});

describe("whatever comes", () => {
  const words = [
    "userId",
    "groups",
    "(",
    ")",
    "and",
    "or",
    "not",
    "in",
    "eq",
    "'a'",
    "1",
    "null",
    ",",
    "length",
  ];
  test("a filter is read or refused, and what is read can be evaluated", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.constantFrom(...words)).map((a) => a.join(" ")),
        ),
        (text) => {
          let filter;
          try {
            filter = parseFilter(text);
          } catch (error) {
            if (!(error instanceof FilterError)) throw error;
            return;
          }
          expect([true, false]).toContain(filter(ann));
          expect([true, false]).toContain(filter(nobody));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("nothing exhausts the stack", () => {
    for (const open of ["(", "not ", "length("]) {
      expect(() => parseFilter(open.repeat(100_000))).toThrow("Recursion depth exceeded");
    }
    const long = parseFilter(Array.from({ length: 50_000 }, (_, i) => `userId eq '${i}'`).join(" or "));
    expect(long(ann)).toBe(false);
  });

  test("any string can be quoted", () => {
    fc.assert(
      fc.property(fc.string(), (userId) => {
        const filter = parseFilter(`userId eq '${userId.replaceAll("'", "''")}'`);
        return filter({ ...ann, userId });
      }),
    );
  });
});
