import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { WebPubSubJsonReliableProtocol } from "web-pubsub-client";
import { observe, type ObservedFrame, type Observer, type ObserveOptions } from "web-pubsub-client/observe";
import { connected, fromGroup, pong } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { isProtobuf, Stage, turn, type StageOptions } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** What an observer was told, each as its method's name and a copy of the argument as it was then. */
function watch(
  options: StageOptions = {},
  only?: (keyof Observer)[],
  observeOptions?: ObserveOptions,
): { stage: Stage; told: [string, Record<string, unknown>][]; of: (name: keyof Observer) => object[] } {
  const stage = new Stage(options);
  const told: [string, Record<string, unknown>][] = [];
  const names: (keyof Observer)[] = only ?? [
    "onAttemptStarted",
    "onAttemptEnded",
    "onState",
    "onRecoveryStarted",
    "onRecoveryEnded",
    "onFrame",
    "onOperationQueued",
    "onOperationSent",
    "onOperationSettled",
    "onRoundTrip",
  ];
  const observer = Object.fromEntries(
    names.map((name) => [
      name,
      (one: object | number) =>
        void told.push([name, typeof one === "number" ? { durationInMs: one } : { ...one }]),
    ]),
  );
  observe(stage.client, observer, observeOptions);
  return {
    stage,
    told,
    of: (name) => told.filter(([method]) => method === name).map(([, one]) => one),
  };
}

/** Turns the clock until something holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn(100);
}

/** Without the fields that are undefined. */
const given = (one: object | undefined): object =>
  Object.fromEntries(Object.entries(one ?? {}).filter(([, value]) => value !== undefined));

describe("attempts", () => {
  test("one that succeeds", async () => {
    const { stage, told } = watch({}, ["onAttemptStarted", "onAttemptEnded", "onState"]);
    await stage.begin();
    await turn(70);
    await stage.accept("A");
    expect(told.map(([name, one]) => [name, given(one)])).toEqual([
      ["onAttemptStarted", { kind: "connect", attempt: 1, startedAt: 1_000_000 }],
      ["onState", { state: "Connecting", previousState: "Stopped", attempt: 1 }],
      [
        "onAttemptEnded",
        {
          kind: "connect",
          attempt: 1,
          startedAt: 1_000_000,
          connectionId: "A",
          durationInMs: 70,
          outcome: "succeeded",
        },
      ],
      ["onState", { state: "Connected", previousState: "Connecting", connectionId: "A" }],
    ]);
  });

  test("one that fails says why, and is the same object at its end", async () => {
    const stage = new Stage();
    const seen: object[] = [];
    observe(stage.client, {
      onAttemptStarted: (attempt) => seen.push(attempt),
      onAttemptEnded: (attempt) => seen.push(attempt),
    });
    const started = await stage.begin();
    await turn(30);
    await stage.drop(1006, "no way");
    expect(seen[0]).toBe(seen[1]);
    expect(seen[1]).toMatchObject({ outcome: "failed", durationInMs: 30, error: { closeCode: 1006 } });
    expect(started.error).toBe((seen[1] as { error: Error }).error);
  });

  test("a credential that fails, an attempt that takes too long, one that is stopped or aborted", async () => {
    const results: object[] = [];
    const attempt = async (
      options: StageOptions,
      act: (stage: Stage, abort: AbortController) => unknown,
    ): Promise<void> => {
      const { stage, of } = watch(options, ["onAttemptEnded"]);
      const abort = new AbortController();
      void follow(stage.client.start({ abortSignal: abort.signal }));
      await turn(10);
      await act(stage, abort);
      await turn();
      results.push(of("onAttemptEnded"));
    };
    const fails = { getClientAccessUrl: () => Promise.reject(new Error("no URL")) };
    await attempt({ credential: fails }, () => undefined);
    await attempt({}, () => turn(10_000));
    await attempt({}, (stage) => stage.client.stop());
    await attempt({}, (_stage, abort) => abort.abort());
    expect(results).toMatchObject([
      [{ outcome: "failed", durationInMs: 0, error: { code: "Credential" } }],
      [{ outcome: "failed", durationInMs: 10_000, error: { code: "Timeout" } }],
      [{ outcome: "abandoned", durationInMs: 10 }],
      [{ outcome: "abandoned", durationInMs: 10 }],
    ]);
  });

  test("attempts to reconnect are counted, also after an attempt to recover", async () => {
    const { stage, of } = watch({}, ["onAttemptStarted", "onAttemptEnded"]);
    await stage.connect("A");
    await stage.drop(1006);
    await stage.drop(1008);
    await until(() => stage.sockets.length === 3);
    await stage.drop(1006);
    await until(() => stage.sockets.length === 4);
    await stage.accept("B");
    expect(of("onAttemptStarted")).toMatchObject([
      { kind: "connect", attempt: 1 },
      { kind: "recover", attempt: 1, connectionId: "A" },
      { kind: "connect", attempt: 1 },
      { kind: "connect", attempt: 2 },
    ]);
    expect(of("onAttemptEnded")).toMatchObject([
      { outcome: "succeeded" },
      { outcome: "failed", error: { closeCode: 1008 } },
      { outcome: "failed", error: { closeCode: 1006 } },
      { outcome: "succeeded", connectionId: "B" },
    ]);
  });
});

