import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplayBuffer } from "../../../src/features/streams/replayBuffer.js";

function filled(count: number): ReplayBuffer {
  const buffer = new ReplayBuffer();
  for (let id = 1; id <= count; id++) buffer.push(String(id));
  return buffer;
}

const takeAll = (buffer: ReplayBuffer): unknown[] => {
  const taken = [];
  for (let frame = buffer.take(); frame !== undefined; frame = buffer.take()) taken.push(frame);
  return taken;
};

describe("fragments in order (2.10)", () => {
  test("are numbered from 1 and taken once", () => {
    const buffer = filled(3);
    expect([buffer.oldest, buffer.next, buffer.count]).toEqual([1, 4, 3]);
    expect(takeAll(buffer)).toEqual(["1", "2", "3"]);
    expect(buffer.take()).toBeUndefined();
    expect(buffer.isSent).toBe(true);
  });

  test("an ack drops what is below it", () => {
    const buffer = filled(3);
    takeAll(buffer);
    expect(buffer.acknowledge(3)).toBe(true);
    expect([buffer.oldest, buffer.next, buffer.count, buffer.peek()]).toEqual([3, 4, 1, "3"]);
  });

  test("an ack of what is not taken yet is skipped by the taking", () => {
    const buffer = filled(3);
    expect(buffer.acknowledge(3)).toBe(true);
    expect(takeAll(buffer)).toEqual(["3"]);
  });

  test("the ack of the oldest changes nothing", () => {
    const buffer = filled(2);
    expect(buffer.acknowledge(1)).toBe(true);
    expect(takeAll(buffer)).toEqual(["1", "2"]);
  });

  test("an ack above the next id is refused and changes nothing", () => {
    const buffer = filled(2);
    buffer.acknowledge(2);
    expect(buffer.acknowledge(4)).toBe(false);
    expect([buffer.oldest, buffer.next]).toEqual([2, 3]);
    expect(takeAll(buffer)).toEqual(["2"]);
  });

  test("an ack below the oldest is late and changes nothing", () => {
    const buffer = filled(3);
    buffer.acknowledge(3);
    expect(buffer.acknowledge(1)).toBe(true);
    expect([buffer.oldest, buffer.next]).toEqual([3, 4]);
  });

  test("a rewinding starts from the oldest again", () => {
    const buffer = filled(3);
    takeAll(buffer);
    buffer.acknowledge(2);
    buffer.rewind();
    expect(buffer.isSent).toBe(false);
    expect(takeAll(buffer)).toEqual(["2", "3"]);
  });

  test("pushing after a rewinding comes behind", () => {
    const buffer = filled(2);
    takeAll(buffer);
    buffer.rewind();
    buffer.push("3");
    expect(takeAll(buffer)).toEqual(["1", "2", "3"]);
  });
});

test("the size is that of what isn't acknowledged", () => {
  const buffer = new ReplayBuffer();
  buffer.push("abc");
  buffer.push(new ArrayBuffer(10));
  expect(buffer.size).toBe(13);
  buffer.acknowledge(2);
  expect(buffer.size).toBe(10);
  buffer.acknowledge(3);
  expect(buffer.size).toBe(0);
});

test("any course of events keeps order, numbers and size", () => {
  const step = fc.oneof(
    fc.record({ push: fc.string({ maxLength: 5 }) }),
    fc.record({ take: fc.constant(true) }),
    fc.record({ ack: fc.integer({ min: -3, max: 6 }) }),
    fc.record({ rewind: fc.constant(true) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const buffer = new ReplayBuffer();
      const all: string[] = [];
      let oldest = 1;
      let cursor = 1;
      for (const each of steps) {
        if ("push" in each) {
          all.push(each.push);
          buffer.push(each.push);
        } else if ("take" in each) {
          expect(buffer.take()).toBe(cursor <= all.length ? all[cursor++ - 1] : undefined);
        } else if ("ack" in each) {
          const expected = oldest + each.ack;
          const possible = expected <= all.length + 1;
          expect(buffer.acknowledge(expected)).toBe(possible);
          if (possible) oldest = Math.max(oldest, expected);
          cursor = Math.max(cursor, oldest);
        } else {
          cursor = oldest;
          buffer.rewind();
        }
        expect(buffer.oldest).toBe(oldest);
        expect(buffer.next).toBe(all.length + 1);
        expect(buffer.size).toBe(all.slice(oldest - 1).join("").length);
        expect(buffer.isSent).toBe(cursor === all.length + 1);
      }
    }),
  );
});
