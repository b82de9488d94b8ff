import { expect, test } from "vitest";
import type { Encoded } from "../../src/service/codec.js";
import { ReliableBuffer } from "../../src/service/reliableBuffer.js";

const message = (size = 10): Encoded => ({
  size,
  frame: () => ({ binary: false, bytes: new Uint8Array(size) }),
});
const ids = (buffer: ReliableBuffer) => buffer.unacknowledged().map(({ sequenceId }) => sequenceId);

test("numbers from 1 and lets go of everything up to an acknowledged id", () => {
  const buffer = new ReliableBuffer();
  for (let i = 0; i < 5; i++) buffer.push(message(), Infinity, 0);
  expect(ids(buffer)).toEqual([1, 2, 3, 4, 5]);
  buffer.acknowledge(3);
  expect(ids(buffer)).toEqual([4, 5]);
  expect(buffer.bytes).toBe(20);
  buffer.acknowledge(2);
  expect(ids(buffer)).toEqual([4, 5]);
});

test("an id from the future acknowledges what was sent and nothing later", () => {
  const buffer = new ReliableBuffer();
  buffer.push(message(), Infinity, 0);
  buffer.acknowledge(2n ** 64n - 1n);
  expect(buffer.push(message(), Infinity, 0)?.sequenceId).toBe(2);
  expect(ids(buffer)).toEqual([2]);
});

test("holds 1,000 messages and not one more", () => {
  const buffer = new ReliableBuffer();
  for (let i = 0; i < 1_000; i++) expect(buffer.push(message(), Infinity, 0)).toBeDefined();
  expect(buffer.push(message(), Infinity, 0)).toBeUndefined();
  buffer.acknowledge(1);
  expect(buffer.push(message(), Infinity, 0)?.sequenceId).toBe(1_001);
});

test("holds 16 MB and not a byte more", () => {
  const buffer = new ReliableBuffer();
  for (let i = 0; i < 16; i++) expect(buffer.push(message(1024 * 1024), Infinity, 0)).toBeDefined();
  expect(buffer.push(message(1), Infinity, 0)).toBeUndefined();
});

test("expired messages make room and leave gaps", () => {
  const buffer = new ReliableBuffer(3);
  buffer.push(message(), 100, 0);
  buffer.push(message(), Infinity, 0);
  buffer.push(message(), 200, 0);
  expect(buffer.push(message(), Infinity, 99)).toBeUndefined();
  expect(buffer.push(message(), Infinity, 100)?.sequenceId).toBe(4);
  expect(ids(buffer)).toEqual([2, 3, 4]);
  buffer.dropExpired(200);
  expect(ids(buffer)).toEqual([2, 4]);
  expect(buffer.bytes).toBe(20);
});

test("a long stream that is acknowledged now and then keeps its books", () => {
  const buffer = new ReliableBuffer();
  for (let i = 1; i <= 20_000; i++) {
    buffer.push(message(1), Infinity, 0);
    if (i % 700 === 0) buffer.acknowledge(i - 10);
  }
  expect(buffer.count).toBe(20_000 - (19_600 - 10));
  expect(buffer.bytes).toBe(buffer.count);
  expect(ids(buffer)[0]).toBe(19_591);
  expect(buffer.lastSequenceId).toBe(20_000);
});
