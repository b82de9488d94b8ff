import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { limit } from "../helpers/patience.js";
import { Ledger } from "./ledger.js";
import { StreamLedger } from "./streamLedger.js";

test(
  "a soak of some seconds keeps all promises",
  async () => {
    const script = fileURLToPath(new URL("../../scripts/soak.mjs", import.meta.url));
    const child = spawn(process.execPath, [script, "--minutes", "0.1", "--clients", "30"]);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(code, output).toBe(0);
    expect(output).toContain("all promises kept");
    expect(Number(/recoveries +(\d+)/.exec(output)?.[1]), output).toBeGreaterThan(0);
  },
  limit(60_000),
);

/** Two members of a group, `a` sends. */
function ledger(): Ledger {
  const it = new Ledger(new Set());
  it.joined("a");
  it.joined("b");
  return it;
}
const both = ["a", "b"];

test("the ledger finds what is lost, doubled and reordered", () => {
  const it = ledger();
  for (const number of [1, 2, 3, 4]) {
    it.sends("a", number, both);
    it.settled("a", number, "sent", both);
    it.receives("a", "a", number);
  }
  for (const number of [1, 3, 2, 2]) it.receives("b", "a", number);
  it.receivesFromService("b", "id", 5);
  it.receivesFromService("b", "id", 7);
  it.receivesFromService("b", "id", 7);
  it.close();
  expect(it).toMatchObject({ lost: 2, doubled: 2, reordered: 1, received: 11 });
  expect(it.examples).toContain("lost: a 4 at b");
});

test("the ledger takes what a sender without order sends late for late, and a second copy for a second copy", () => {
  const it = new Ledger(new Set(["a"]));
  it.joined("b");
  for (let number = 1; number <= 200; number++) {
    it.sends("a", number, ["b"]);
    it.settled("a", number, "sent", ["b"]);
    if (number !== 2) it.receives("b", "a", number);
  }
  it.receives("b", "a", 2);
  it.close();
  expect(it).toMatchObject({ lost: 0, doubled: 0, reordered: 0 });
  it.receives("b", "a", 2);
  it.close();
  expect(it).toMatchObject({ lost: 0, doubled: 1, reordered: 0 });
});

test("the ledger excuses what can't be promised, and counts it", () => {
  const it = ledger();
  for (const number of [1, 2]) it.sends("a", number, both);
  it.receives("a", "a", 1);
  it.receives("b", "a", 1);
  it.left("b");
  it.joined("b");
  it.receives("a", "a", 2);
  it.receives("a", "a", 2);
  it.settled("a", 1, "sent", both);
  it.settled("a", 2, "resent", both);
  it.sends("a", 3, both);
  it.settled("a", 3, "failed", both);
  it.close();
  expect(it).toMatchObject({ lost: 0, doubled: 0, reordered: 0, missedByNewConnection: 1, resent: 1 });
});

test("the stream ledger wants each ended stream whole at everyone who was there all the time", () => {
  const it = new StreamLedger();
  for (const name of ["a", "b", "c"]) it.joined(name);
  it.opens("s1", both);
  it.arrived("s1", "a");
  expect(it.due).toEqual([]);
  it.settled("s1", "ended");
  expect(it.due).toEqual(["stream s1 at b"]);
  it.opens("s2", both);
  it.settled("s2", "ended");
  it.left("b");
  it.joined("b");
  expect(it.due).toEqual(["stream s2 at a"]);
  it.arrived("s2", "a");
  it.opens("s3", both);
  it.settled("s3", "failed");
  expect(it.due).toEqual([]);
});
