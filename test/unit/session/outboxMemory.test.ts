import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { toSettings } from "../../../src/core/options.js";
import { Outbox } from "../../../src/core/session/outbox.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const IN_FLIGHT = 100;
const FRAME = 100;

/** Sends so many operations, the oldest being answered when a hundred are on their way. */
function traffic(outbox: Outbox, count: number): void {
  for (let i = 0; i < count; i++) {
    const ackId = outbox.reserveAckId(undefined);
    outbox.add({
      message: { kind: "joinGroup", group: "g", ackId },
      isNumbered: true,
      // A frame of its own each time, which the engine can't share.
      frame: `${ackId}`.padEnd(FRAME, "."),
      internal: false,
      signal: undefined,
      settle: (error) => {
        if (error !== undefined) throw error;
      },
    });
    const operation = outbox.takeNext(0);
    if (operation !== undefined) outbox.written(operation);
    if (outbox.size > IN_FLIGHT) outbox.answered({ kind: "ack", ackId: ackId - IN_FLIGHT, success: true }, 0);
  }
}

const oldGeneration = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")?.space_used_size ?? 0;

test("operations die young, also after a full collection that found some on their way", () => {
  const outbox = new Outbox({
    ...toSettings(),
    random: () => 0.5,
    onDue: () => undefined,
    onIdle: () => undefined,
    onAborted: () => undefined,
  });
  traffic(outbox, 20_000);
  collectGarbage();
  const before = oldGeneration();
  traffic(outbox, 100_000);
  // Each of them weighs several hundred bytes: all together some 50 MB.
  expect(oldGeneration() - before).toBeLessThan(4_000_000);
});
