import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodeBase64, encodeBase64 } from "../../../src/core/environment/platform.js";
import * as browsers from "../../../src/core/environment/platform.browser.js";

// Property tests take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const OwnBuffer = Buffer;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const INVALID = [
  "=",
  "==",
  "a",
  "a=",
  "abcde",
  "eHl6!",
  "eHl6\n",
  "eH l6",
  "e-l6",
  "e_l6",
  "====",
  "eHl=6",
  "eA=",
  "eHl6=",
];
const VALID: [string, string][] = [
  ["", ""],
  ["eHl6", "xyz"],
  ["eHk=", "xy"],
  ["eA==", "x"],
  ["eHk", "xy"],
  ["eA", "x"],
  ["+/+/", "\xfb\xff\xbf"],
];

describe.each([
  ["Node", { decodeBase64, encodeBase64 }, true],
  ["Node's part in a browser", { decodeBase64, encodeBase64 }, false],
  ["browsers", browsers, false],
])("%s", (_where, base64, hasBuffer) => {
  const decode = (text: string): string =>
    Array.from(new Uint8Array(base64.decodeBase64(text)), (byte) => String.fromCharCode(byte)).join("");

  beforeEach(() => {
    if (!hasBuffer) vi.stubGlobal("Buffer", undefined);
  });

  test.each(VALID)("reads %j", (text, bytes) => {
    expect(decode(text)).toBe(bytes);
    expect(base64.decodeBase64(text)).toBeInstanceOf(ArrayBuffer);
  });

  test.each(INVALID)("refuses %j", (text) => {
    expect(() => base64.decodeBase64(text)).toThrow();
  });

  test("writes what Node writes, reads what Node writes, and refuses garbage", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = OwnBuffer.from(bytes).toString("base64");
        expect(base64.encodeBase64(bytes)).toBe(text);
        expect(new Uint8Array(base64.decodeBase64(text))).toEqual(new Uint8Array(bytes));
      }),
    );
    const garbage = fc.string({ unit: fc.constantFrom(..."aB3+/=-_ \n!é".split("")), maxLength: 12 });
    fc.assert(
      fc.property(garbage, (text) => {
        const isBase64 =
          /^(?:[\w+/]{4})*(?:[\w+/]{2}(?:==)?|[\w+/]{3}=?)?$/.test(text) && !text.includes("_");
        if (isBase64) expect(decode(text)).toBe(OwnBuffer.from(text, "base64").toString("latin1"));
        else expect(() => base64.decodeBase64(text)).toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  test("holds a megabyte", () => {
    const bytes = new Uint8Array(1 << 20).map((_, i) => i * 7);
    const text = base64.encodeBase64(bytes);
    expect(text).toBe(OwnBuffer.from(bytes).toString("base64"));
    expect(OwnBuffer.from(base64.decodeBase64(text)).equals(bytes)).toBe(true);
  });

  test("writes a view's own bytes only", () => {
    const whole = new TextEncoder().encode("..xyz..").buffer;
    expect(base64.encodeBase64(new Uint8Array(whole, 2, 3))).toBe("eHl6");
  });
});

test("Node's Buffer is used, since it is faster", () => {
  const encode = vi.spyOn(globalThis, "btoa");
  const from = vi.spyOn(OwnBuffer, "from");
  expect(decodeBase64(encodeBase64(new Uint8Array(3)))).toEqual(new ArrayBuffer(3));
  expect(from).toHaveBeenCalledTimes(2);
  expect(encode).not.toHaveBeenCalled();
});

test("a Buffer that comes or goes after the import is heeded", () => {
  const { Buffer: own } = globalThis;
  vi.stubGlobal("Buffer", undefined);
  expect(encodeBase64(new Uint8Array(3))).toBe("AAAA");
  const from = vi.fn(() => ({ toString: () => "polyfilled" }));
  vi.stubGlobal("Buffer", { from });
  expect(encodeBase64(new Uint8Array(3))).toBe("polyfilled");
  vi.stubGlobal("Buffer", own);
  const spy = vi.spyOn(own, "from");
  encodeBase64(new Uint8Array(3));
  expect(spy).toHaveBeenCalledTimes(1);
});
