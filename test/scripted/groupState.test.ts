import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebPubSubJsonProtocol, type GroupState } from "web-pubsub-client";
import { ack } from "../helpers/frames.js";
import { item, Presence, ready, snapshot, update } from "../helpers/presence.js";
import { follow } from "../helpers/settlement.js";
import { turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("calls and frames (2.13)", () => {
  test("1: one frame each", async () => {
    const stage = await ready();
    const { client, socket } = stage;
    const results = [
      await client.setGroupState("room", { status: "typing" }, { ackId: 42 }),
      await client.clearGroupState("room", { ackId: 43 }),
      await client.subscribeGroupStates("room", { ackId: 44 }),
      await client.unsubscribeGroupStates("room", { ackId: 45 }),
    ];
    expect(socket.frames()).toEqual([
      { type: "setGroupState", group: "room", state: { status: "typing" }, ackId: 42 },
      { type: "setGroupState", group: "room", ackId: 43 },
      { type: "subscribeGroupState", group: "room", ackId: 44 },
      { type: "unsubscribeGroupState", group: "room", ackId: 45 },
    ]);
    expect(results).toEqual([42, 43, 44, 45].map((ackId) => ({ ackId, isDuplicated: false })));
  });

  test("2: own state of a group that isn't joined", async () => {
    const { client } = await ready();
    expect(() => client.getGroupState("room")).toThrow("Group 'room' is not joined.");
  });

  test("3: own state needs no subscription and is a copy", async () => {
    const { client } = await ready();
    await client.joinGroup("room");
    expect(client.getGroupState("room")).toBeUndefined();
    const given: GroupState = { status: "typing" };
    await client.setGroupState("room", given);
    given["status"] = "changed";
    const got = client.getGroupState("room");
    expect(got).toEqual({ status: "typing" });
    if (got !== undefined) got["status"] = "changed";
    expect(client.getGroupState("room")).toEqual({ status: "typing" });
  });

  test("4: states of a group that isn't subscribed", async () => {
    const { client } = await ready();
    expect(() => client.listGroupStates("room")).toThrow("Group state is not subscribed for group 'room'.");
  });

  test("5: a cleared state is gone at once; the list waits for the service", async () => {
    const { client, socket } = await ready();
    await client.joinGroup("room");
    await client.subscribeGroupStates("room");
    await client.setGroupState("room", { status: "x" });
    socket.receiveFrame(update([item("A", 1, "x")]));
    await client.clearGroupState("room");
    expect(client.getGroupState("room")).toBeUndefined();
    expect(client.listGroupStates("room")).toHaveLength(1);
    socket.receiveFrame(update([item("A", 2)]));
    expect(client.listGroupStates("room")).toEqual([]);
  });

  test("6: subscribing again keeps the list until the snapshot", async () => {
    const { client, socket } = await ready();
    await client.subscribeGroupStates("room");
    socket.receiveFrame(snapshot([item("B", 1, "x")]));
    await client.subscribeGroupStates("room");
    expect(client.listGroupStates("room")).toHaveLength(1);
    socket.receiveFrame(snapshot([]));
    expect(client.listGroupStates("room")).toEqual([]);
  });

  test("7: before the snapshot the list is empty; own state is never mixed in", async () => {
    const { client } = await ready();
    await client.joinGroup("room");
    await client.setGroupState("room", { status: "x" });
    await client.subscribeGroupStates("room");
    expect(client.listGroupStates("room")).toEqual([]);
  });

  test("8: the list is made of copies", async () => {
    const { client, socket } = await ready();
    await client.subscribeGroupStates("room");
    socket.receiveFrame(snapshot([{ ...item("B", 1, "x"), userId: "bob" }]));
    const list = client.listGroupStates("room");
    expect(list).toEqual([{ connectionId: "B", userId: "bob", updatedAt: 1, state: { status: "x" } }]);
    if (list[0] !== undefined) list[0].state["status"] = "changed";
    list.pop();
    expect(client.listGroupStates("room")[0]?.state).toEqual({ status: "x" });
  });

  test("9: the event comes once per visible change", async () => {
    const stage = await ready();
    await stage.client.subscribeGroupStates("room");
    stage.socket.receiveFrame(snapshot([]));
    expect(stage.changes).toEqual([]);
    stage.socket.receiveFrame(snapshot([item("B", 1, "x"), item("C", 2, "x")]));
    expect(stage.changes).toEqual(["room"]);
    stage.socket.receiveFrame(update([item("B", 1, "x"), item("D", 3)]));
    expect(stage.changes).toEqual(["room"]);
    stage.socket.receiveFrame(update([item("B", 5, "y"), item("C", 6)]));
    expect(stage.changes).toEqual(["room", "room"]);
  });

  test("10: after unsubscribing the list throws again and updates mean nothing", async () => {
    const stage = await ready();
    await stage.client.subscribeGroupStates("room");
    const done = stage.client.unsubscribeGroupStates("room");
    expect(() => stage.client.listGroupStates("room")).toThrow("Group state is not subscribed");
    await done;
    stage.socket.receiveFrame(update([item("B", 1, "x")]));
    expect(stage.changes).toEqual([]);
    expect(() => stage.client.listGroupStates("room")).toThrow("Group state is not subscribed");
  });

  test("11: an update reaches the list; no membership is needed", async () => {
    const stage = await ready();
    await stage.client.subscribeGroupStates("room");
    stage.socket.receiveFrame(update([item("B", 1, "x")]));
    stage.socket.receiveFrame(update([item("B", 1, "x")], "elsewhere"));
    expect(stage.client.listGroupStates("room").map(({ connectionId }) => connectionId)).toEqual(["B"]);
    expect(stage.changes).toEqual(["room"]);
  });

  test("12: with restoreGroupStates false a new connection forgets own state and renews the rest", async () => {
    const stage = await ready({ protocol: WebPubSubJsonProtocol(), restoreGroupStates: false });
    const { client } = stage;
    await client.joinGroup("room");
    await client.subscribeGroupStates("room");
    await client.setGroupState("room", { status: "x" });
    stage.socket.receiveFrame(snapshot([item("A", 1, "x")]));
    await stage.drop(1006);
    await stage.accept("B");
    expect(stage.asked(1).sort()).toEqual(["joinGroup", "subscribeGroupState"]);
    expect(client.getGroupState("room")).toBeUndefined();
    expect(client.listGroupStates("room")).toEqual([]);
    stage.socket.receiveFrame(snapshot([item("C", 1, "z")]));
    expect(client.listGroupStates("room").map(({ connectionId }) => connectionId)).toEqual(["C"]);
  });
});

describe("W27: sequence ids", () => {
  test("of group states are acknowledged, and duplicates dropped, as those of data", async () => {
    const stage = await ready();
    await stage.client.subscribeGroupStates("room");
    stage.socket.receiveFrame(snapshot([item("B", 1, "x")], "room", 1));
    stage.socket.receiveFrame(update([item("C", 2, "x")], "room", 2));
    stage.socket.receiveFrame(update([item("D", 3, "doubled")], "room", 2));
    await turn(1_000);
    expect(stage.socket.frames("sequenceAck")).toEqual([{ type: "sequenceAck", sequenceId: 2 }]);
    expect(stage.client.listGroupStates("room").map(({ connectionId }) => connectionId)).toEqual(["B", "C"]);
  });

  test("without a subscription they are acknowledged all the same", async () => {
    const stage = await ready();
    stage.socket.receiveFrame(update([item("B", 1, "x")], "room", 7));
    await turn(1_000);
    expect(stage.socket.frames("sequenceAck")).toEqual([{ type: "sequenceAck", sequenceId: 7 }]);
  });
});

test("W40: a clock that is set back by an hour makes nothing immortal", async () => {
  const stage = await ready({ keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 });
  await stage.client.subscribeGroupStates("room");
  stage.socket.receiveFrame(update([item("B", 1, "x")]));
  vi.setSystemTime(Date.now() - 3_600_000);
  for (const [wait, length] of [
    [300_000, 1],
    [1, 0],
  ] as const) {
    await turn(wait);
    stage.socket.receiveFrame(snapshot([]));
    expect(stage.client.listGroupStates("room")).toHaveLength(length);
  }
});

describe("W39: a new connection", () => {
  test("sets own state again once the group is joined again", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    await stage.client.setGroupState("room", { status: "x" });
    stage.silent = true;
    await stage.replace();
    expect(stage.client.getGroupState("room")).toEqual({ status: "x" });
    expect(stage.asked()).toEqual(["joinGroup"]);
    stage.silent = false;
    stage.socket.receiveFrame(ack(stage.socket.frames("joinGroup")[0]?.["ackId"]));
    await turn();
    expect(stage.asked()).toEqual(["joinGroup", { setGroupState: { status: "x" } }]);
    expect(stage.client.getGroupState("room")).toEqual({ status: "x" });
    await stage.replace("C");
    expect(stage.asked()).toEqual(["joinGroup", { setGroupState: { status: "x" } }]);
  });

  test("a recovery sets nothing again and keeps everything", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    await stage.client.subscribeGroupStates("room");
    await stage.client.setGroupState("room", { status: "x" });
    stage.socket.receiveFrame(snapshot([item("B", 1, "x")], "room", 1));
    await stage.drop();
    expect(stage.client.listGroupStates("room")).toHaveLength(1);
    await stage.recover();
    expect(stage.asked()).toEqual([]);
    expect(stage.client.getGroupState("room")).toEqual({ status: "x" });
    expect(stage.client.listGroupStates("room")).toHaveLength(1);
  });

  test("what the application sets meanwhile wins", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    await stage.client.setGroupState("room", { status: "old" });
    await stage.drop(1008);
    const set = follow(stage.client.setGroupState("room", { status: "new" }));
    await stage.accept("B");
    await turn();
    await turn();
    expect(set.status).toBe("resolved");
    expect(stage.asked()).toEqual(["joinGroup", { setGroupState: { status: "new" } }]);
    expect(stage.client.getGroupState("room")).toEqual({ status: "new" });
  });

  test("a call that the service refuses meanwhile brings the old state back", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    await stage.client.setGroupState("room", { status: "old" });
    await stage.drop(1008);
    stage.refuse = ({ state }) =>
      (state as GroupState | undefined)?.["status"] === "bad" ? "BadRequest" : undefined;
    const set = follow(stage.client.setGroupState("room", { status: "bad" }));
    await stage.accept("B");
    await turn();
    await turn();
    expect(set.error).toMatchObject({ code: "Refused" });
    expect(stage.asked()).toEqual([
      "joinGroup",
      { setGroupState: { status: "bad" } },
      { setGroupState: { status: "old" } },
    ]);
  });

  test("a cleared state stays cleared", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    await stage.client.setGroupState("room", { status: "x" });
    await stage.client.clearGroupState("room");
    await stage.replace();
    expect(stage.asked()).toEqual(["joinGroup"]);
  });

  test("a group that the token has joined needs no joining", async () => {
    const stage = await ready();
    await stage.client.setGroupState("token-group", { status: "x" });
    expect(stage.client.getGroupState("token-group")).toEqual({ status: "x" });
    await stage.replace();
    expect(stage.asked()).toEqual([{ setGroupState: { status: "x" } }]);
  });

  test("a group held by a handle is joined, then told", async () => {
    const stage = await ready();
    stage.client.group("room").subscribe(() => undefined);
    await turn();
    await stage.client.setGroupState("room", { status: "x" });
    await stage.replace();
    expect(stage.asked()).toEqual(["joinGroup", { setGroupState: { status: "x" } }]);
  });

  test("without autoRejoinGroups the state waits for the application to join", async () => {
    const stage = await ready({ autoRejoinGroups: false });
    await stage.client.joinGroup("room");
    await stage.client.setGroupState("room", { status: "x" });
    await stage.replace();
    expect(stage.asked()).toEqual([]);
    await stage.client.joinGroup("room");
    await turn();
    expect(stage.asked()).toEqual(["joinGroup", { setGroupState: { status: "x" } }]);
  });

  test("a connection that dies while it is set is followed by one that sets it", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    await stage.client.setGroupState("room", { status: "x" });
    stage.refuse = () => {
      stage.silent = true;
      return undefined;
    };
    await stage.replace("B");
    expect(stage.asked()).toEqual(["joinGroup", { setGroupState: { status: "x" } }]);
    stage.silent = false;
    stage.refuse = () => undefined;
    await stage.replace("C");
    expect(stage.asked()).toEqual(["joinGroup", { setGroupState: { status: "x" } }]);
    expect(stage.changes).toEqual([]);
  });

  test("empties the list, and says so", async () => {
    const stage = await ready();
    await stage.client.subscribeGroupStates("room");
    await stage.client.subscribeGroupStates("quiet");
    stage.socket.receiveFrame(snapshot([item("B", 1, "x")]));
    await stage.drop(1008);
    expect(stage.changes).toEqual(["room", "room"]);
    expect(stage.client.listGroupStates("room")).toEqual([]);
  });
});

