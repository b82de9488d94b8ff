import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connected, fromGroup } from "../helpers/frames.js";
import { Stage, turn } from "../helpers/stage.js";

// Fake timers never fire by themselves, so whatever is heard without `turn` needed none.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Starts, adds listeners as soon as `start` has resolved, and calls `next`. */
function startThenListen(stage: Stage, next: () => unknown = () => undefined) {
  const heard: string[] = [];
  const { client } = stage;
  const start = async (): Promise<void> => client.start();
  const startInside = async (): Promise<void> => {
    await start();
  };
  const done = (async () => {
    await startInside();
    client.on("connected", ({ connectionId }) => heard.push(`connected ${connectionId}`));
    client.on("group-message", ({ message }) => heard.push(message.data as string));
    client.on("recovering", () => heard.push("recovering"));
    client.on("disconnected", () => heard.push("disconnected"));
    client.on("stopped", () => heard.push("stopped"));
    await next();
  })();
  return { heard, done };
}

async function microtasks(): Promise<void> {
  for (let i = 0; i < 40; i++) await Promise.resolve();
}

test("a listener that is added after `await client.start()`, in nested functions, hears `connected`", async () => {
  const stage = new Stage();
  const { heard, done } = startThenListen(stage);
  await turn();
  stage.socket.receiveOpen();
  stage.socket.receiveFrame(connected("A"));
  expect(heard).toEqual([]);
  await microtasks();
  expect(heard).toEqual(["connected A"]);
  await done;
});

test("it comes before the events of a `stop()` in the same turn", async () => {
  const stage = new Stage();
  const { heard, done } = startThenListen(stage, () => stage.client.stop());
  await turn();
  await stage.accept("A");
  stage.socket.receiveClose(1000);
  await turn();
  await done;
  expect(heard).toEqual(["connected A", "disconnected", "stopped"]);
});

test("it comes before a message and a loss of the same turn", async () => {
  for (const next of ["message", "loss"] as const) {
    const stage = new Stage();
    const { heard, done } = startThenListen(stage, () => {
      if (next === "message") stage.socket.receiveFrame(fromGroup("hi", 1));
      else stage.socket.receiveClose(1006);
      expect(heard[0]).toBe("connected A");
    });
    await turn();
    await stage.accept("A");
    await done;
    expect(heard).toEqual(["connected A", next === "message" ? "hi" : "recovering"]);
  }
});

test("a start that keeps trying defers it too, and a later connection doesn't", async () => {
  const stage = new Stage();
  const heard: string[] = [];
  const started = stage.client.start({ keepTrying: true }).then(() => {
    stage.client.on("connected", ({ connectionId }) => heard.push(connectionId));
  });
  await turn();
  await stage.drop();
  await turn(30_000);
  await stage.accept("A");
  await started;
  expect(heard).toEqual(["A"]);
  await stage.drop(1008);
  await turn();
  stage.socket.receiveOpen();
  stage.socket.receiveFrame(connected("B"));
  expect(heard).toEqual(["A", "B"]);
});
