import fc from "fast-check";
import { expect, test } from "vitest";
import { memberTexts } from "../../src/wire/memberTexts.js";

test("each member's text is as it was written, the last one of a name counts", () => {
  const text = ' { "a" : 1e400 ,"b":[1, {"a":2}], "a\\"}":"x\\\\", "d\\u0061ta": -0.50,"b": { } } ';
  expect([...memberTexts(text)]).toEqual([
    ["a", "1e400"],
    ["b", "{ }"],
    ['a"}', '"x\\\\"'],
    ["data", "-0.50"],
  ]);
});

test("an empty object has none", () => {
  expect([...memberTexts("{ }")]).toEqual([]);
});

test("each member's text is its value's, whatever the object", () => {
  const name = fc.string({ unit: fc.constantFrom('"', "\\", "a", ":", "{", "]", ",", " ") });
  const value = fc.oneof(fc.jsonValue(), name, fc.array(name), fc.dictionary(name, name));
  fc.assert(
    fc.property(fc.dictionary(name, value), fc.constantFrom(0, 2), (object, space) => {
      const texts = memberTexts(JSON.stringify(object, null, space));
      const read = Array.from(texts, ([key, text]) => [key, JSON.parse(text) as unknown]);
      expect(Object.fromEntries(read)).toEqual(JSON.parse(JSON.stringify(object)));
    }),
  );
});
