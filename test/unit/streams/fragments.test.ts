import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deferred, type Deferred } from "../../../src/core/util/deferred.js";
import { Fragments, type Window } from "../../../src/features/streams/fragments.js";
import { follow } from "../../helpers/settlement.js";

const WIDE = { maxUnackedFragments: Infinity, maxUnackedBytes: Infinity };

function make(limits: Partial<Window> = {}, maxWaiting = Infinity): Fragments {
  return new Fragments({ ...WIDE, ...limits }, maxWaiting);
}

/** Adds a fragment whose frame is its id. */
function add(fragments: Fragments, encode: (id: number) => string = String): Deferred<void> {
  const call = deferred<void>();
  call.promise.catch(() => undefined);
  fragments.add(call, encode);
  return call;
}

function filled(count: number, limits?: Partial<Window>, maxWaiting?: number): Fragments {
  const fragments = make(limits, maxWaiting);
  for (let id = 1; id <= count; id++) add(fragments);
  return fragments;
}

const takeAll = (fragments: Fragments): unknown[] => {
  const taken = [];
  for (let frame = fragments.take(); frame !== undefined; frame = fragments.take()) taken.push(frame);
  return taken;
};

describe("fragments in order (2.10)", () => {
  test("are numbered from 1 and taken once", () => {
    const fragments = filled(3);
    expect([fragments.oldest, fragments.next]).toEqual([1, 4]);
    expect(takeAll(fragments)).toEqual(["1", "2", "3"]);
    expect(fragments.take()).toBeUndefined();
  });

  test("an ack drops what is below it", () => {
    const fragments = filled(3);
    takeAll(fragments);
    expect(fragments.acknowledge(3)).toBe(true);
    expect([fragments.oldest, fragments.next, fragments.peek()]).toEqual([3, 4, "3"]);
  });

  test("an ack of what is not taken yet is skipped by the taking", () => {
    const fragments = filled(3);
    expect(fragments.acknowledge(3)).toBe(true);
    expect(takeAll(fragments)).toEqual(["3"]);
  });

  test("the ack of the oldest changes nothing", () => {
    const fragments = filled(2);
    expect(fragments.acknowledge(1)).toBe(true);
    expect(takeAll(fragments)).toEqual(["1", "2"]);
  });

  test("an ack above the next id is refused and changes nothing", () => {
    const fragments = filled(2);
    fragments.acknowledge(2);
    expect(fragments.acknowledge(4)).toBe(false);
    expect([fragments.oldest, fragments.next]).toEqual([2, 3]);
    expect(takeAll(fragments)).toEqual(["2"]);
  });

  test("an ack below the oldest is late and changes nothing", () => {
    const fragments = filled(3);
    fragments.acknowledge(3);
    expect(fragments.acknowledge(1)).toBe(true);
    expect([fragments.oldest, fragments.next]).toEqual([3, 4]);
  });

  test("a rewinding starts from the oldest again", () => {
    const fragments = filled(3);
    takeAll(fragments);
    fragments.acknowledge(2);
    fragments.rewind();
    expect(takeAll(fragments)).toEqual(["2", "3"]);
  });

  test("adding after a rewinding comes behind", () => {
    const fragments = filled(2);
    takeAll(fragments);
    fragments.rewind();
    add(fragments);
    expect(takeAll(fragments)).toEqual(["1", "2", "3"]);
  });
});

