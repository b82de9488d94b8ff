import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { GroupStatus } from "web-pubsub-client";
import { ack, fromGroup } from "../helpers/frames.js";
import type { ScriptedSocket } from "../helpers/scriptedSocket.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Answers the last frame of a type, if it has an ack id. */
function answer(socket: ScriptedSocket, type: string, error?: string): void {
  socket.receiveFrame(ack(socket.frames(type).at(-1)?.["ackId"], error));
}

const groupsOf = (socket: ScriptedSocket, type: string): unknown[] =>
  socket.frames(type).map((frame) => frame["group"]);

test("the group is left releaseDelayInMs after the last subscriber, not before", async () => {
  const stage = new Stage();
  const socket = await stage.connect();
  const room = stage.client.group("room");
  const end = room.subscribe(() => {});
  answer(socket, "joinGroup");
  expect(room.status).toBe("joined");
  end();
  await turn(999);
  expect(groupsOf(socket, "leaveGroup")).toEqual([]);
  expect(room.status).toBe("joined");
  await turn(1);
  expect(groupsOf(socket, "leaveGroup")).toEqual(["room"]);
  expect(room.status).toBe("idle");
});

test("a leave that the service refuses again and again is tried on, since nobody would hear of its failure", async () => {
  const stage = new Stage({
    releaseDelayInMs: 0,
    messageRetryOptions: { maxRetries: 1, retryDelayInMs: 100 },
  });
  const socket = await stage.connect();
  const end = stage.client.group("room").subscribe(() => {});
  answer(socket, "joinGroup");
  end();
  for (let refusals = 1; refusals <= 5; refusals++) {
    await vi.waitFor(() => expect(groupsOf(socket, "leaveGroup")).toHaveLength(refusals));
    answer(socket, "leaveGroup", "InternalServerError");
  }
  await vi.waitFor(() => expect(groupsOf(socket, "leaveGroup")).toHaveLength(6));
  const ids = new Set(socket.frames("leaveGroup").map(({ ackId }) => ackId));
  expect(ids.size, "one operation").toBe(1);
  answer(socket, "leaveGroup");
  await turn(600_000);
  expect(groupsOf(socket, "leaveGroup")).toHaveLength(6);
});

test("a new subscriber within the delay finds the group joined; nothing is sent", async () => {
  const stage = new Stage({ releaseDelayInMs: 50 });
  const socket = await stage.connect();
  const room = stage.client.group("room");
  const end = room.subscribe(() => {});
  answer(socket, "joinGroup");
  const seen: unknown[] = [];
  end();
  await turn(49);
  room.subscribe(({ data }) => seen.push(data));
  await turn(10_000);
  socket.receiveFrame(fromGroup("still here", 1));
  expect(seen).toEqual(["still here"]);
  expect(groupsOf(socket, "joinGroup")).toEqual(["room"]);
  expect(groupsOf(socket, "leaveGroup")).toEqual([]);
});

test("without a connection there is nothing to leave: no timer, no frame, nothing joined later", async () => {
  const stage = new Stage();
  const end = stage.client.group("room").subscribe(() => {});
  expect(stage.client.group("room").status).toBe("waiting");
  end();
  expect(stage.client.group("room").status).toBe("idle");
  expect(vi.getTimerCount()).toBe(0);
  const socket = await stage.connect();
  await turn(5_000);
  expect(socket.frames("joinGroup")).toEqual([]);
});

