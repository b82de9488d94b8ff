import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebPubSubJsonProtocol, type SavedSession } from "web-pubsub-client";
import { ack, connected, fromGroup, pong } from "../helpers/frames.js";
import { overJson, startWith } from "../helpers/handover.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn, URL, type StageOptions } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A second client, as on the page after a reload, that has opened its socket. */
async function successor(session: SavedSession | undefined, options: StageOptions = {}) {
  const stage = new Stage(options);
  return { stage, ...(await startWith(stage, session)) };
}

/** The ack ids of the frames in the order of sending. */
const ids = (stage: Stage): unknown[] =>
  stage.socket.sent.filter(({ ackId }) => ackId !== undefined).map(({ ackId }) => ackId);

describe("suspend", () => {
  test("drops the socket without a goodbye, and the client is stopped", async () => {
    const stage = new Stage();
    const socket = await stage.connect();
    stage.journal.length = 0;
    const session = stage.client.suspend();
    expect(session).toMatchObject({ identity: { connectionId: "A", reconnectionToken: "token-A" } });
    expect(stage.client.state).toBe("Stopped");
    expect(stage.journal).toEqual(["=> Stopped", "stopped"]);
    expect([socket.terminated, socket.closeCalls]).toEqual([true, []]);
    await turn(60_000);
    expect(stage.sockets).toHaveLength(1);
  });

  test("pending operations reject with the code `Suspended`", async () => {
    const stage = new Stage();
    await stage.connect();
    const sent = follow(stage.client.sendToGroup("g", 1));
    stage.client.suspend();
    await turn();
    expect(sent.error).toMatchObject({ code: "Suspended", ackId: 1 });
  });

  test("a start that is under way rejects, and a stop that drains resolves", async () => {
    const stage = new Stage();
    const started = await stage.begin();
    expect(stage.client.suspend()).toMatchObject({ operations: [] });
    await turn();
    expect(started.error).toMatchObject({ code: "Suspended" });

    const other = new Stage();
    await other.connect();
    follow(other.client.sendToGroup("g", 1));
    const stopped = follow(other.client.stop({ drainInMs: 10_000 }));
    expect(other.client.suspend()?.operations).toHaveLength(1);
    await turn();
    expect(stopped.status).toBe("resolved");
  });

  test("there is no session of a client that isn't started or is stopping", async () => {
    const stage = new Stage();
    expect(stage.client.suspend()).toBeUndefined();
    await stage.connect();
    void stage.client.stop();
    expect([stage.client.suspend(), stage.client.snapshot()]).toEqual([undefined, undefined]);
    await turn(1_000);
    expect(stage.client.snapshot()).toBeUndefined();
  });

  test("a snapshot ends nothing", async () => {
    const stage = new Stage();
    await stage.connect();
    const sent = follow(stage.client.sendToGroup("g", 1));
    expect(stage.client.snapshot()).toMatchObject({ operations: [{ sent: true }] });
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect([stage.client.state, sent.status]).toEqual(["Connected", "resolved"]);
  });
});