describe("recoveries", () => {
  const METHODS: (keyof Observer)[] = ["onRecoveryStarted", "onRecoveryEnded"];

  test("duration, attempts, and what was replayed before the first pong", async () => {
    const { stage, told } = watch({}, METHODS);
    await stage.connect("A");
    await stage.drop(1006);
    await stage.drop(1006);
    await turn(5_000);
    const { length } = stage.sockets;
    expect(length).toBe(3);
    stage.socket.receiveOpen();
    stage.socket.receiveFrame(fromGroup("one", 1));
    stage.socket.receiveFrame(fromGroup("two", 2));
    expect(stage.client.state).toBe("Connected");
    expect(told).toHaveLength(1);
    const recoveredAt = Date.now();
    await turn(7);
    stage.socket.receiveFrame(pong);
    stage.socket.receiveFrame(fromGroup("three", 3));
    expect(told.map(([name]) => name)).toEqual(METHODS);
    const [[, began], [, ended]] = told as [[string, object], [string, object]];
    expect(began).toMatchObject({ connectionId: "A", attempts: 0, error: { closeCode: 1006 } });
    expect(ended).toMatchObject({
      connectionId: "A",
      attempts: 2,
      recovered: true,
      durationInMs: recoveredAt - 1_000_000,
      replayed: 2,
    });
  });

  test("a pong alone: nothing was replayed", async () => {
    const { stage, of } = watch({}, METHODS);
    await stage.connect("A");
    await stage.drop(1006);
    await stage.recover();
    expect(of("onRecoveryEnded")).toMatchObject([{ recovered: true, replayed: 0, attempts: 1 }]);
  });

  test("lost again before the replay was complete: two recoveries", async () => {
    const { stage, told } = watch({}, METHODS);
    await stage.connect("A");
    await stage.drop(1006);
    stage.socket.receiveOpen();
    stage.socket.receiveFrame(fromGroup("one", 1));
    await stage.drop(1006);
    expect(told.map(([name]) => name)).toEqual([...METHODS, METHODS[0]]);
    expect(told[1]?.[1]).toMatchObject({ recovered: true, replayed: 1 });
  });

  test("one that fails says why", async () => {
    const { stage, of } = watch({}, METHODS);
    await stage.connect("A");
    await stage.drop(1006);
    await stage.drop(1008, "gone");
    expect(of("onRecoveryEnded")).toMatchObject([
      { recovered: false, attempts: 1, error: { closeCode: 1008, reason: "gone" } },
    ]);
    expect(given(of("onRecoveryEnded")[0])).not.toHaveProperty("replayed");
  });

  test("one that is stopped has no error; attempts that weren't made aren't counted", async () => {
    const { stage, of } = watch({}, METHODS);
    await stage.connect("A");
    await stage.drop(1006);
    await stage.client.stop();
    expect(of("onRecoveryEnded")).toMatchObject([{ recovered: false, attempts: 1, error: undefined }]);
    await stage.connect("B");
    // The service restarts: the first attempt is waited for.
    stage.socket.receiveClose(1012);
    await stage.client.stop();
    expect(of("onRecoveryEnded")[1]).toMatchObject({ attempts: 0, error: undefined });
  });
});

