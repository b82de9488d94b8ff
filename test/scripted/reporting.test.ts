import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { capturedLog } from "../helpers/capturedLog.js";
import { fromGroup } from "../helpers/frames.js";
import { onConsole } from "../helpers/onConsole.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const lines = capturedLog();
const oops = new Error("oops in a listener");
const fail = (): never => {
  throw oops;
};

/** Everything that an application may give to be called, and what calls it. */
const listeners: [string, (stage: Stage, listener: () => void | Promise<void>) => unknown][] = [
  ["connected", (stage, listener) => stage.client.on("connected", listener)],
  ["connected, once", (stage, listener) => stage.client.once("connected", listener)],
  ["the messages of group room", (stage, listener) => stage.client.group("room").subscribe(listener)],
  ["the status of group room", (stage, listener) => stage.client.group("room").onStatusChange(listener)],
  ["a group stream", (stage, listener) => stage.client.onGroupStream(listener)],
];

async function tellAll(stage: Stage): Promise<void> {
  await stage.connect();
  stage.client.group("room").subscribe(() => undefined);
  await turn();
  stage.socket.receiveFrame(fromGroup("x", 1));
  stage.socket.receiveFrame({
    ...fromGroup("y", 2),
    stream: { streamId: "s", streamSequenceId: 1 },
  });
  await turn();
}

describe.each([
  ["throws", fail],
  ["rejects", () => Promise.reject(oops)],
])("a listener that %s", (_how, listener) => {
  test.each(listeners)(
    "of %s is reported with its error on the console, and not in the log",
    async (what, add) => {
      const errors = onConsole("error");
      const stage = new Stage();
      add(stage, listener);
      await tellAll(stage);
      const event = what.replace(", once", "");
      expect(errors[0]).toEqual([`web-pubsub-client: A listener of ${event} failed:`, oops]);
      expect(lines.filter((line) => line.includes("oops"))).toEqual([]);
    },
  );

  test.each(listeners)("of %s is reported by reportError where there is one", async (_what, add) => {
    const errors = onConsole("error");
    const reported: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => void reported.push(error));
    const stage = new Stage();
    add(stage, listener);
    await tellAll(stage);
    expect(reported[0]).toBe(oops);
    expect(errors).toEqual([]);
  });
});

test.each([
  ["reportError throws", () => vi.stubGlobal("reportError", fail)],
  ["console.error throws", () => vi.stubGlobal("console", { error: fail })],
  ["there is no console", () => vi.stubGlobal("console", undefined)],
])("%s: the other listeners are called and the client goes on", async (_how, prepare) => {
  const stage = new Stage();
  stage.client.on("connected", fail);
  const other = vi.fn();
  stage.client.on("connected", other);
  prepare();
  await stage.connect();
  vi.unstubAllGlobals();
  expect([stage.client.state, other.mock.calls.length]).toEqual(["Connected", 1]);
});

test("a message that the schema refuses and nobody listens for is reported once per group, then logged", async () => {
  const errors = onConsole("error");
  const stage = new Stage();
  const validate = () => ({ issues: [{ message: "no number" }] });
  const schema = { "~standard": { version: 1 as const, vendor: "test", validate } };
  const content = "for your eyes only";
  for (const name of ["room", "hall"]) stage.client.group(name, { schema }).subscribe(() => undefined);
  await stage.connect();
  for (let i = 1; i <= 3; i++) {
    stage.socket.receiveFrame(fromGroup(content, 2 * i - 1));
    stage.socket.receiveFrame(fromGroup(content, 2 * i, "hall"));
  }
  await turn();
  const words = (name: string): string =>
    `A message of group ${name} is invalid: no number. Listen with onInvalidMessage to get it; the next ones are only logged.`;
  expect(errors.map(([, error]) => (error as Error).message)).toEqual([words("room"), words("hall")]);
  expect(inspect([errors, lines], { depth: 9, showHidden: true })).not.toContain(content);
  expect(lines.filter((line) => line.includes("is invalid: no number"))).toHaveLength(4);

  const heard = vi.fn();
  stage.client.group("attic", { schema }).onInvalidMessage(heard);
  stage.socket.receiveFrame(fromGroup("x", 7, "attic"));
  await turn();
  expect([errors.length, heard.mock.calls.length]).toEqual([2, 1]);
});
