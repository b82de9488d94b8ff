import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type * as Module from "../../../src/core/util/base64.js";
import { isBytes, toBytes } from "../../../src/core/util/base64.js";

// Property tests take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

type Base64 = typeof Module;
type Bytes = Uint8Array<ArrayBuffer>;

const view = Uint8Array as unknown as { fromBase64?: unknown; prototype: { toBase64?: unknown } };

/** The newer methods of Uint8Array, which this version of Node may not have yet. */
function stubNative(): void {
  view.fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  view.prototype.toBase64 = function (this: Bytes): string {
    return btoa(Array.from(this, (byte) => String.fromCharCode(byte)).join(""));
  };
}

const OwnBuffer = Buffer;

async function load(branch: string): Promise<Base64> {
  vi.resetModules();
  if (branch !== "Node") vi.stubGlobal("Buffer", undefined);
  if (branch === "native") stubNative();
  return import("../../../src/core/util/base64.js");
}

const { fromBase64 } = view;
const { toBase64 } = view.prototype;

/** As the platform has it, or not at all: then the next branch is taken. */
function restore(): void {
  if (fromBase64 === undefined) delete view.fromBase64;
  else view.fromBase64 = fromBase64;
  if (toBase64 === undefined) delete view.prototype.toBase64;
  else view.prototype.toBase64 = toBase64;
}

afterEach(() => {
  restore();
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

describe.each(["Node", "native", "atob"])("the branch of %s", (branch) => {
  let base64: Base64;
  const decode = (text: string): string =>
    Array.from(new Uint8Array(base64.decodeBase64(text)), (byte) => String.fromCharCode(byte)).join("");

  beforeEach(async () => {
    base64 = await load(branch);
    if (branch === "atob") {
      delete view.fromBase64;
      delete view.prototype.toBase64;
    }
  });

  test.each(VALID)("reads %j", (text, bytes) => {
    expect(decode(text)).toBe(bytes);
    expect(base64.decodeBase64(text)).toBeInstanceOf(ArrayBuffer);
  });

  test.each(INVALID)("refuses %j", (text) => {
    expect(() => base64.decodeBase64(text)).toThrow(new Error("Invalid base64."));
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
        else expect(() => base64.decodeBase64(text)).toThrow("Invalid base64.");
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

  test("writes views' own bytes only", () => {
    const whole = new TextEncoder().encode("..xyz..").buffer;
    expect(base64.encodeBase64(new Uint8Array(whole, 2, 3))).toBe("eHl6");
    expect(base64.encodeBase64(new DataView(whole, 2, 3))).toBe("eHl6");
    expect(base64.encodeBase64(whole)).toBe("Li54eXouLg==");
  });
});

test("the branches are three", async () => {
  const node = vi.spyOn(Buffer, "from");
  (await load("Node")).encodeBase64(new Uint8Array(3));
  expect(node).toHaveBeenCalledTimes(1);
  node.mockRestore();
  const native = await load("native");
  const method = vi.fn(() => "native");
  view.prototype.toBase64 = method;
  expect(native.encodeBase64(new Uint8Array(3))).toBe("native");
  restore();
  const encode = vi.spyOn(globalThis, "btoa");
  const plain = await load("atob");
  if (toBase64 === undefined) {
    plain.encodeBase64(new Uint8Array(3));
    expect(encode).toHaveBeenCalledTimes(1);
  }
});

test("a Buffer that comes or goes after the import is heeded", async () => {
  const { encodeBase64 } = await load("Node");
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

describe("bytes", () => {
  test("are ArrayBuffers and views of them, of any realm", () => {
    const foreign = runInNewContext(
      "[new ArrayBuffer(1), new Uint8Array(1), new DataView(new ArrayBuffer(1))]",
    ) as unknown[];
    const own = [new ArrayBuffer(1), new Uint8Array(1), OwnBuffer.from("x"), new Float64Array(1)];
    for (const each of [...own, ...foreign]) expect(isBytes(each)).toBe(true);
    for (const each of [null, undefined, "x", [1], {}, 5, new Blob()]) expect(isBytes(each)).toBe(false);
  });

  test("are seen without a copy", () => {
    const whole = new ArrayBuffer(8);
    expect(toBytes(whole).buffer).toBe(whole);
    const part = toBytes(new Uint16Array(whole, 2, 2));
    expect([part.buffer === whole, part.byteOffset, part.byteLength]).toEqual([true, 2, 4]);
  });
});