describe("frames", () => {
  test("direction, kind, bytes, group and numbers; no content", async () => {
    const { stage, of } = watch({}, ["onFrame"]);
    await stage.connect("A", "secret-token");
    void stage.client.sendToGroup("room", "hé", { noEcho: true });
    stage.socket.receiveFrame({ type: "ack", ackId: 1, success: true });
    stage.socket.receiveFrame(fromGroup("back", 7, "room"));
    await turn(1_000);
    const frames = of("onFrame").map(given) as ObservedFrame[];
    expect(frames).toMatchObject([
      { direction: "in", kind: "connected", at: 1_000_000 },
      { direction: "out", kind: "sendToGroup", group: "room", ackId: 1 },
      { direction: "in", kind: "ack", ackId: 1 },
      { direction: "in", kind: "groupData", group: "room", sequenceId: 7 },
      { direction: "out", kind: "sequenceAck", at: 1_001_000 },
    ]);
    if (!isProtobuf) {
      expect(frames[1]?.bytes).toBe(Buffer.byteLength(stage.socket.raw[0] as string));
      expect(frames[4]).toMatchObject({ sequenceId: 7 });
    } else expect(frames[1]?.bytes).toBe((stage.socket.raw[0] as ArrayBuffer).byteLength);
    for (const frame of frames) expect(frame).not.toHaveProperty("message");
  });

  test("with content they carry their messages, without the token", async () => {
    const { stage, of } = watch({}, ["onFrame"], { content: true });
    await stage.connect("A", "secret-token");
    void stage.client.sendToGroup("room", "hello");
    stage.socket.receiveFrame(fromGroup("back", 1, "room"));
    const frames = of("onFrame") as ObservedFrame[];
    expect(frames.map(({ message }) => message)).toMatchObject([
      { kind: "connected", connectionId: "A", reconnectionToken: "" },
      { kind: "sendToGroup", data: "hello" },
      { kind: "groupData", data: "back" },
    ]);
    expect(JSON.stringify(frames)).not.toContain("secret");
    // The client has it nevertheless.
    await stage.drop();
    expect(stage.socket.url.searchParams.get("awps_reconnection_token")).toBe("secret-token");
  });

  test("pings and pongs, and what belongs to no operation", async () => {
    const { stage, of } = watch({}, ["onFrame"]);
    await stage.connect("A");
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    stage.socket.receiveFrame({ type: "streamAck", streamId: "s", expectedSequenceId: 1 });
    await turn();
    void opening.value?.write("piece").catch(() => undefined);
    void opening.value?.end().catch(() => undefined);
    stage.socket.receiveFrame(fromGroup("a", 1));
    void follow(stage.client.invokeEvent("order", "tea", { timeoutInMs: 50 }));
    await turn(50);
    await turn(20_000);
    const kinds = (of("onFrame") as ObservedFrame[])
      .filter(({ direction }) => direction === "out")
      .map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(
      new Set([
        "sendToGroup",
        "streamData",
        "streamEnd",
        "invoke",
        "cancelInvocation",
        "sequenceAck",
        "ping",
      ]),
    );
  });

  test("what nobody can read is unknown", async () => {
    const { stage, of } = watch({}, ["onFrame"]);
    await stage.connect("A");
    if (!isProtobuf) stage.socket.receiveFrame({ type: "news" });
    stage.socket.receiveFrame("{");
    const [, ...frames] = of("onFrame") as ObservedFrame[];
    expect(frames.map(({ kind }) => kind)).toEqual(isProtobuf ? ["unknown"] : ["unknown", "unknown"]);
  });
});