describe("resume", () => {
  test("the connection goes on: same id, what was missed, no `recovered`", async () => {
    const first = new Stage();
    await first.connect();
    first.socket.receiveFrame(fromGroup("1", 1, "g"));
    const { stage, started } = await successor(first.client.suspend());
    expect(stage.client).toMatchObject({ state: "Recovering", connectionId: "A" });
    expect(stage.socket.url.href).toContain("awps_connection_id=A&awps_reconnection_token=token-A");
    stage.socket.receiveOpen();
    stage.socket.receiveFrame(fromGroup("1", 1, "g"));
    stage.socket.receiveFrame(fromGroup("2", 2, "g"));
    await turn();
    expect(started.status).toBe("resolved");
    expect(stage.journal).toEqual([
      "=> Recovering",
      "=> Connected",
      "connected A resumed",
      'group-message "2"',
    ]);
  });

  test("`connected` comes after code that awaits `start`", async () => {
    const first = new Stage();
    await first.connect();
    const stage = new Stage();
    const heard: unknown[] = [];
    const started = stage.client
      .start({ resume: first.client.suspend() })
      .then(() => stage.client.on("connected", (args) => heard.push(args)));
    await turn();
    await stage.recover();
    await started;
    await turn();
    expect(heard).toEqual([{ connectionId: "A", userId: "ann", resumed: true }]);
  });

  test("the last sequence id is acknowledged", async () => {
    const first = new Stage();
    await first.connect();
    first.socket.receiveFrame(fromGroup("1", 7, "g"));
    const { stage } = await successor(first.client.suspend());
    await stage.recover();
    expect(stage.socket.frames("sequenceAck").map(({ sequenceId }) => sequenceId)).toEqual([7]);
  });

  test("operations go on in their order with their ids, and each is told", async () => {
    const first = new Stage();
    await first.connect();
    const { client } = first;
    for (const n of [1, 2]) follow(client.sendToGroup("g", n));
    first.socket.receiveFrame(ack(1));
    await first.drop();
    follow(client.sendToGroup("g", new Uint8Array([1, 2])));
    follow(client.sendEvent("e", { a: 1 }, { fireAndForget: true }));
    follow(client.joinGroup("h"));
    const { stage, restored } = await successor(client.suspend());
    expect(restored.map(({ operation }) => operation)).toMatchObject([
      { kind: "sendToGroup", ackId: 2, data: 2 },
      { kind: "sendToGroup", ackId: 3, data: new Uint8Array([1, 2]).buffer },
      { kind: "sendEvent", event: "e", data: { a: 1 } },
      { kind: "joinGroup", group: "h", ackId: 4 },
    ]);
    await stage.recover();
    expect(ids(stage)).toEqual([2, 3, 4]);
    stage.socket.receiveFrame(ack(2, "Duplicate"));
    stage.socket.receiveFrame(ack(3));
    stage.socket.receiveFrame(ack(4, "Forbidden"));
    await turn();
    expect(restored.map(({ result }) => result.value ?? result.error)).toMatchObject([
      { ackId: 2, isDuplicated: true },
      { ackId: 3, isDuplicated: false },
      { isDuplicated: false },
      { code: "Refused" },
    ]);
  });

  test("calls before the start come behind, with ids of their own", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.leaveGroup("g"));
    follow(first.client.sendToGroup("g", 1));
    const session = first.client.suspend();
    const stage = new Stage();
    const join = follow(stage.client.joinGroup("g"));
    const sent = follow(stage.client.sendToGroup("g", 2));
    const explicit = follow(stage.client.sendToGroup("g", 3, { ackId: 700 }));
    follow(stage.client.start({ resume: session }));
    await turn();
    await stage.recover();
    // The draw is 0.5.
    const afar = 3 + 2 ** 20 * (1 + 2 ** 11);
    expect(ids(stage)).toEqual([1, 2, afar + 1, 700]);
    stage.socket.receiveFrame(ack(1));
    expect(stage.socket.sent.at(-1)).toMatchObject({ type: "joinGroup", group: "g", ackId: afar });
    for (const id of [2, afar, afar + 1, 700]) stage.socket.receiveFrame(ack(id));
    await turn();
    expect([join, sent, explicit].map(({ value }) => (value as { ackId: number }).ackId)).toEqual([
      afar,
      afar + 1,
      700,
    ]);
  });

  test("calls of the new page about a group decide, though those of the page before are still to be answered", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.joinGroup("g"));
    const session = first.client.suspend();
    const stage = new Stage();
    follow(stage.client.leaveGroup("g"));
    follow(stage.client.start({ resume: session }));
    await turn();
    await stage.recover();
    stage.socket.receiveFrame(ack(1));
    stage.socket.receiveFrame(ack(stage.socket.frames("leaveGroup")[0]?.["ackId"]));
    await turn(10_000);
    expect(stage.socket.frames("joinGroup").map(({ ackId }) => ackId)).toEqual([1]);
  });

  test("a leave that asked nobody, since a handle held the group, counts in the new page", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.joinGroup("g"));
    first.client.group("g").subscribe(() => undefined);
    await first.client.leaveGroup("g");
    const { stage } = await successor(first.client.suspend());
    await stage.recover();
    for (const { ackId } of stage.socket.frames("joinGroup")) stage.socket.receiveFrame(ack(ackId));
    await turn();
    for (const { ackId } of stage.socket.frames("joinGroup")) stage.socket.receiveFrame(ack(ackId));
    await turn(10_000);
    expect(stage.socket.frames("leaveGroup")).toMatchObject([{ group: "g" }]);
  });

  test("who gives up a call from before the start is told its new ack id", async () => {
    const first = new Stage();
    await first.connect();
    const session = first.client.suspend();
    const stage = new Stage();
    const abort = new AbortController();
    const sent = follow(stage.client.sendToGroup("g", 1, { abortSignal: abort.signal }));
    follow(stage.client.start({ resume: session }));
    await turn();
    await stage.recover();
    abort.abort();
    await turn();
    expect(sent.error).toMatchObject({ code: "Aborted", ackId: ids(stage)[0] });
  });

  test("what a snapshot has as unsent may have been sent since", async () => {
    const first = new Stage();
    await first.begin();
    follow(first.client.sendToGroup("g", 1));
    const { stage, restored } = await successor(first.client.snapshot());
    await stage.accept("B");
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect(restored[0]?.result.value).toMatchObject({ ackId: 1, resentOnNewConnection: true });
  });

  test("a group that was refused isn't left", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.joinGroup("g"));
    first.socket.receiveFrame(ack(1, "Forbidden"));
    await turn();
    const { stage } = await successor(first.client.suspend());
    await stage.recover();
    expect(ids(stage)).toEqual([]);
  });

  test("`connected` waits for groups that are asked for again", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.joinGroup("g"));
    first.socket.receiveFrame(ack(1));
    await turn();
    const { stage } = await successor(first.client.snapshot());
    await stage.recover();
    expect(stage.named).toEqual([]);
    stage.socket.receiveFrame(ack(stage.socket.frames("joinGroup")[0]?.["ackId"]));
    await turn();
    expect(stage.named).toEqual(["connected A resumed"]);
  });

  test("what is restored is nothing to warn of", async () => {
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    const first = new Stage();
    await first.connect();
    follow(first.client.joinGroup("g"));
    await successor(first.client.suspend());
    expect(warned.mock.calls).toEqual([]);
    warned.mockRestore();
  });

  test("an explicit id of the new page that is taken rejects the restored operation", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.sendToGroup("g", 1));
    const stage = new Stage();
    follow(stage.client.sendToGroup("g", 2, { ackId: 1 }));
    const results: Promise<unknown>[] = [];
    follow(
      stage.client.start({ resume: first.client.suspend(), onRestored: (_, result) => results.push(result) }),
    );
    await expect(results[0]).rejects.toMatchObject({ code: "AckIdInUse" });
  });

  test("`onRestored` must be a function, and what it throws is reported as its own", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.sendToGroup("g", 1));
    const session = first.client.suspend();
    const stage = new Stage();
    const wrong = follow(stage.client.start({ resume: session, onRestored: 5 as never }));
    await turn();
    expect(wrong.error).toEqual(new TypeError("onRestored must be a function."));
    expect(stage.journal).toEqual([]);
    const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const mine = new Error("mine");
    follow(stage.client.start({ resume: session, onRestored: () => Promise.reject(mine) }));
    await turn();
    await stage.recover();
    expect(said.mock.calls).toEqual([["web-pubsub-client: onRestored failed:", mine]]);
    said.mockRestore();
    expect(ids(stage)).toEqual([1]);
  });

  test("calls in `onRestored` come behind all that is restored, and are new", async () => {
    const first = new Stage();
    await first.connect();
    for (const data of ["1", "2"]) follow(first.client.sendToGroup("g", data));
    const stage = new Stage({ maxPendingOperations: 1 });
    const calls: ReturnType<typeof follow>[] = [];
    const onRestored = () => void calls.push(follow(stage.client.sendToGroup("g", "3")));
    follow(stage.client.start({ resume: overJson(first.client.suspend()), onRestored }));
    await turn();
    expect(calls[1]?.error).toMatchObject({ code: "TooManyPending" });
    await stage.recover();
    expect(stage.socket.frames("sendToGroup").map(({ data }) => data)).toEqual(["1", "2", "3"]);
  });

  test("a client that is suspended in `onRestored` hands all of it on", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.joinGroup("g"));
    for (const data of ["1", "2"]) follow(first.client.sendToGroup("g", data));
    const stage = new Stage();
    const sessions: (SavedSession | undefined)[] = [];
    const onRestored = () => void sessions.push(stage.client.suspend());
    follow(stage.client.start({ resume: overJson(first.client.suspend()), onRestored }));
    await turn();
    expect([stage.client.state, stage.sockets.length]).toEqual(["Stopped", 0]);
    const last = await successor(sessions[0]);
    await last.stage.recover();
    expect(ids(last.stage)).toEqual([1, 2, 3]);
  });

  test("more operations than `maxPendingOperations` are restored", async () => {
    const first = new Stage();
    await first.connect();
    for (const n of [1, 2, 3]) follow(first.client.sendToGroup("g", n));
    const { restored } = await successor(first.client.suspend(), { maxPendingOperations: 1 });
    expect(restored.map(({ result }) => result.status)).toEqual(["pending", "pending", "pending"]);
  });

  test("groups are still joined; what was unsure is asked again", async () => {
    const first = new Stage();
    await first.connect();
    const joined = follow(first.client.joinGroup("g"));
    first.socket.receiveFrame(ack(1));
    await turn();
    expect(joined.status).toBe("resolved");
    const snapshot = first.client.snapshot();
    const session = first.client.suspend();

    const { stage } = await successor(session);
    await stage.recover();
    expect(stage.client.group("g").status).toBe("joined");
    expect(stage.socket.frames("joinGroup")).toEqual([]);

    const { stage: later } = await successor(snapshot);
    await later.recover();
    expect(later.socket.frames("joinGroup")).toMatchObject([{ group: "g" }]);
  });

  test("a group that nobody wants any more is left", async () => {
    const first = new Stage();
    await first.connect();
    const subscription = first.client.group("g").subscribe(() => undefined);
    first.socket.receiveFrame(ack(1));
    await turn();
    subscription();
    const { stage } = await successor(first.client.suspend());
    await stage.recover();
    await turn(10_000);
    expect(stage.socket.frames("leaveGroup")).toMatchObject([{ group: "g" }]);
  });

  test("a session can be handed on before it was resumed, and the drop's time is kept", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.sendToGroup("g", 1));
    const session = first.client.suspend();
    await turn(5_000);
    const { stage } = await successor(session);
    const again = stage.client.suspend();
    const features = { ...session?.features, invocations: expect.any(Number) as number };
    expect(again).toMatchObject({ ...session, nextAckId: expect.any(Number) as number, features });
    const { stage: third } = await successor(again);
    await third.recover();
    expect(ids(third)).toEqual([1]);
  });

  test("the same client goes on too", async () => {
    const stage = new Stage();
    await stage.connect();
    const session = stage.client.suspend();
    await turn();
    follow(stage.client.start({ resume: session }));
    await turn();
    await stage.recover();
    expect(stage.client).toMatchObject({ state: "Connected", connectionId: "A" });
  });
});

