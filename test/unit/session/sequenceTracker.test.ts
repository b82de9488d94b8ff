import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SequenceTracker } from "../../../src/core/session/sequenceTracker.js";

describe("duplicates", () => {
  test("an id that was seen, or a smaller one, isn't new", () => {
    const tracker = new SequenceTracker();
    expect([1, 2, 2, 1, 3].map((id) => tracker.accept(id, 10))).toEqual([true, true, false, false, true]);
    expect(tracker.last).toBe(3);
  });

  test("are acknowledged nevertheless: the service is asked to stop sending them", () => {
    const tracker = new SequenceTracker();
    tracker.accept(5, 10);
    tracker.take();
    tracker.accept(5, 10);
    expect(tracker.take()).toBe(5);
    for (let i = 0; i < 64; i++) tracker.accept(5, 10);
    expect(tracker.isUrgent).toBe(true);
  });
});

test("0 is an id like any other, also the first", () => {
  const tracker = new SequenceTracker();
  expect(tracker.last).toBeUndefined();
  expect(tracker.accept(0, 10)).toBe(true);
  expect(tracker.take()).toBe(0);
  expect(tracker.accept(0, 10)).toBe(false);
  expect(tracker.accept(1, 10)).toBe(true);
});

test("gaps are no loss", () => {
  const tracker = new SequenceTracker();
  expect([1, 5, 6, 50].map((id) => tracker.accept(id, 10))).toEqual([true, true, true, true]);
  expect(tracker.take()).toBe(50);
});

test("nothing that ever came is nothing to acknowledge", () => {
  const tracker = new SequenceTracker();
  expect(tracker.take()).toBeUndefined();
  expect(tracker.isUrgent).toBe(false);
});

test("a new connection counts from the start", () => {
  const tracker = new SequenceTracker();
  for (let id = 1; id <= 63; id++) tracker.accept(id, 10_000);
  tracker.reset();
  expect([tracker.last, tracker.isUrgent, tracker.take()]).toEqual([undefined, false, undefined]);
  expect(tracker.accept(1, 10)).toBe(true);
  expect(tracker.isUrgent).toBe(false);
});

describe("an ack can't wait", () => {
  test("W6: for a burst of consecutive messages", () => {
    const tracker = new SequenceTracker();
    const urgent: number[] = [];
    for (let id = 1; id <= 256; id++) {
      tracker.accept(id, 10);
      if (tracker.isUrgent) urgent.push(tracker.take() ?? -1);
    }
    expect(urgent).toEqual([64, 128, 192, 256]);
  });

  test("for few large messages", () => {
    const tracker = new SequenceTracker();
    tracker.accept(1, 600_000);
    expect(tracker.isUrgent).toBe(false);
    tracker.accept(2, 600_000);
    expect(tracker.isUrgent).toBe(true);
    tracker.take();
    expect(tracker.isUrgent).toBe(false);
  });

  test("for a gap, after which the service counts on", () => {
    const tracker = new SequenceTracker();
    tracker.accept(1, 10);
    tracker.take();
    tracker.accept(64, 10);
    expect(tracker.isUrgent).toBe(false);
    tracker.accept(65, 10);
    expect(tracker.isUrgent).toBe(true);
  });
});

test("whatever the burst, what is unacknowledged stays below 250 messages and 4 MB", () => {
  const message = fc.record({
    // A gap of 0 is a duplicate.
    gap: fc.constantFrom(0, 1, 1, 1, 1, 2, 40, 900),
    characters: fc.constantFrom(1, 100, 20_000, 340_000, 1_048_576),
    bytesPerCharacter: fc.constantFrom(1, 3),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 400, size: "max" }), (burst) => {
      const tracker = new SequenceTracker();
      let id = 0;
      let last: number | undefined;
      let acknowledged = 0;
      let held: { id: number; bytes: number }[] = [];
      for (const { gap, characters, bytesPerCharacter } of burst) {
        id += gap;
        // A frame has at most 1 MB, however its characters are counted.
        const length = Math.min(characters, Math.floor(1_048_576 / bytesPerCharacter));
        const isNew = tracker.accept(id, length);
        expect(isNew).toBe(last === undefined || id > last);
        last = id;
        if (isNew) held.push({ id, bytes: length * bytesPerCharacter });
        if (tracker.isUrgent) {
          acknowledged = tracker.take() ?? 0;
          held = held.filter((each) => each.id > acknowledged);
        }
        expect(held.length).toBeLessThan(250);
        expect(held.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(4_000_000);
        expect(id - acknowledged).toBeLessThan(250);
      }
    }),
    { numRuns: 200 },
  );
});