describe("refusals", () => {
  test("surface", async () => {
    const stage = await ready();
    stage.refuse = () => "Forbidden";
    const calls = [
      follow(stage.client.setGroupState("room", { status: "x" })),
      follow(stage.client.clearGroupState("room")),
      follow(stage.client.subscribeGroupStates("room")),
      follow(stage.client.unsubscribeGroupStates("room")),
    ];
    await turn();
    await turn();
    for (const { error } of calls) {
      expect(error).toMatchObject({ name: "SendMessageError", errorDetail: { name: "Forbidden" } });
    }
    expect(stage.socket.frames()).toHaveLength(4);
    expect(() => stage.client.listGroupStates("room")).toThrow("not subscribed");
    expect(() => stage.client.getGroupState("room")).toThrow("not joined");
  });

  test("a failed set changes nothing", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    await stage.client.setGroupState("room", { status: "x" });
    stage.refuse = () => "Forbidden";
    await expect(stage.client.setGroupState("room", { status: "y" })).rejects.toThrow("Forbidden");
    expect(stage.client.getGroupState("room")).toEqual({ status: "x" });
  });

  test("on a new connection are told by an event", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    await stage.client.setGroupState("room", { status: "x" });
    await stage.client.subscribeGroupStates("hall");
    stage.refuse = ({ type }) => (type === "joinGroup" ? undefined : "Forbidden");
    await stage.replace();
    expect(stage.changes.sort()).toEqual(["failed hall: SendMessageError", "failed room: SendMessageError"]);
    expect(stage.client.getGroupState("room")).toBeUndefined();
    // The wish for others' states stays, as it does for groups.
    expect(stage.client.listGroupStates("hall")).toEqual([]);
    stage.refuse = () => undefined;
    await stage.replace("C");
    expect(stage.asked().sort()).toEqual(["joinGroup", "subscribeGroupState"]);
  });

  test.each([
    ["a value that isn't a string", { n: 5 }],
    ["a list", ["x"]],
    ["null", null],
    ["nothing", undefined],
    ["text", "x"],
  ])("%s is no state", async (_name, state) => {
    const stage = await ready();
    const set = follow(stage.client.setGroupState("room", state as unknown as GroupState));
    await turn();
    expect(set.error).toMatchObject({ name: "SendMessageError", code: "InvalidMessage" });
    expect(stage.asked()).toEqual([]);
  });
});

