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
  ["userId gt 'Aaa' and userId lt 'B'", true],
  ["userId ge 'Ann' and userId le 'Ann'", true],
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
  ["userId gt 'a' or userId le 'a'", false],
  ["contains(userId, 'a')", false],
  ["not contains(userId, 'a')", true],
  ["length(userId) eq 0", false],
  ["tolower(userId) eq null", true],
  ["userId in ('a', null)", true],
  ["userId in groups", false],
])("%s selects a connection without user and subprotocol: %s", (text, selected) => {
  expect(parseFilter(text)(nobody)).toBe(selected);
});

test.each<[string, number, string]>([
  ["", 0, "a value was expected"],
  ["userId", 0, "the filter must be a boolean, but is a string"],
  ["userId eq", 9, "but the end was found"],
  ["userId eq 'x", 10, "a string has no end"],
  ["userId = 'x'", 7, 'unexpected "="'],
  ["user eq 'x'", 0, 'unknown name "user"'],
  ["userId eq 'x' AND true", 14, "and, or, or the end was expected"],
  ["(true", 5, '")" was expected'],
  ["true)", 4, 'but ")" was found'],
  ["userId eq 1", 7, "eq can't compare a string with a number"],
  ["groups eq 'a'", 7, "eq can't compare a collection"],
  ["1 in groups", 0, "must be a string, but is a number"],
  ["'a' in userId", 7, "must be a collection"],
  ["'a' in ()", 7, "the list after in is empty"],
  ["userId in ('a', 1)", 16, "in can't compare"],
  ["not userId eq 'x'", 4, "what not negates must be a boolean"],
  ["userId and true", 0, "what and joins must be a boolean"],
  ["length(1) eq 1", 7, "argument 1 of length must be a string"],
  ["length() eq 1", 0, "length takes 1 arguments, not 0"],
  ["substring(userId) eq ''", 0, "substring takes 2 or 3 arguments, not 1"],
  ["size(userId) eq 1", 0, 'unknown function "size"'],
  ["length(userId) eq 12345678901234567890", 18, "is too large"],
  ["length(userId) eq 1.5", 18, "unexpected"],
  ["userId eq \u0000", 10, "unexpected"],
])("%j is refused with the position", (text, position, message) => {
  let error: unknown;
  try {
    parseFilter(text);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(FilterError);
  expect(error).toMatchObject({ position });
  expect(String(error)).toContain(message);
  expect(String(error)).toContain(`at position ${position}.`);
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
            expect(error.position).toBeGreaterThanOrEqual(0);
            expect(error.position).toBeLessThanOrEqual(text.length);
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
      expect(() => parseFilter(open.repeat(100_000))).toThrow("nested more than 100 deep");
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
