import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ack } from "../helpers/frames.js";
import { item, ready, snapshot, update } from "../helpers/presence.js";
import { follow } from "../helpers/settlement.js";
import { turn, type StageOptions } from "../helpers/stage.js";

/** `releaseDelayInMs`, its default. */
const RELEASE_DELAY = 1_000;
const ASK = "subscribeGroupState";
const END = "unsubscribeGroupState";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A connected client and a handle; `told` is what the handle's listeners saw, each time they were called. */
async function room(options?: StageOptions) {
  const stage = await ready(options);
  const group = stage.client.group("room");
  const told: unknown[] = [];
  const subscribe = () => group.subscribeStates(() => told.push(group.statesError?.name ?? "no error"));
  /** Lets go, and waits until that counts. */
  const release = async (end: () => void): Promise<void> => {
    end();
    await turn(RELEASE_DELAY);
  };
  /** Answers the frame at this place of the newest connection. */
  const answer = async (index: number, error?: string): Promise<void> => {
    stage.socket.receiveFrame(ack(stage.socket.frames()[index]?.["ackId"], error));
    await turn();
  };
  return { stage, client: stage.client, group, told, subscribe, release, answer };
}

describe("a handle that was refused", () => {
  async function refused() {
    const parts = await room();
    parts.stage.refuse = () => "Forbidden";
    const end = parts.subscribe();
    await turn();
    expect(parts.group.statesError).toMatchObject({ code: "Refused" });
    parts.stage.refuse = () => undefined;
    return { ...parts, end };
  }

  test("has no error any more once a call has succeeded, and its listeners are told", async () => {
    const { stage, client, group, told, subscribe, release, end } = await refused();
    await client.subscribeGroupStates("room");
    expect(group.statesError).toBeUndefined();
    expect(told.at(-1)).toBe("no error");
    stage.socket.receiveFrame(snapshot([item("B", 1, "x")]));
    expect(group.states).toHaveLength(1);
    await stage.drop();
    await stage.recover();
    expect(group.statesError).toBeUndefined();
    await release(end);
    subscribe();
    expect(group.statesError).toBeUndefined();
    expect(group.states).toHaveLength(1);
  });

  test("keeps its error where the call is refused too", async () => {
    const { stage, client, group, told } = await refused();
    stage.refuse = () => "Forbidden";
    await expect(client.subscribeGroupStates("room")).rejects.toThrow("Forbidden");
    await turn();
    expect(group.statesError).toMatchObject({ code: "Refused" });
    expect(told).not.toContain("no error");
  });

  test("asks again for whoever comes before it is given back", async () => {
    const { stage, group, subscribe, end } = await refused();
    end();
    subscribe();
    await turn();
    expect(stage.asked()).toEqual([ASK, ASK]);
    expect(group.statesError).toBeUndefined();
    stage.socket.receiveFrame(snapshot([item("B", 1, "x")]));
    expect(group.states).toHaveLength(1);
  });
});

test("who comes before a handle is given back asks nothing where the states are told, or asked for", async () => {
  const { stage, subscribe, answer } = await room();
  stage.silent = true;
  subscribe()();
  subscribe()();
  await answer(0);
  subscribe();
  await turn();
  expect(stage.asked()).toEqual([ASK]);
});

test("a handle asks again where the call's subscription was refused on a new connection", async () => {
  const { stage, client, group, subscribe } = await room();
  await client.subscribeGroupStates("room");
  stage.refuse = () => "Forbidden";
  await stage.replace();
  expect(stage.changes).toEqual(["failed room: SendMessageError"]);
  stage.refuse = () => undefined;
  subscribe();
  await turn();
  expect(stage.asked()).toEqual([ASK, ASK]);
  expect(group.statesError).toBeUndefined();
});

