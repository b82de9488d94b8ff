import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebPubSubJsonProtocol, type WebPubSubClientEvents } from "web-pubsub-client";
import { ack, connected, disconnected, fromGroup, fromServer } from "../helpers/frames.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function listen<Name extends keyof WebPubSubClientEvents>(stage: Stage, name: Name) {
  const calls: WebPubSubClientEvents[Name][] = [];
  stage.client.on(name, (args) => calls.push(args));
  return calls;
}

describe("payloads", () => {
  test("connected", async () => {
    const stage = new Stage();
    const calls = listen(stage, "connected");
    await stage.connect("A");
    expect(calls).toEqual([{ connectionId: "A", userId: "ann" }]);
  });

  test("disconnected, with the service's message and without one", async () => {
    const stage = new Stage();
    const calls = listen(stage, "disconnected");
    await stage.connect("A");
    stage.socket.receiveFrame(disconnected("bye"));
    await stage.drop(1008);
    await stage.accept("B");
    await stage.drop(1008);
    expect(calls).toEqual([
      { connectionId: "A", message: { kind: "disconnected", message: "bye" } },
      { connectionId: "B", message: undefined },
    ]);
  });

  test("group-message and server-message", async () => {
    const stage = new Stage();
    const groups = listen(stage, "group-message");
    const servers = listen(stage, "server-message");
    await stage.connect();
    stage.socket.receiveFrame(fromGroup("hi", 1));
    stage.socket.receiveFrame({ ...fromServer("ho", 2), metadata: { tone: "loud" } });
    expect(groups).toMatchObject([
      {
        message: {
          kind: "groupData",
          group: "room",
          fromUserId: "bob",
          dataType: "text",
          data: "hi",
          sequenceId: 1,
        },
      },
    ]);
    expect(servers).toMatchObject([
      {
        message: {
          kind: "serverData",
          dataType: "text",
          data: "ho",
          sequenceId: 2,
          metadata: { tone: "loud" },
        },
      },
    ]);
  });

  test("stopped comes once, with an empty object", async () => {
    const stage = new Stage();
    const calls = listen(stage, "stopped");
    await stage.connect();
    await Promise.all([stage.client.stop(), stage.client.stop()]);
    await stage.client.stop();
    expect(calls).toEqual([{}]);
  });

  test("rejoin-group-failed carries group and error", async () => {
    const stage = new Stage();
    const calls = listen(stage, "rejoin-group-failed");
    await stage.connect("A", "");
    void stage.client.joinGroup("room");
    stage.socket.receiveFrame(ack(1));
    await stage.drop();
    await stage.accept("B");
    stage.socket.receiveFrame(ack(stage.socket.frames("joinGroup")[0]?.["ackId"], "Forbidden"));
    expect(calls).toMatchObject([
      {
        group: "room",
        error: { name: "SendMessageError", code: "Refused", errorDetail: { name: "Forbidden" } },
      },
    ]);
  });
});

test("the state changes first, then state-changed, then the named event", async () => {
  const stage = new Stage();
  const seen: string[] = [];
  const { client } = stage;
  client.on("state-changed", ({ state, previousState }) =>
    seen.push(`${client.state}: ${previousState} > ${state}`),
  );
  for (const name of ["connected", "disconnected", "recovering", "recovered", "stopped"] as const) {
    client.on(name, () => seen.push(`${client.state}: ${name}`));
  }
  await stage.connect("A");
  await stage.drop();
  await stage.recover();
  await stage.drop(1008);
  await stage.accept("B");
  await client.stop();
  expect(seen).toEqual([
    "Connecting: Stopped > Connecting",
    "Connected: Connecting > Connected",
    "Connected: connected",
    "Recovering: Connected > Recovering",
    "Recovering: recovering",
    "Connected: Recovering > Connected",
    "Connected: recovered",
    "Disconnected: Connected > Disconnected",
    "Disconnected: disconnected",
    "Connecting: Disconnected > Connecting",
    "Connected: Connecting > Connected",
    "Connected: connected",
    "Stopping: Connected > Stopping",
    "Stopping: disconnected",
    "Stopped: Stopping > Stopped",
    "Stopped: stopped",
  ]);
});