describe("operations", () => {
  const METHODS: (keyof Observer)[] = ["onOperationQueued", "onOperationSent", "onOperationSettled"];

  test("from the call to the ack, with the time in between", async () => {
    const { stage, told } = watch({}, METHODS);
    const sent = follow(stage.client.sendToGroup("room", "hello"));
    await turn(100);
    await stage.connect("A");
    await turn(40);
    stage.socket.receiveFrame({ type: "ack", ackId: 1, success: true });
    await turn();
    expect(sent.value).toMatchObject({ ackId: 1 });
    const base = {
      kind: "sendToGroup",
      group: "room",
      ackId: 1,
      isInternal: false,
      queuedAt: 1_000_000,
    };
    expect(told.map(([name, one]) => [name, given(one)])).toEqual([
      ["onOperationQueued", { ...base, timesSent: 0 }],
      ["onOperationSent", { ...base, timesSent: 1, sentAt: 1_000_100 }],
      ["onOperationSettled", { ...base, timesSent: 1, sentAt: 1_000_100, durationInMs: 140 }],
    ]);
  });

  test("what is sent again, and a refusal", async () => {
    const { stage, of } = watch({}, METHODS);
    await stage.connect("A");
    void follow(stage.client.sendEvent("order", "tea"));
    await stage.drop();
    await stage.recover();
    stage.socket.receiveFrame({
      type: "ack",
      ackId: 1,
      success: false,
      error: { name: "Forbidden", message: "no" },
    });
    expect(of("onOperationSent")).toMatchObject([{ timesSent: 1 }, { timesSent: 2 }]);
    expect(of("onOperationSettled")).toMatchObject([
      { kind: "sendEvent", event: "order", timesSent: 2, error: { code: "Refused" } },
    ]);
  });

  test("the client's own joins are internal; a subscriber's group is one operation", async () => {
    const { stage, of } = watch({}, METHODS);
    stage.client.group("room").subscribe(() => undefined);
    await stage.connect("A");
    expect(of("onOperationQueued")).toMatchObject([{ kind: "joinGroup", group: "room", isInternal: true }]);
  });

  test("what is sent without an answer is settled when it is written", async () => {
    const { stage, told } = watch({}, METHODS);
    await stage.connect("A");
    await stage.client.sendToGroup("room", "hello", { fireAndForget: true });
    expect(told.map(([name]) => name)).toEqual(METHODS);
    expect(given(of(told, "onOperationSettled"))).not.toHaveProperty("ackId");
  });

  test("invocations", async () => {
    const { stage, told } = watch({}, METHODS, { content: true });
    await stage.connect("A");
    const answer = follow(stage.client.invokeEvent("order", "tea"));
    await turn(15);
    stage.socket.receiveFrame({
      type: "invokeResponse",
      invocationId: "1",
      success: true,
      dataType: "text",
      data: "done",
    });
    await turn();
    expect(answer.value).toMatchObject({ data: "done" });
    void follow(stage.client.invokeEvent("order", "coffee", { timeoutInMs: 30 }));
    await turn(30);
    expect(told.map(([name]) => name)).toEqual([...METHODS, ...METHODS]);
    expect(told[2]?.[1]).toMatchObject({
      kind: "invoke",
      event: "order",
      invocationId: "1",
      timesSent: 1,
      durationInMs: 15,
      message: { data: "tea" },
    });
    expect(told[5]?.[1]).toMatchObject({ invocationId: "2", error: { code: "Timeout" } });
  });

  test("without content no message, with it the message", async () => {
    for (const content of [false, true]) {
      const { stage, told } = watch({}, ["onOperationQueued"], { content });
      void follow(stage.client.sendToGroup("room", "hello"));
      const { message } = told[0]?.[1] as { message?: { data: unknown } };
      expect(message?.data).toBe(content ? "hello" : undefined);
    }
  });

  function of(told: [string, object][], name: string): object | undefined {
    return told.find(([method]) => method === name)?.[1];
  }
});

test("round trips are timed from each ping to its pong", async () => {
  const { stage, of } = watch({}, ["onRoundTrip"]);
  await stage.connect("A");
  await turn(20_000);
  expect(stage.socket.sent).toEqual([{ type: "ping" }]);
  await turn(35);
  stage.socket.receiveFrame(pong);
  await turn(20_000);
  await stage.drop();
  // The answer to the old socket's ping never comes.
  stage.socket.receiveOpen();
  await turn(4);
  stage.socket.receiveFrame(pong);
  expect(of("onRoundTrip")).toEqual([{ durationInMs: 35 }, { durationInMs: 4 }]);
});