describe("the window", () => {
  test("its size is that of what has a place and isn't acknowledged", () => {
    const fragments = make({ maxUnackedFragments: 2 });
    add(fragments, () => "abc");
    fragments.add(deferred(), () => new ArrayBuffer(10));
    add(fragments, () => "waits");
    expect(fragments.size).toBe(13);
    fragments.acknowledge(2);
    expect(fragments.size).toBe(15);
    fragments.acknowledge(4);
    expect(fragments.size).toBe(0);
  });

  test("what waits has no number yet that can be expected", () => {
    const fragments = filled(3, { maxUnackedFragments: 1 });
    expect([fragments.next, fragments.areWaiting]).toEqual([2, true]);
    expect(fragments.acknowledge(3)).toBe(false);
    expect(takeAll(fragments)).toEqual(["1"]);
  });

  test("a fragment is encoded once, unless one before it is taken back", () => {
    const fragments = filled(1, { maxUnackedFragments: 1 });
    const encoded: number[] = [];
    const note = (id: number): string => String(encoded.push(id));
    const [first] = [add(fragments, note), add(fragments, note), add(fragments, note)];
    fragments.acknowledge(2);
    expect(encoded).toEqual([2, 3, 4]);
    // It has its place already.
    fragments.takeBack(first);
    fragments.acknowledge(3);
    expect(encoded).toEqual([2, 3, 4]);
  });

  test("of what is taken back nothing is left, and the numbers have no gap", () => {
    const fragments = filled(1, { maxUnackedFragments: 1 });
    fragments.takeBack(add(fragments));
    expect(fragments.areWaiting).toBe(false);
    const gone = add(fragments);
    add(fragments);
    fragments.takeBack(gone);
    fragments.acknowledge(2);
    expect([fragments.next, fragments.peek()]).toEqual([3, "2"]);
  });

  test("it is crowded by number and by bytes; in the window nothing counts", () => {
    expect(filled(3, { maxUnackedFragments: 1 }, 2).isCrowded).toBe(true);
    expect(filled(2, { maxUnackedFragments: 1 }, 2).isCrowded).toBe(false);
    expect(filled(6, { maxUnackedBytes: 1 }).isCrowded).toBe(true);
    expect(filled(4, { maxUnackedBytes: 1 }).isCrowded).toBe(false);
  });

  test("what waits fails when all is dropped", async () => {
    const fragments = filled(1, { maxUnackedFragments: 1 });
    const waiting = follow(add(fragments).promise);
    fragments.clear(new Error("over"));
    await Promise.resolve();
    expect(waiting.error).toMatchObject({ message: "over" });
    expect([fragments.take(), fragments.areWaiting]).toEqual([undefined, false]);
  });
});

test("any course of events keeps order, numbers and size", () => {
  const step = fc.oneof(
    fc.record({ add: fc.string({ maxLength: 5 }) }),
    fc.record({ take: fc.constant(true) }),
    fc.record({ ack: fc.integer({ min: -3, max: 6 }) }),
    fc.record({ rewind: fc.constant(true) }),
    fc.record({ takeBack: fc.nat({ max: 5 }) }),
  );
  const widths = fc.constantFrom(1, 4, Infinity);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), widths, (steps, maxUnackedFragments) => {
      const fragments = make({ maxUnackedFragments });
      // What has a number, and what waits for one.
      const all: string[] = [];
      const line: { readonly text: string; readonly call: Deferred<void> }[] = [];
      let oldest = 1;
      let cursor = 1;
      for (const each of steps) {
        if ("add" in each) {
          const call = add(fragments, (id) => `${id}:${each.add}`);
          line.push({ text: each.add, call });
        } else if ("take" in each) {
          expect(fragments.take()).toBe(cursor <= all.length ? all[cursor++ - 1] : undefined);
        } else if ("ack" in each) {
          const expected = oldest + each.ack;
          const possible = expected <= all.length + 1;
          expect(fragments.acknowledge(expected)).toBe(possible);
          if (possible) oldest = Math.max(oldest, expected);
          cursor = Math.max(cursor, oldest);
        } else if ("takeBack" in each) {
          for (const { call } of line.splice(each.takeBack, 1)) fragments.takeBack(call);
        } else {
          cursor = oldest;
          fragments.rewind();
        }
        while (line.length > 0 && all.length + 1 - oldest < maxUnackedFragments)
          all.push(`${all.length + 1}:${line.shift()?.text}`);
        expect(fragments.oldest).toBe(oldest);
        expect(fragments.next).toBe(all.length + 1);
        expect(fragments.areWaiting).toBe(line.length > 0);
        expect(fragments.size).toBe(all.slice(oldest - 1).join("").length);
      }
    }),
  );
});