describe("what wasn't announced isn't taken back", () => {
  test("two connected messages on one socket: the second means nothing", async () => {
    const stage = new Stage({ protocol: WebPubSubJsonProtocol() });
    await stage.connect("A", "");
    stage.socket.receiveFrame(connected("X", ""));
    expect([stage.named, stage.client.connectionId]).toEqual([["connected A"], "A"]);
    await stage.drop();
    await stage.accept("B", "");
    expect(stage.named).toEqual(["connected A", "disconnected A", "connected B"]);
  });

  test("a drop while the groups are joined again: no event for that id, connected for the next", async () => {
    const stage = new Stage();
    await stage.connect("A", "");
    void stage.client.joinGroup("room");
    stage.socket.receiveFrame(ack(1));
    await stage.drop();
    await stage.accept("B", "");
    await stage.drop();
    // The second connection in a row that lived a moment only: the next one waits.
    await turn(1_000);
    await stage.accept("C", "");
    stage.socket.receiveFrame(ack(stage.socket.frames("joinGroup")[0]?.["ackId"]));
    expect(stage.named).toEqual(["connected A", "disconnected A", "connected C"]);
  });

  test("a recoverable drop while the groups are joined again: connected instead of recovered", async () => {
    const stage = new Stage();
    await stage.connect("A", "");
    void stage.client.joinGroup("room");
    stage.socket.receiveFrame(ack(1));
    await stage.drop();
    await stage.accept("B");
    const [join] = stage.socket.frames("joinGroup");
    await stage.drop();
    await stage.accept("B");
    expect(stage.named).toEqual(["connected A", "disconnected A"]);
    expect(stage.socket.frames("joinGroup")).toEqual([join]);
    stage.socket.receiveFrame(ack(join?.["ackId"]));
    expect(stage.named.slice(2)).toEqual(["connected B"]);
    // The third early loss in a row would make the recovery wait.
    await turn(1_000);
    await stage.drop();
    await stage.recover();
    expect(stage.named.slice(3)).toEqual(["recovering B", "recovered B"]);
  });

  test("a drop inside the first write of a new connection: connected comes with the recovery", async () => {
    const stage = new Stage();
    const started = await stage.begin();
    void stage.client.sendToGroup("room", "x");
    const { socket } = stage;
    socket.onSent = () => socket.receiveClose(1006);
    socket.receiveOpen();
    socket.receiveFrame(connected("A"));
    await turn();
    expect([started.status, stage.client.state]).toEqual(["resolved", "Recovering"]);
    await stage.recover();
    expect(stage.named).toEqual(["connected A"]);
  });
});

test("messages may arrive before connected is told", async () => {
  const stage = new Stage();
  await stage.connect("A", "");
  void stage.client.joinGroup("room");
  stage.socket.receiveFrame(ack(1));
  await stage.drop();
  await stage.accept("B");
  stage.socket.receiveFrame(fromGroup("early", 1));
  stage.socket.receiveFrame(ack(stage.socket.frames("joinGroup")[0]?.["ackId"]));
  expect(stage.named.slice(2)).toEqual(['group-message "early"', "connected B"]);
});

test("once, on's answer and off take listeners away", async () => {
  const stage = new Stage();
  const { client } = stage;
  const seen: string[] = [];
  const named = (): void => void seen.push("off");
  client.once("server-message", () => seen.push("once"));
  const neverOnce = client.once("server-message", () => seen.push("never"));
  const remove = client.on("server-message", () => seen.push("on"));
  client.on("server-message", named);
  neverOnce();
  await stage.connect();
  stage.socket.receiveFrame(fromServer("1", 1));
  remove();
  client.off("server-message", named);
  client.off("server-message", () => undefined);
  stage.socket.receiveFrame(fromServer("2", 2));
  expect(seen).toEqual(["once", "on", "off"]);
});

test("a listener registered twice is called twice and taken off one at a time", async () => {
  const stage = new Stage();
  const listener = vi.fn();
  stage.client.on("server-message", listener);
  stage.client.on("server-message", listener);
  await stage.connect();
  stage.socket.receiveFrame(fromServer("1", 1));
  stage.client.off("server-message", listener);
  stage.socket.receiveFrame(fromServer("2", 2));
  expect(listener).toHaveBeenCalledTimes(3);
});
