import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { resume } from "../helpers/handover.js";
import { item, Presence, ready, snapshot, update } from "../helpers/presence.js";
import { follow } from "../helpers/settlement.js";
import { turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A client with an own state in a group that it has joined. */
async function typing(options?: ConstructorParameters<typeof Presence>[0]): Promise<Presence> {
  const stage = await ready(options);
  await stage.client.joinGroup("room");
  await stage.client.setGroupState("room", { status: "typing" });
  return stage;
}

describe("own states", () => {
  test("they survive, and nobody sees a change", async () => {
    const { client } = await typing();
    const stage = new Presence();
    await resume(stage, client.suspend());
    await stage.recover();
    expect(stage.client.getGroupState("room")).toEqual({ status: "typing" });
    await turn(60_000);
    expect(stage.asked()).not.toContainEqual({ setGroupState: { status: "typing" } });
    expect(stage.socket.frames("leaveGroup")).toEqual([]);
  });

  test("after a snapshot they are set again, behind the join", async () => {
    const { client } = await typing();
    const stage = new Presence();
    await resume(stage, client.snapshot());
    await stage.recover();
    await turn();
    expect(stage.asked().filter((each) => each !== "ping")).toEqual([
      "joinGroup",
      { setGroupState: { status: "typing" } },
    ]);
    expect(stage.client.getGroupState("room")).toEqual({ status: "typing" });
  });

  test("of a group that isn't joined", async () => {
    const first = await ready();
    await first.client.setGroupState("room", { status: "typing" });
    const snapshotted = first.client.snapshot();
    const exact = new Presence();
    await resume(exact, first.client.suspend());
    await exact.recover();
    await turn(60_000);
    expect(exact.socket.frames("setGroupState")).toEqual([]);
    expect(exact.client.getGroupState("room")).toEqual({ status: "typing" });

    const later = new Presence();
    await resume(later, snapshotted);
    await later.recover();
    await turn();
    expect(later.socket.frames("setGroupState")).toMatchObject([{ state: { status: "typing" } }]);
  });

  test("of two that are set before the start the newer one is sent for both", async () => {
    const first = await typing();
    const stage = new Presence();
    const results = ["away", "here"].map((status) => follow(stage.client.setGroupState("room", { status })));
    await resume(stage, first.client.suspend());
    await stage.recover();
    await turn();
    expect(stage.socket.frames("setGroupState")).toMatchObject([{ state: { status: "here" } }]);
    expect(results.map(({ status }) => status)).toEqual(["resolved", "resolved"]);
  });

  test("of two that are set before the start the older one goes out if the newer one is aborted", async () => {
    const first = await typing();
    const stage = new Presence();
    const abort = new AbortController();
    const away = follow(stage.client.setGroupState("room", { status: "away" }));
    follow(stage.client.setGroupState("room", { status: "here" }, { abortSignal: abort.signal }));
    await resume(stage, first.client.suspend());
    abort.abort();
    await stage.recover();
    await turn();
    expect(stage.socket.frames("setGroupState")).toMatchObject([{ state: { status: "away" } }]);
    expect(away.status).toBe("resolved");
  });

  test("one that wasn't acknowledged goes on as an operation", async () => {
    const first = await typing();
    first.silent = true;
    follow(first.client.setGroupState("room", { status: "away" }));
    const stage = new Presence();
    const restored = await resume(stage, first.client.suspend());
    expect(restored).toMatchObject([{ operation: { kind: "setGroupState", ackId: 3 } }]);
    await stage.recover();
    await turn();
    expect(stage.socket.frames("setGroupState")).toMatchObject([{ state: { status: "away" }, ackId: 3 }]);
    expect(restored[0]?.result.value).toMatchObject({ ackId: 3 });
    expect(stage.client.getGroupState("room")).toEqual({ status: "away" });
  });

  test("one that the client was setting again is set again", async () => {
    const first = await typing();
    first.silent = true;
    const socket = await first.replace("B");
    socket.receiveFrame({ type: "ack", ackId: socket.frames("joinGroup")[0]?.["ackId"], success: true });
    await turn();
    expect(socket.frames("setGroupState")).toHaveLength(1);
    const stage = new Presence();
    await resume(stage, first.client.suspend());
    await stage.recover();
    await turn();
    expect(stage.socket.frames("setGroupState")).toMatchObject([{ state: { status: "typing" } }]);
  });

  test("on a new connection they are set again", async () => {
    const { client } = await typing();
    const stage = new Presence();
    await resume(stage, client.suspend());
    await stage.replace("B");
    await turn();
    expect(stage.asked()).toEqual(["joinGroup", { setGroupState: { status: "typing" } }]);
  });

  test("on a new connection without `restoreGroupStates` they are gone", async () => {
    const { client } = await typing();
    const stage = new Presence({ restoreGroupStates: false });
    await resume(stage, client.suspend());
    expect(stage.client.getGroupState("room")).toEqual({ status: "typing" });
    await stage.replace("B");
    await turn();
    expect(stage.client.getGroupState("room")).toBeUndefined();
    expect(stage.asked()).toEqual(["joinGroup"]);
  });

  test("with `autoRejoinGroups: false` they and the groups go on", async () => {
    const options = { autoRejoinGroups: false };
    const { client } = await typing(options);
    const stage = new Presence(options);
    await resume(stage, client.suspend());
    await stage.recover();
    await turn(60_000);
    expect(stage.client.getGroupState("room")).toEqual({ status: "typing" });
    expect(stage.socket.frames("setGroupState")).toEqual([]);
  });

  test("they survive two pages in quick succession", async () => {
    const { client } = await typing();
    const second = new Presence();
    await resume(second, client.suspend());
    const stage = new Presence();
    await resume(stage, second.client.suspend());
    await stage.recover();
    await turn(60_000);
    expect(stage.client.getGroupState("room")).toEqual({ status: "typing" });
    expect(stage.socket.frames("setGroupState")).toEqual([]);
  });
});

describe("subscriptions to states", () => {
  test("they are renewed, and their snapshot brings the states", async () => {
    const first = await ready();
    await first.client.subscribeGroupStates("room");
    first.socket.receiveFrame(snapshot([item("X", 1, "here")], "room", 1));
    const stage = new Presence();
    await resume(stage, first.client.suspend());
    expect(stage.client.listGroupStates("room")).toEqual([]);
    await stage.recover();
    await turn();
    expect(stage.socket.frames("subscribeGroupState")).toMatchObject([{ group: "room" }]);
    stage.socket.receiveFrame(update([item("Y", 2, "new")], "room", 2));
    stage.socket.receiveFrame(snapshot([item("X", 1, "here"), item("Y", 2, "new")], "room", 3));
    expect(stage.client.listGroupStates("room").map(({ connectionId }) => connectionId)).toEqual(["Y", "X"]);
    await turn(60_000);
    expect(stage.socket.frames("unsubscribeGroupState")).toEqual([]);
  });

  test("one that wasn't acknowledged goes on as an operation", async () => {
    const first = await ready();
    first.silent = true;
    follow(first.client.subscribeGroupStates("room"));
    const stage = new Presence();
    const restored = await resume(stage, first.client.suspend());
    await stage.recover();
    await turn();
    expect(stage.socket.frames("subscribeGroupState")).toMatchObject([{ ackId: 1 }]);
    expect(restored[0]?.result.value).toMatchObject({ ackId: 1 });
    stage.socket.receiveFrame(snapshot([item("X", 1, "here")]));
    expect(stage.client.listGroupStates("room")).toHaveLength(1);
  });

  test("one that is being ended is ended", async () => {
    const first = await ready();
    await first.client.subscribeGroupStates("room");
    first.silent = true;
    follow(first.client.unsubscribeGroupStates("room"));
    const stage = new Presence();
    await resume(stage, first.client.suspend());
    await stage.recover();
    await turn(10_000);
    expect(stage.asked().filter((each) => each !== "ping")).toEqual(["unsubscribeGroupState"]);
    expect(() => stage.client.listGroupStates("room")).toThrow("not subscribed");
  });

  test("what was watched is held for the new page's watchers", async () => {
    const first = await ready();
    first.client.group("room").subscribeStates(() => undefined);
    await turn();
    const stage = new Presence();
    await resume(stage, first.client.suspend());
    await stage.recover();
    await turn(4_000);
    stage.socket.receiveFrame(snapshot([item("X", 1, "here")]));
    const group = stage.client.group("room");
    group.subscribeStates(() => undefined);
    expect(group.states).toHaveLength(1);
    await turn(60_000);
    expect(stage.asked().filter((each) => each !== "ping")).toEqual(["subscribeGroupState"]);
  });

  test("it stays ended where its begin and its end go on as operations", async () => {
    const first = await ready();
    first.silent = true;
    follow(first.client.subscribeGroupStates("room"));
    follow(first.client.unsubscribeGroupStates("room"));
    const stage = new Presence();
    await resume(stage, first.client.suspend());
    await stage.recover();
    await turn();
    expect(stage.asked().filter((each) => each !== "ping")).toEqual([
      "subscribeGroupState",
      "unsubscribeGroupState",
    ]);
    expect(() => stage.client.listGroupStates("room")).toThrow("not subscribed");
  });

  test("without a watcher it ends after 5 s", async () => {
    const first = await ready();
    first.client.group("room").subscribeStates(() => undefined);
    await turn();
    const stage = new Presence();
    await resume(stage, first.client.suspend());
    await stage.recover();
    await turn(4_900);
    expect(stage.socket.frames("unsubscribeGroupState")).toEqual([]);
    await turn(5_000);
    expect(stage.socket.frames("unsubscribeGroupState")).toHaveLength(1);
  });

  test("a stop ends the hold, and no timer is left", async () => {
    const first = await ready();
    first.client.group("room").subscribeStates(() => undefined);
    await turn();
    const stage = new Presence();
    await resume(stage, first.client.suspend());
    await stage.recover();
    await turn();
    await stage.client.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