describe("leaving and stopping", () => {
  test("leaving ends own state at once, and it doesn't come back", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    await stage.client.setGroupState("room", { status: "x" });
    const left = stage.client.leaveGroup("room");
    expect(() => stage.client.getGroupState("room")).toThrow("Group 'room' is not joined.");
    await left;
    await stage.client.joinGroup("room");
    expect(stage.client.getGroupState("room")).toBeUndefined();
    await stage.replace();
    expect(stage.asked()).toEqual(["joinGroup"]);
  });

  test("stopping ends own states; wishes come back with the next start", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    await stage.client.setGroupState("room", { status: "x" });
    await stage.client.subscribeGroupStates("room");
    stage.socket.receiveFrame(snapshot([item("A", 1, "x")]));
    await stage.client.stop();
    expect(stage.changes).toEqual(["room", "room"]);
    expect(stage.client.listGroupStates("room")).toEqual([]);
    await stage.connect("B");
    expect(stage.asked().sort()).toEqual(["joinGroup", "subscribeGroupState"]);
    expect(stage.client.getGroupState("room")).toBeUndefined();
  });

  test("an answer that comes after leaving revives nothing", async () => {
    const stage = await ready();
    await stage.client.joinGroup("room");
    stage.silent = true;
    const set = follow(stage.client.setGroupState("room", { status: "x" }));
    void stage.client.leaveGroup("room");
    stage.socket.receiveFrame(ack(stage.socket.frames("setGroupState")[0]?.["ackId"]));
    stage.socket.receiveFrame(ack(stage.socket.frames("leaveGroup")[0]?.["ackId"]));
    await turn();
    expect(set.status).toBe("resolved");
    expect(() => stage.client.getGroupState("room")).toThrow("not joined");
  });

  test("a subscription that ended before its answer stays ended", async () => {
    const stage = await ready();
    stage.silent = true;
    const subscribed = follow(stage.client.subscribeGroupStates("room"));
    void stage.client.unsubscribeGroupStates("room");
    stage.socket.receiveFrame(ack(stage.socket.frames("subscribeGroupState")[0]?.["ackId"]));
    stage.socket.receiveFrame(ack(stage.socket.frames("unsubscribeGroupState")[0]?.["ackId"]));
    await turn();
    expect(subscribed.status).toBe("resolved");
    expect(() => stage.client.listGroupStates("room")).toThrow("not subscribed");
    await stage.replace();
    expect(stage.asked()).toEqual([]);
  });
});

