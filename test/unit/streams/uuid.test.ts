import { expect, test } from "vitest";
import { uuid } from "../../../src/core/util/uuid.js";

test("a UUID of version 4, whatever the randomness gives", () => {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  for (const random of [() => 0, () => 0.999_999, () => 0.5, Math.random]) expect(uuid(random)).toMatch(form);
  expect(new Set(Array.from({ length: 1_000 }, () => uuid(Math.random))).size).toBe(1_000);
});
