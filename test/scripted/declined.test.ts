import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ack, pong } from "../helpers/frames.js";
import type { ScriptedSocket } from "../helpers/scriptedSocket.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const DECLINED = 1007;

/** What was sent to groups over a socket. */
const sent = (socket: ScriptedSocket): unknown[] => socket.frames("sendToGroup").map(({ data }) => data);

/** Answers everything that was sent to groups over a socket. */
async function answer(socket: ScriptedSocket): Promise<void> {
  for (const { ackId } of socket.frames("sendToGroup")) socket.receiveFrame(ack(ackId));
  await turn();
}

async function declineAndRecover(stage: Stage): Promise<ScriptedSocket> {
  await stage.drop(DECLINED);
  await turn(1_000);
  return stage.recover();
}

describe("what the service declines by close code 1007", () => {
  test("is refused at the second time and never sent again; what was on its way with it arrives", async () => {
    const stage = new Stage();
    await stage.connect();
    const calls = ["a", "bad", "c"].map((data) => follow(stage.client.sendToGroup("room", data)));
    const first = await declineAndRecover(stage);
    // One at a time, so that the next 1007 shows which one it is.
    expect(sent(first)).toEqual(["a"]);
    const late = follow(stage.client.sendToGroup("room", "late"));
    await answer(first);
    expect(sent(first)).toEqual(["a", "bad"]);
    const second = await declineAndRecover(stage);
    expect(calls[1]?.error).toMatchObject({ name: "SendMessageError", code: "Refused" });
    expect(calls[1]?.error?.message).toMatch(/1007/);
    expect(sent(second)).toEqual(["c"]);
    await answer(second);
    expect(sent(second)).toEqual(["c", "late"]);
    await answer(second);
    for (const call of [calls[0], calls[2], late]) expect(call?.status).toBe("resolved");
    const third = await declineAndRecover(stage);
    expect(sent(third)).toEqual([]);
  });

  test("isn't what the service has been shown to have read", async () => {
    const stage = new Stage({ keepAliveIntervalInMs: 1_000 });
    await stage.connect();
    const slow = follow(stage.client.sendToGroup("room", "slow"));
    for (let round = 0; round < 3; round++) {
      await turn(1_000);
      stage.socket.receiveFrame(pong);
      const bad = follow(stage.client.sendToGroup("room", "bad"));
      await declineAndRecover(stage);
      expect(sent(stage.socket)).toEqual(["slow", "bad"]);
      await turn(1_000);
      stage.socket.receiveFrame(pong);
      await declineAndRecover(stage);
      expect([slow.status, bad.status]).toEqual(["pending", "pending"]);
      stage.socket.receiveFrame(ack(stage.socket.frames("sendToGroup")[1]?.["ackId"]));
      await turn();
    }
    await answer(stage.socket);
    expect(slow.status).toBe("resolved");
  });

  test("ends on new connections too", async () => {
    const stage = new Stage();
    await stage.connect("A");
    const bad = follow(stage.client.sendToGroup("room", "bad"));
    await stage.drop(DECLINED);
    await stage.drop(1008);
    await stage.accept("B");
    expect(sent(stage.socket)).toEqual(["bad"]);
    await stage.drop(DECLINED);
    expect(bad.error).toMatchObject({ code: "Refused" });
  });

  test("a suspect that is aborted lets the others go", async () => {
    const stage = new Stage();
    await stage.connect();
    const abort = new AbortController();
    const bad = follow(stage.client.sendToGroup("room", "bad", { abortSignal: abort.signal }));
    follow(stage.client.sendToGroup("room", "good"));
    const socket = await declineAndRecover(stage);
    expect(sent(socket)).toEqual(["bad"]);
    abort.abort();
    await turn();
    expect(bad.error).toMatchObject({ code: "Aborted" });
    expect(sent(socket)).toEqual(["bad", "good"]);
  });
});

describe("names that the service's schema forbids", () => {
  const names = ["", "  ", "\n\t", "x".repeat(1_025)];
  test.each(names)("group %j is refused at the call, by everything that takes one", async (name) => {
    const { client } = new Stage();
    const error = { code: "InvalidMessage", message: expect.stringMatching(/^group must /) as string };
    await expect(client.joinGroup(name)).rejects.toMatchObject(error);
    await expect(client.leaveGroup(name)).rejects.toMatchObject(error);
    await expect(client.sendToGroup(name, "x")).rejects.toMatchObject(error);
    await expect(client.setGroupState(name, { a: "b" })).rejects.toMatchObject(error);
    await expect(client.subscribeGroupStates(name)).rejects.toMatchObject(error);
    await expect(client.openGroupStream(name)).rejects.toMatchObject({ name: "InvalidMessage" });
    expect(() => client.group(name)).toThrow(/^group must /);
  });

  test("an empty event name is refused", async () => {
    const { client } = new Stage();
    await expect(client.sendEvent("", "x")).rejects.toMatchObject({ code: "InvalidMessage" });
    await expect(client.invokeEvent("", "x")).rejects.toMatchObject({ code: "InvalidMessage" });
  });
});
