import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { payloadOf } from "../../src/content.js";

test.each(["view", "view.buffer", "new DataView(view.buffer)"])(
  "bytes of another realm are bytes: %s",
  (kind) => {
    const data = runInNewContext(`const view = Uint8Array.of(1, 2); ${kind}`) as object;
    const own = payloadOf(Uint8Array.of(1, 2));
    expect(own).toMatchObject({ dataType: "binary" });
    expect(payloadOf(data)).toEqual(own);
  },
);
