import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { defineFeature, type FeatureHooks, type FeaturePort } from "../../src/core/index.js";
import { onConsole } from "../helpers/onConsole.js";
import { ack, fromGroup } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

let count = 0;
/** A feature that gives its port. */
function makePort(stage: Stage, hooks?: FeatureHooks): FeaturePort {
  const feature = defineFeature(`feature ${++count}`, (port) => {
    if (hooks !== undefined) port.listen(hooks);
    return { port };
  });
  return feature(stage.client).port;
}

const join = (): { kind: "joinGroup"; group: string } => ({ kind: "joinGroup", group: "room" });
const fail = (): never => {
  throw new Error("mine");
};
const mine = ["web-pubsub-client: A feature failed:", expect.objectContaining({ message: "mine" })];

test("what onSettled throws is reported; the operation ends all the same", async () => {
  const errors = onConsole("error");
  const stage = new Stage();
  const port = makePort(stage);
  await stage.connect();
  const submitted = follow(port.submit(join, {}, { onSettled: fail }));
  port.submitInternal(join, { onSettled: fail });
  port.flush();
  stage.socket.receiveFrame(ack(1));
  stage.socket.receiveFrame(ack(2));
  await turn();
  expect(submitted.status).toBe("resolved");
  expect(errors).toEqual([mine, mine]);
  port.submitInternal(join, { onSettled: fail });
  port.flush();
  await stage.drop(1008);
  await stage.accept("B");
  expect([stage.client.state, errors.length]).toEqual(["Connected", 3]);
});

test("a course of null is left out", async () => {
  const stage = new Stage();
  const port = makePort(stage);
  await stage.connect();
  const submitted = follow(port.submit(join, undefined, null as never));
  stage.socket.receiveFrame(ack(1));
  await turn();
  expect(submitted.status).toBe("resolved");
});

test("a hook's or a receiver's promise that rejects is reported", async () => {
  const errors = onConsole("error");
  const stage = new Stage();
  const reject = (): Promise<never> => Promise.reject(new Error("mine"));
  makePort(stage, { onOpened: reject, receive: { groupData: reject } });
  await stage.connect();
  stage.socket.receiveFrame(fromGroup("x", 1));
  await turn();
  expect(errors).toEqual([mine, mine]);
});

test.each([
  ["throws", fail],
  ["is no number", () => 1n],
])("a pending that %s doesn't keep a draining stop", async (_what, get) => {
  onConsole("error");
  const stage = new Stage();
  const hooks = Object.defineProperty({}, "pending", { get });
  makePort(stage, hooks);
  await stage.connect();
  const stopped = follow(stage.client.stop({ drainInMs: 1_000 }));
  await turn(1_100);
  expect([stopped.status, stage.client.state]).toEqual(["resolved", "Stopped"]);
});

test("a feature that can't be made leaves no hooks behind", async () => {
  const stage = new Stage();
  const onOpened = vi.fn();
  let tries = 0;
  const feature = defineFeature(`feature ${++count}`, (port) => {
    port.listen({ onOpened });
    if (++tries < 3) fail();
    return {};
  });
  expect(() => feature(stage.client)).toThrow("mine");
  expect(() => feature(stage.client)).toThrow("mine");
  feature(stage.client);
  await stage.connect();
  expect(onOpened).toHaveBeenCalledTimes(1);
});

test("hooks that are none are refused and not kept", async () => {
  const errors = onConsole("error");
  const stage = new Stage();
  const port = makePort(stage);
  expect(() => port.listen(undefined as never)).toThrow(TypeError);
  await stage.connect();
  expect([stage.client.state, errors]).toEqual(["Connected", []]);
});

test("a logger that throws stops nothing", async () => {
  let isBroken = false;
  const log = (): void => {
    if (isBroken) fail();
  };
  const stage = new Stage({ logger: { info: log, warning: log, error: log } });
  await stage.connect();
  isBroken = true;
  await stage.drop();
  await stage.recover();
  expect(stage.client.state).toBe("Connected");
});
