import fc from "fast-check";
import { expect, test } from "vitest";
import { ownCoders } from "../../src/inPage/textCoders.js";

const encoder = new ownCoders.TextEncoder();

test("any text becomes the same bytes as by the platform's own, and any bytes the same text or an error", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (units, text) => {
      for (const one of [units, text])
        expect([...encoder.encode(one)]).toEqual([...new TextEncoder().encode(one)]);
    }),
  );
  const outcome = (decode: () => string) => {
    try {
      return decode();
    } catch (error) {
      return (error as Error).name;
    }
  };
  for (const options of [{ fatal: true }, { fatal: true, ignoreBOM: true }]) {
    const [own, platform] = [new ownCoders.TextDecoder("utf-8", options), new TextDecoder("utf-8", options)];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.string(), (bytes, text) => {
        for (const given of [bytes, new TextEncoder().encode(`\ufeff${text}`)])
          expect(outcome(() => own.decode(given))).toBe(outcome(() => platform.decode(given)));
      }),
    );
  }
});

test("half a surrogate pair becomes a replacement character, and so does a byte that is none, unless it is fatal", () => {
  expect([...encoder.encode("a\ud800")]).toEqual([97, 0xef, 0xbf, 0xbd]);
  expect(new ownCoders.TextDecoder().decode(Uint8Array.of(97, 0xff))).toBe("a\ufffd");
  expect(new ownCoders.TextDecoder().decode()).toBe("");
  expect(encoder.encode()).toHaveLength(0);
});