test("stopping while a group is about to be left keeps no timer", async () => {
  const stage = new Stage();
  const socket = await stage.connect();
  const end = stage.client.group("room").subscribe(() => {});
  answer(socket, "joinGroup");
  end();
  await stage.client.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("wished groups are joined before anything else on connecting, and connected waits for them", async () => {
  const stage = new Stage();
  stage.client.group("a").subscribe(() => {});
  stage.client.group("b").subscribe(() => {});
  await stage.begin();
  const sent = stage.client.sendToGroup("a", "x");
  const socket = await stage.accept();
  expect(socket.frames().map((frame) => `${String(frame["type"])} ${String(frame["group"])}`)).toEqual([
    "joinGroup a",
    "joinGroup b",
    "sendToGroup a",
  ]);
  expect(stage.named).toEqual([]);
  for (const frame of socket.frames()) socket.receiveFrame(ack(frame["ackId"]));
  await sent;
  expect(stage.named).toEqual(["connected A"]);
});

test("a subscriber whose join is on its way when the link breaks: the join is sent again", async () => {
  const stage = new Stage();
  await stage.connect();
  const room = stage.client.group("room");
  const statuses: GroupStatus[] = [];
  room.onStatusChange((status) => statuses.push(status));
  room.subscribe(() => {});
  const [sent] = stage.socket.frames("joinGroup");
  await stage.drop();
  const second = await stage.recover();
  expect(second.frames("joinGroup")).toEqual([sent]);
  await stage.drop();
  await stage.drop(1008);
  expect(room.status).toBe("waiting");
  const third = await stage.accept("B");
  answer(third, "joinGroup");
  expect(statuses).toEqual(["joining", "waiting", "joining", "joined"]);
});

test("a subscriber who goes and comes while the leave is on its way is joined after its answer", async () => {
  const stage = new Stage({ releaseDelayInMs: 0 });
  const socket = await stage.connect();
  const room = stage.client.group("room");
  const end = room.subscribe(() => {});
  answer(socket, "joinGroup");
  end();
  await turn(0);
  room.subscribe(() => {});
  expect(room.status).toBe("joining");
  expect(groupsOf(socket, "joinGroup")).toEqual(["room"]);
  answer(socket, "leaveGroup");
  expect(groupsOf(socket, "joinGroup")).toEqual(["room", "room"]);
  answer(socket, "joinGroup");
  expect(room.status).toBe("joined");
});

test("a subscriber who goes while the join is on its way: the group is left after its answer", async () => {
  const stage = new Stage({ releaseDelayInMs: 0 });
  const socket = await stage.connect();
  const end = stage.client.group("room").subscribe(() => {});
  end();
  await turn(0);
  expect(socket.frames("leaveGroup")).toEqual([]);
  answer(socket, "joinGroup");
  expect(groupsOf(socket, "leaveGroup")).toEqual(["room"]);
});

test("a leave that the service refuses is not tried for ever", async () => {
  const stage = new Stage({ releaseDelayInMs: 0 });
  const socket = await stage.connect();
  const end = stage.client.group("room").subscribe(() => {});
  answer(socket, "joinGroup");
  end();
  await turn(0);
  answer(socket, "leaveGroup", "Forbidden");
  await turn(60_000);
  expect(groupsOf(socket, "leaveGroup")).toEqual(["room"]);
});

test("a socket that throws every join makes the group refused", async () => {
  const stage = new Stage();
  const socket = await stage.connect();
  socket.sendError = new Error("broken");
  const room = stage.client.group("room");
  room.subscribe(() => {});
  await turn(10_000);
  expect(room.status).toBe("refused");
  expect(room.error).toMatchObject({ code: "SendFailed" });
});

test("joins for handles are not counted among the pending operations", async () => {
  const stage = new Stage({ maxPendingOperations: 1 });
  await stage.connect();
  await stage.drop();
  stage.client.group("a").subscribe(() => {});
  stage.client.group("b").subscribe(() => {});
  const sent = stage.client.sendToGroup("a", "x");
  const socket = await stage.recover();
  expect(groupsOf(socket, "joinGroup")).toEqual(["a", "b"]);
  for (const frame of socket.frames()) if ("ackId" in frame) socket.receiveFrame(ack(frame["ackId"]));
  await expect(sent).resolves.toMatchObject({ isDuplicated: false });
});

test("subscribing and leaving while the client drains changes nothing until it starts again", async () => {
  const stage = new Stage();
  const socket = await stage.connect();
  const pending = stage.client.sendToGroup("room", "x");
  const stopping = stage.client.stop({ drainInMs: 1_000 });
  const room = stage.client.group("room");
  room.subscribe(() => {});
  await turn(0);
  expect(socket.frames("joinGroup")).toEqual([]);
  answer(socket, "sendToGroup");
  await pending;
  await stopping;
  expect(room.status).toBe("waiting");
  await stage.connect("B");
  expect(groupsOf(stage.socket, "joinGroup")).toEqual(["room"]);
});

test("a fragment of a stream is no message for subscribers, but a group-message still", async () => {
  const stage = new Stage();
  const socket = await stage.connect();
  const listener = vi.fn();
  stage.client.group("room").subscribe(listener);
  answer(socket, "joinGroup");
  socket.receiveFrame({ ...fromGroup("part", 1), stream: { streamId: "s", streamSequenceId: 1 } });
  socket.receiveFrame(fromGroup("whole", 2));
  expect(listener.mock.calls.map(([message]) => (message as { data: unknown }).data)).toEqual(["whole"]);
  expect(stage.named.filter((entry) => entry.startsWith("group-message"))).toHaveLength(2);
});