test("what waits: operations, and frames that the service hasn't answered", async () => {
  const stage = new Stage();
  const onLoad = vi.fn();
  const observation = observe(stage.client, { onLoad });
  void follow(stage.client.sendToGroup("room", "a"));
  expect(observation.load()).toEqual({ pending: 1, unread: 0 });
  await stage.connect("A");
  void follow(stage.client.sendToGroup("room", "b"));
  expect(observation.load()).toEqual({ pending: 2, unread: 2 });
  expect(onLoad).toHaveBeenLastCalledWith({ pending: 2, unread: 2 });
  stage.socket.receiveFrame({ type: "ack", ackId: 2, success: true });
  expect(observation.load()).toEqual({ pending: 1, unread: 0 });
  void follow(stage.client.sendToGroup("room", "c"));
  stage.socket.receiveClose(1006);
  expect(onLoad).toHaveBeenLastCalledWith({ pending: 2, unread: 0 });
});

describe("metadata", () => {
  test("is added to messages and events, and the caller's own stays", async () => {
    const stage = new Stage();
    observe(stage.client, {
      addMetadata: ({ kind, group, event }) => ({ trace: `${kind} ${group ?? event}`, other: "theirs" }),
    });
    await stage.connect("A");
    const own = { other: "mine" };
    void follow(stage.client.sendToGroup("room", "hello", { metadata: own }));
    void follow(stage.client.sendEvent("order", "tea"));
    void follow(stage.client.joinGroup("room"));
    void follow(stage.client.invokeEvent("order", "tea"));
    expect(stage.socket.sent).toMatchObject([
      { metadata: { trace: "sendToGroup room", other: "mine" } },
      { metadata: { trace: "sendEvent order", other: "theirs" } },
      { type: "joinGroup" },
      { type: "invoke", ...(isProtobuf && { metadata: { trace: "invoke order" } }) },
    ]);
    if (!isProtobuf) expect(stage.socket.sent[3]).not.toHaveProperty("metadata");
    expect(stage.socket.sent[2]).not.toHaveProperty("metadata");
    expect(own).toEqual({ other: "mine" });
  });

  test("of invocations goes out on protobuf only", async () => {
    const sent: unknown[] = [];
    for (const protocol of [WebPubSubJsonReliableProtocol(), WebPubSubProtobufReliableProtocol()]) {
      const stage = new Stage({ protocol, socket: { translates: true } });
      observe(stage.client, { addMetadata: () => ({ trace: "t" }) });
      await stage.connect("A");
      void follow(stage.client.invokeEvent("order", "tea"));
      sent.push(stage.socket.frames("invoke")[0]?.["metadata"]);
    }
    expect(sent).toEqual([undefined, { trace: "t" }]);
  });

  test("that the service would refuse is reported and left out; the message is sent", async () => {
    const reported = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const stage = new Stage();
    observe(stage.client, { addMetadata: () => ({ "not a token": "x" }) });
    await stage.connect("A");
    void follow(stage.client.sendToGroup("room", "hello"));
    expect(stage.socket.sent).toMatchObject([{ data: "hello" }]);
    expect(stage.socket.sent[0]).not.toHaveProperty("metadata");
    expect(String(reported.mock.calls[0]?.[1])).toContain("metadata");
  });
});