test("a snapshot that overtakes its ack isn't lost", async () => {
  const stage = await ready();
  stage.silent = true;
  void stage.client.subscribeGroupStates("room");
  stage.socket.receiveFrame(snapshot([item("B", 1, "x")]));
  stage.socket.receiveFrame(ack(stage.socket.frames()[0]?.["ackId"]));
  await turn();
  expect(stage.client.listGroupStates("room")).toHaveLength(1);
});

test("a subscription under way is not doubled by a new connection", async () => {
  const stage = await ready();
  await stage.client.subscribeGroupStates("room");
  stage.silent = true;
  void stage.client.subscribeGroupStates("room").catch(() => undefined);
  await stage.replace();
  expect(stage.asked()).toEqual(["subscribeGroupState"]);
});

test("a restoring that is tried again late can't overtake a newer state for good", async () => {
  const stage = await ready();
  await stage.client.joinGroup("room");
  await stage.client.setGroupState("room", { status: "old" });
  let refusals = 1;
  stage.refuse = ({ type }) =>
    type === "setGroupState" && refusals-- > 0 ? "InternalServerError" : undefined;
  await stage.replace();
  await stage.client.setGroupState("room", { status: "new" });
  await turn(1_000);
  expect(stage.asked()).toEqual([
    "joinGroup",
    { setGroupState: { status: "old" } },
    { setGroupState: { status: "new" } },
  ]);
  expect(stage.client.getGroupState("room")).toEqual({ status: "new" });
});

test("a state asked for in an outage goes out behind the join of the next connection, and is known", async () => {
  const stage = new Presence({ releaseDelayInMs: 0 });
  await stage.connect("A");
  const room = stage.client.group("room");
  const end = room.subscribe(() => undefined);
  await turn();
  await stage.drop();
  const set = follow(stage.client.setGroupState("room", { status: "busy" }));
  end();
  await turn();
  room.subscribe(() => undefined);
  await stage.replace("B");
  await turn();
  expect(set.status).toBe("resolved");
  expect(stage.asked()).toEqual(["joinGroup", { setGroupState: { status: "busy" } }]);
  expect(stage.client.getGroupState("room")).toEqual({ status: "busy" });
});
