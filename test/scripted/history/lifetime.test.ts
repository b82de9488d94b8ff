import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { HistoryOptions } from "web-pubsub-client";
import { ack } from "../../helpers/frames.js";
import { HistoryStore } from "../../helpers/historyStore.js";
import { Stage, turn } from "../../helpers/stage.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

/** Jobs of their own, since a `WeakRef` that was read keeps its target until the job ends. */
async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
}

// Functions of their own, so that no variable of the test keeps the handle.
function listen({ client }: Stage, gaps: unknown[]): void {
  client.group<string>("room").onGap(({ error }) => gaps.push(error?.message));
}

function subscribe({ client }: Stage, history: HistoryOptions<string>): void {
  client.group<string>("room", { history }).subscribe(() => {});
}

test("a handle that only its listeners need stays the one of its name", async () => {
  const stage = new Stage();
  const store = new HistoryStore().add("a");
  const gaps: unknown[] = [];
  store.fails("down");
  await stage.connect();
  listen(stage, gaps);
  await collect();
  subscribe(stage, store.options);
  await collect();
  stage.socket.receiveFrame(ack(stage.socket.frames("joinGroup").at(-1)?.["ackId"]));
  await turn();
  expect(gaps).toEqual(["down"]);
  await turn(60_000);
  const { complete, recent } = stage.client.group<string>("room");
  expect(complete).toBe(true);
  expect(recent.map(({ data }) => data)).toEqual(["a"]);
});