describe("observers", () => {
  test("several hear the same, and one that stops hears no more", async () => {
    const stage = new Stage();
    const first = { onFrame: vi.fn() };
    const second = { onFrame: vi.fn() };
    const observation = observe(stage.client, first);
    observe(stage.client, second);
    await stage.connect("A");
    observation.stop();
    stage.socket.receiveFrame(fromGroup("x", 1));
    expect(first.onFrame).toHaveBeenCalledTimes(1);
    expect(second.onFrame).toHaveBeenCalledTimes(2);
  });

  test("one that throws harms nothing, and is reported", async () => {
    const reported = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const fails = (): never => {
      throw new Error("an observer's mistake");
    };
    const stage = new Stage();
    observe(stage.client, {
      onAttemptStarted: fails,
      onAttemptEnded: () => Promise.reject(new Error("a later mistake")),
      onFrame: fails,
      onOperationQueued: fails,
      onOperationSent: fails,
      onOperationSettled: fails,
      onState: fails,
      onLoad: fails,
    });
    await stage.connect("A");
    const sent = follow(stage.client.sendToGroup("room", "hello"));
    stage.socket.receiveFrame({ type: "ack", ackId: 1, success: true });
    await turn();
    expect(sent.value).toMatchObject({ ackId: 1 });
    expect(stage.journal).toEqual(["=> Connecting", "=> Connected", "connected A"]);
    const words = reported.mock.calls.map(([, error]) => String(error));
    expect(words).toContain("Error: an observer's mistake");
    expect(words).toContain("Error: a later mistake");
  });

  test("what an application's own codec and clock do wrong doesn't reach the client through an observer", async () => {
    const reported = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const json = WebPubSubJsonReliableProtocol();
    let clockFails = false;
    const stage = new Stage({
      protocol: {
        ...json,
        parseMessages: (data) =>
          data === "odd" ? (["odd", 1, undefined] as never) : json.parseMessages(data),
      },
      environment: {
        now: () => {
          if (clockFails) throw new Error("no clock");
          return Date.now();
        },
      },
    });
    const onFrame = vi.fn();
    observe(stage.client, { onFrame, onRoundTrip: vi.fn() });
    await stage.connect("A");
    stage.socket.receiveFrame("odd");
    expect(onFrame).toHaveBeenLastCalledWith(expect.objectContaining({ kind: "unknown" }));
    expect(stage.client.state).toBe("Connected");
    clockFails = true;
    stage.socket.receiveFrame(fromGroup("still here", 1));
    expect(stage.journal.at(-1)).toBe('group-message "still here"');
    expect(stage.client.state).toBe("Connected");
    expect(String(reported.mock.calls.at(-1)?.[1])).toContain("no clock");
    clockFails = false;
  });

  test("one may use the client: what it sends comes behind what it was told of, and it may stop", async () => {
    const stage = new Stage();
    let count = 0;
    observe(stage.client, {
      onOperationSent: () => {
        if (count++ === 0) void follow(stage.client.sendToGroup("room", "second"));
      },
    });
    await stage.connect("A");
    void follow(stage.client.sendToGroup("room", "first"));
    expect(stage.socket.sent).toMatchObject([{ data: "first" }, { data: "second" }]);
    await stage.client.stop();

    for (const method of ["onAttemptStarted", "onAttemptEnded", "onFrame", "onOperationQueued"] as const) {
      const other = new Stage();
      observe(other.client, { [method]: () => void other.client.stop() });
      const started = follow(other.client.start());
      const sent = follow(other.client.sendToGroup("room", "hello"));
      await turn();
      if (other.sockets.length > 0) {
        other.socket.receiveOpen();
        other.socket.receiveFrame(connected("A"));
      }
      await turn(60_000);
      expect(other.client.state).toBe("Stopped");
      expect([started.status, sent.status]).not.toContain("pending");
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  test("one that comes while an attempt is under way isn't told of its end", async () => {
    const stage = new Stage();
    await stage.begin();
    const onAttemptEnded = vi.fn();
    observe(stage.client, { onAttemptEnded });
    await stage.accept("A");
    expect(onAttemptEnded).not.toHaveBeenCalled();
  });

  test("what isn't an observer or a client is refused", () => {
    const stage = new Stage();
    expect(() => observe(stage.client, undefined as unknown as Observer)).toThrow(TypeError);
    expect(() => observe({} as never, {})).toThrow(TypeError);
    expect(() => observe(stage.client, {}, { content: 1 as unknown as boolean })).toThrow(TypeError);
  });

  test("the client goes on as before in a proxy", async () => {
    const stage = new Stage();
    const onFrame = vi.fn();
    observe(new Proxy(stage.client, {}), { onFrame });
    await stage.connect("A");
    expect(onFrame).toHaveBeenCalledTimes(1);
  });
});