test("a refusal that comes after a call's success says nothing", async () => {
  const { stage, client, group, subscribe } = await room({ messageRetryOptions: { maxRetries: 1 } });
  let first: unknown;
  stage.refuse = ({ ackId }) => (ackId === (first ??= ackId) ? "InternalServerError" : undefined);
  subscribe();
  await turn();
  await client.subscribeGroupStates("room");
  await turn(5_000);
  // The call has ended the retries of the client's own.
  expect(stage.asked()).toEqual([ASK, ASK]);
  expect(stage.changes).toEqual([]);
  expect(group.statesError).toBeUndefined();
});

test("a call that is refused on a new connection is followed by what the handle needs", async () => {
  const { stage, client, group, subscribe } = await room();
  subscribe();
  await client.subscribeGroupStates("room");
  await stage.drop(1008);
  const again = follow(client.subscribeGroupStates("room"));
  stage.refuse = () => "Forbidden";
  await stage.accept("B");
  expect(again.error).toMatchObject({ code: "Refused" });
  expect(stage.asked()).toEqual([ASK]);
  expect(group.statesError).toMatchObject({ code: "Refused" });
});

describe("a call that was taken back while a handle wanted the states", () => {
  test("ends with the handle", async () => {
    const { stage, client, subscribe, release } = await room();
    const end = subscribe();
    await client.subscribeGroupStates("room");
    await client.unsubscribeGroupStates("room");
    expect(stage.asked()).toEqual([ASK, ASK]);
    expect(client.listGroupStates("room")).toEqual([]);
    await release(end);
    expect(stage.asked()).toEqual([ASK, ASK, END]);
    expect(() => client.listGroupStates("room")).toThrow("not subscribed");
    await stage.replace();
    expect(stage.asked()).toEqual([]);
  });

  test.each([
    ["after its answer", true],
    ["before its answer", false],
  ])("and whose answer was due then ends with the handle that goes %s", async (_name, isAnswered) => {
    const { stage, client, subscribe, release, answer } = await room();
    const end = subscribe();
    await turn();
    stage.silent = true;
    const subscribed = follow(client.subscribeGroupStates("room"));
    await client.unsubscribeGroupStates("room");
    if (isAnswered) await answer(1);
    await release(end);
    if (!isAnswered) await answer(1);
    expect(subscribed.status).toBe("resolved");
    expect(stage.asked()).toEqual([ASK, ASK, END]);
    expect(() => client.listGroupStates("room")).toThrow("not subscribed");
  });
});

describe("a handle that goes while a call is under way", () => {
  async function under() {
    const parts = await room();
    const end = parts.subscribe();
    await turn();
    parts.stage.silent = true;
    const call = follow(parts.client.subscribeGroupStates("room"));
    await parts.release(end);
    expect(parts.stage.asked()).toEqual([ASK, ASK]);
    return { ...parts, call };
  }

  test("leaves the subscription to it", async () => {
    const { stage, client, call, answer } = await under();
    await answer(1);
    expect(call.status).toBe("resolved");
    stage.socket.receiveFrame(update([item("B", 1, "x")]));
    expect(client.listGroupStates("room")).toHaveLength(1);
    expect(stage.asked()).toEqual([ASK, ASK]);
    stage.silent = false;
    await stage.replace();
    expect(stage.asked()).toEqual([ASK]);
  });

  test("leaves nothing where the call is refused", async () => {
    const { stage, client, call, answer } = await under();
    await answer(1, "Forbidden");
    expect(call.error).toMatchObject({ code: "Refused" });
    expect(stage.asked()).toEqual([ASK, ASK, END]);
    expect(() => client.listGroupStates("room")).toThrow("not subscribed");
  });
});

test("a handle's subscription that is retried after the handle has gone is ended", async () => {
  const { stage, subscribe, release } = await room();
  let refusals = 1;
  stage.refuse = ({ type }) => (type === ASK && refusals-- > 0 ? "InternalServerError" : undefined);
  await release(subscribe());
  await turn(10_000);
  expect(stage.asked()).toEqual([ASK, ASK, END]);
});
