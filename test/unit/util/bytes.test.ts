import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { isBytes, toBytes } from "../../../src/core/util/bytes.js";

describe("bytes", () => {
  test("are ArrayBuffers and views of them, of any realm", () => {
    const foreign = runInNewContext(
      "[new ArrayBuffer(1), new Uint8Array(1), new DataView(new ArrayBuffer(1))]",
    ) as unknown[];
    const own = [new ArrayBuffer(1), new Uint8Array(1), Buffer.from("x"), new Float64Array(1)];
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