describe("where it can't be resumed", () => {
  test("refused: a new connection with rejoin and resend, and `state-changed` says why", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.joinGroup("g"));
    first.socket.receiveFrame(ack(1));
    await turn();
    follow(first.client.sendToGroup("g", 1));
    const { stage, started, restored } = await successor(first.client.suspend());
    const reasons: unknown[] = [];
    stage.client.on("state-changed", ({ state, code }) => reasons.push([state, code]));
    await stage.drop(1008);
    await stage.accept("B");
    expect(reasons[0]).toEqual(["Disconnected", 1008]);
    expect(started.status).toBe("resolved");
    expect(stage.socket.frames("joinGroup")).toHaveLength(1);
    stage.socket.receiveFrame(ack(stage.socket.frames("joinGroup")[0]?.["ackId"]));
    stage.socket.receiveFrame(ack(2));
    await turn();
    expect(restored[0]?.result.value).toMatchObject({ ackId: 2, resentOnNewConnection: true });
    expect(stage.named).toEqual(["connected B"]);
  });

  test("another endpoint", async () => {
    const first = new Stage();
    await first.connect();
    const { stage } = await successor(first.client.suspend(), {
      credential: URL.replace("hubs/chat", "hubs/other"),
    });
    expect(stage.socket.url.href).not.toContain("awps_connection_id");
    await stage.accept("B");
    expect(stage.named).toEqual(["connected B"]);
  });

  test("another subprotocol, one that can't recover: `state-changed` says why", async () => {
    const first = new Stage();
    await first.connect();
    const stage = new Stage({ protocol: WebPubSubJsonProtocol() });
    const reasons: unknown[] = [];
    stage.client.on("state-changed", ({ state, error }) => reasons.push([state, error?.message]));
    follow(stage.client.start({ resume: first.client.suspend() }));
    await turn();
    expect(reasons).toContainEqual([
      "Disconnected",
      "The session to resume has another endpoint or subprotocol.",
    ]);
    expect(stage.socket.url.href).not.toContain("awps_connection_id");
  });

  test("no connection yet: operations and groups only", async () => {
    const first = new Stage();
    await first.begin();
    follow(first.client.sendToGroup("g", 1));
    const session = first.client.suspend();
    expect(session?.identity).toBeUndefined();
    const { stage } = await successor(session);
    expect(stage.client.state).toBe("Connecting");
    await stage.accept("B");
    expect(ids(stage)).toEqual([1]);
  });

  test("no connection yet, and the first attempt fails: the next one has the operations", async () => {
    const first = new Stage();
    await first.begin();
    follow(first.client.sendToGroup("g", 1));
    const { stage, started } = await successor(first.client.suspend());
    await stage.drop();
    await turn(5_000);
    await stage.accept("B");
    expect([started.status, ids(stage)]).toEqual(["resolved", [1]]);
  });

  test("a credential that fails is tried again within the 30 s", async () => {
    const first = new Stage();
    await first.connect();
    const getClientAccessUrl = vi.fn<() => Promise<string>>();
    getClientAccessUrl.mockRejectedValueOnce(new Error("offline")).mockResolvedValue(URL);
    const { stage } = await successor(first.client.suspend(), { credential: { getClientAccessUrl } });
    await turn(3_000);
    await stage.recover();
    expect(stage.client).toMatchObject({ state: "Connected", connectionId: "A" });
  });

  test("an abort stops the attempts", async () => {
    const first = new Stage();
    await first.connect();
    const stage = new Stage();
    const abort = new AbortController();
    const started = follow(stage.client.start({ resume: first.client.suspend(), abortSignal: abort.signal }));
    await turn();
    await stage.drop();
    abort.abort();
    await turn(100);
    expect(started.error).toMatchObject({ name: "AbortError" });
    expect(stage.client.state).toBe("Stopped");
  });

  test("two that hold one session don't take it from each other for ever", async () => {
    const first = new Stage();
    await first.connect();
    const { stage } = await successor(first.client.suspend());
    await stage.recover();
    for (let loss = 0; loss < 2; loss++) {
      await stage.drop();
      await turn(3_000);
      await stage.recover();
    }
    await stage.drop();
    await turn(10_000);
    expect(stage.socket.url.href).not.toContain("awps_connection_id");
  });

  test.each([["text"], [{}], [[]], [{ version: 1 }], [1]])("%j is no session", async (value) => {
    const stage = new Stage();
    const started = stage.client.start({ resume: value as unknown as SavedSession });
    await expect(started).rejects.toThrow(TypeError);
    expect(stage.journal).toEqual([]);
    await stage.connect();
  });

  const noSession: [string, (session: Record<string, unknown>) => void][] = [
    ["an operation that is none", (session) => (session["operations"] = [1])],
    ["an operation without a message", (session) => (session["operations"] = [{ sent: true }])],
    ["bytes that aren't base64", (session) => (session["operations"] = [bytes("***")])],
    ["bytes that are a number", (session) => (session["operations"] = [bytes(5)])],
    ["no token", (session) => (session["identity"] = { connectionId: "A", userId: "ann" })],
    ["identity null", (session) => (session["identity"] = null)],
    ["no time", (session) => delete session["droppedAt"]],
    ["a text as ack id", (session) => (session["nextAckId"] = "5")],
    ["a text as sequence id", (session) => (session["sequenceId"] = "5")],
    ["no endpoint", (session) => delete session["endpoint"]],
    ["no features", (session) => delete session["features"]],
  ];
  const bytes = (data: unknown) => ({
    message: { kind: "sendToGroup", group: "g", dataType: "binary", data, ackId: 1 },
    sent: true,
    resent: false,
  });

  test.each(noSession)("a session with one wrong field is none: %s", async (_, spoil) => {
    const first = new Stage();
    await first.connect();
    const session = overJson(first.client.suspend());
    spoil(session as unknown as Record<string, unknown>);
    const stage = new Stage();
    const waiting = follow(stage.client.sendToGroup("g", "mine"));
    const started = follow(stage.client.start({ resume: session }));
    await turn();
    expect(started.error).toBeInstanceOf(TypeError);
    expect([stage.journal, waiting.status]).toEqual([[], "pending"]);
    await stage.connect();
    expect(ids(stage)).toEqual([1]);
  });

  test("without a session it is a usual start", async () => {
    const stage = new Stage();
    follow(stage.client.start({ resume: undefined }));
    await turn();
    stage.socket.receiveOpen();
    stage.socket.receiveFrame(connected("A"));
    stage.socket.receiveFrame(pong);
    await turn();
    expect(stage.named).toEqual(["connected A"]);
  });
});
