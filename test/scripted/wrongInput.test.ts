import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebPubSubClient, type WebPubSubClientOptions } from "web-pubsub-client";
import { ack, fromGroup } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What no compiler lets through, as programs without one hand it over. */
const wrong = (value: unknown): never => value as never;

describe("options that can't be are refused by the constructor, which says which and why", () => {
  test.each<[object, string]>([
    [{ autoReconnect: "no" }, "autoReconnect must be a boolean."],
    [{ autoRejoinGroups: 0 }, "autoRejoinGroups must be a boolean."],
    [{ resendOnNewConnection: "yes" }, "resendOnNewConnection must be a boolean."],
    [{ messageRetryOptions: 5 }, "messageRetryOptions must be an object."],
    [{ reconnectRetryOptions: "Fixed" }, "reconnectRetryOptions must be an object."],
    [{ messageRetryOptions: { jitter: 1 } }, "messageRetryOptions.jitter must be a boolean."],
    [{ webSocket: {} }, "webSocket must be a class of WebSockets."],
    [{ environment: { now: 5 } }, "environment.now must be a function."],
  ])("%j", (options, message) => {
    expect(() => new WebPubSubClient(URL, options as WebPubSubClientOptions)).toThrow(new TypeError(message));
  });
});

describe("a data type that is no string is refused, and what is expected is said", () => {
  const words = 'dataType must be "text", "json", "binary" or "protobuf"; options come after it.';
  test.each<[string, (stage: Stage) => Promise<unknown>]>([
    ["options before options", ({ client }) => client.sendToGroup("g", "x", wrong({ noEcho: true }), {})],
    ["a number", ({ client }) => client.sendToGroup("g", "x", wrong(5))],
    ["a number before options", ({ client }) => client.sendEvent("e", "x", wrong(5), { metadata: {} })],
    ["invokeEvent", ({ client }) => client.invokeEvent("e", "x", wrong(true), {})],
    ["a handle's send", ({ client }) => client.group("g").send("x", { dataType: wrong({}) })],
    [
      "a stream's write",
      async (stage) => {
        const opened = stage.client.openGroupStream("g", { streamId: "s" });
        await turn();
        stage.socket.receiveFrame({ type: "streamAck", streamId: "s", expectedSequenceId: 1 });
        await (await opened).write("x", wrong({}), {});
      },
    ],
  ])("%s", async (_call, call) => {
    const stage = new Stage({ random: Math.random });
    await stage.connect();
    const called = follow(call(stage));
    await turn();
    expect(called.error).toMatchObject({ code: "InvalidMessage", message: words });
  });
});

describe("null counts as left out", () => {
  test("options, signal, ack id, metadata and time to live", async () => {
    const stage = new Stage();
    void stage.client.start(wrong(null));
    await turn();
    await stage.accept();
    stage.socket.onSent = ({ ackId }) => void setTimeout(() => stage.socket.receiveFrame(ack(ackId)));
    const none = wrong({ abortSignal: null, ackId: null, metadata: null, ttlSeconds: null });
    const calls = [
      stage.client.joinGroup("g", wrong(null)),
      stage.client.joinGroup("g", none),
      stage.client.sendToGroup("g", "x", wrong(null)),
      stage.client.sendToGroup("g", "x", "text", none),
      stage.client.sendEvent("e", "x", "text", wrong(null)),
      stage.client.leaveGroup("g", none),
    ];
    // Calls about one group wait for each other.
    await turn(10);
    expect((await Promise.all(calls)).map(({ ackId }) => ackId)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

test("null counts as left out where handles, streams and the constructor take options", async () => {
  expect(() => new WebPubSubClient(URL, wrong(null))).not.toThrow();
  const stage = new Stage({ random: Math.random });
  await stage.connect();
  const room = stage.client.group("g");
  void room.send("x", wrong(null));
  void room.send("y", { dataType: wrong(null) });
  void stage.client.invokeEvent("e", "x", { invocationId: wrong(null) }).catch(() => undefined);
  void stage.client.openGroupStream("g", wrong(null)).catch(() => undefined);
  void stage.client.openGroupStream("g", { streamId: wrong(null) }).catch(() => undefined);
  stage.client.onGroupStream(() => undefined, wrong(null));
  stage.client.onGroupStream(() => undefined, { groupNames: wrong(null) });
  room.subscribeStreams(() => undefined, wrong(null))();
  await room.messages(wrong(null)).return?.();
  await turn();
  expect(stage.socket.frames("sendToGroup")).toMatchObject([
    { data: "x", dataType: "text" },
    { data: "y", dataType: "text" },
    { stream: { streamId: expect.any(String) as string } },
    { stream: { streamId: expect.any(String) as string } },
  ]);
  expect(stage.socket.frames("invoke")).toMatchObject([{ invocationId: "1" }]);
});

describe("a group handle refuses at once", () => {
  test.each([[{}], [{ parse: () => 1 }], ["zod"], [5]])("a schema that can't check (%j)", (schema) => {
    const { client } = new Stage();
    expect(() => client.group("g", { schema: wrong(schema) })).toThrow(
      new TypeError("schema must be a Standard Schema, with ~standard.validate."),
    );
  });

  test.each<[object, string]>([
    [{ overflow: "drop" }, 'overflow must be "error", "drop-oldest" or "drop-newest".'],
    [{ abortSignal: {} }, "abortSignal must be an AbortSignal."],
  ])("options of messages that can't be: %j", (options, message) => {
    const { client } = new Stage();
    const room = client.group("g");
    expect(() => room.messages(options)).toThrow(new TypeError(message));
    expect(room.status).toBe("idle");
  });

  test("what can't listen to streams, and doesn't join the group for it", () => {
    const room = new Stage().client.group("g");
    expect(() => room.subscribeStreams(wrong(undefined))).toThrow("A listener must be a function.");
    expect(() => room.subscribeStreams(() => undefined, { idleTimeoutInMs: -1 })).toThrow(RangeError);
    expect(() => room.subscribeStreams(() => undefined, { limit: -1 })).toThrow(RangeError);
    expect(room.status).toBe("idle");
  });
});

test("flags of streams that are no booleans are refused before anything is sent", async () => {
  const stage = new Stage();
  await stage.connect();
  await expect(stage.client.openGroupStream("g", { noEcho: wrong("yes") })).rejects.toMatchObject({
    code: "InvalidMessage",
    message: "noEcho must be a boolean.",
  });
  expect(() => stage.client.onGroupStream(() => undefined, { handleFromStart: wrong("yes") })).toThrow(
    new TypeError("handleFromStart must be a boolean."),
  );
  expect(stage.socket.sent).toEqual([]);
});

test.each([[""], ["i".repeat(1025)], [5]])("an invocation id that can't be (%j) is refused", async (id) => {
  const stage = new Stage();
  await stage.connect();
  const invocation = stage.client.invokeEvent("e", "x", { invocationId: wrong(id) });
  await expect(invocation).rejects.toMatchObject({
    code: "InvalidMessage",
    message: "invocationId must be a string of 1 to 1024 characters.",
  });
  expect(stage.socket.sent).toEqual([]);
});

describe("a signal that is none", () => {
  const none = wrong({ abortSignal: {} });

  test("rejects the operation, and leaves nothing behind that keeps its id or its group", async () => {
    const stage = new Stage();
    await stage.connect();
    const options = wrong({ abortSignal: "now", ackId: 7 });
    await expect(stage.client.joinGroup("g", options)).rejects.toMatchObject({
      code: "InvalidMessage",
      message: "abortSignal must be an AbortSignal.",
    });
    expect(stage.socket.sent).toEqual([]);
    const join = follow(stage.client.joinGroup("g", { ackId: 7 }));
    stage.socket.receiveFrame(ack(7));
    await turn();
    expect(join.value).toMatchObject({ ackId: 7 });
    // It is joined again, since no operation of the group is thought to be on its way.
    await stage.drop(1008);
    await stage.accept("B");
    expect(stage.socket.frames("joinGroup")).toMatchObject([{ group: "g" }]);
  });

  test("rejects an invocation, which isn't sent", async () => {
    const stage = new Stage();
    await stage.connect();
    await expect(stage.client.invokeEvent("e", "x", none)).rejects.toThrow(
      "abortSignal must be an AbortSignal.",
    );
    await turn();
    expect(stage.socket.sent).toEqual([]);
  });

  test("rejects a stream, whose id stays free", async () => {
    const stage = new Stage();
    await stage.connect();
    const open = (options: object) => stage.client.openGroupStream("g", { streamId: "s", ...options });
    await expect(open(none)).rejects.toThrow("abortSignal must be an AbortSignal.");
    void open({}).catch(() => undefined);
    await turn();
    expect(stage.socket.frames("sendToGroup")).toHaveLength(1);
  });

  test("rejects start, which may be called again", async () => {
    const stage = new Stage();
    await expect(stage.client.start(none)).rejects.toThrow("abortSignal must be an AbortSignal.");
    expect(stage.client.state).toBe("Stopped");
    await stage.connect();
    expect(stage.client.state).toBe("Connected");
  });
});

test.each([["a"], [["a"]]])(
  "metadata that is no object (%j) is refused before it is sent",
  async (metadata) => {
    const stage = new Stage();
    await stage.connect();
    await expect(stage.client.sendToGroup("g", "x", { metadata: wrong(metadata) })).rejects.toMatchObject({
      code: "InvalidMessage",
      message: "metadata must be an object of strings.",
    });
    expect(stage.socket.sent).toEqual([]);
  },
);

test("noEcho that is no boolean is refused before it is sent", async () => {
  const stage = new Stage();
  await stage.connect();
  await expect(stage.client.sendToGroup("g", "x", { noEcho: wrong("yes") })).rejects.toMatchObject({
    code: "InvalidMessage",
    message: "noEcho must be a boolean.",
  });
});

test.each([[undefined], [null], [{}]])(
  "a listener that is no function (%j) is refused at once",
  (listener) => {
    const { client } = new Stage();
    expect(() => client.on("connected", wrong(listener))).toThrow(
      new TypeError("A listener must be a function."),
    );
    expect(() => client.once("connected", wrong(listener))).toThrow(TypeError);
  },
);

test.each([
  ["", '""'],
  ["host/client/hubs/chat", '"host/clie"'],
  ["ftp://host", '"ftp://hos"'],
  ["<!DOCTYPE html>", '"<!DOCTYPE"'],
  ['{"url":"wss://host/client/hubs/chat?access_token=secret"}', String.raw`"{\"url\":\"w"`],
])(
  "a URL of another kind (%j) rejects start with what it should be, and how it begins",
  async (url, beginning) => {
    const stage = new Stage({ credential: url });
    await expect(stage.client.start()).rejects.toMatchObject({
      name: "ConnectionError",
      code: "Credential",
      message: expect.stringMatching(/must begin with wss:\/\/ or ws:\/\/, not with .{2,15}$/) as string,
      cause: expect.objectContaining({
        message: expect.stringContaining(`not with ${beginning}`) as string,
      }) as Error,
    });
  },
);

test.each<[string, object, string]>([
  ["an aborted signal", { abortSignal: AbortSignal.abort() }, "Aborted"],
  ["a signal that is none", { abortSignal: 42 }, "InvalidMessage"],
  ["a wrong ack id", { ackId: -1 }, "InvalidMessage"],
  ["an ack id in use", { ackId: 77 }, "AckIdInUse"],
])("a leave that is refused for %s leaves nothing", async (_what, options, code) => {
  const stage = new Stage();
  await stage.connect();
  follow(stage.client.joinGroup("room"));
  follow(stage.client.subscribeGroupStates("room"));
  stage.socket.receiveFrame(ack(1));
  stage.socket.receiveFrame(ack(2));
  void follow(stage.client.sendToGroup("other", "x", { ackId: 77 }));
  await expect(stage.client.leaveGroup("room", wrong(options))).rejects.toMatchObject({ code });
  await expect(stage.client.unsubscribeGroupStates("room", wrong(options))).rejects.toMatchObject({ code });
  await turn(100);
  expect(stage.socket.frames("leaveGroup")).toEqual([]);
  expect(stage.socket.frames("unsubscribeGroupState")).toEqual([]);
  expect(stage.client.listGroupStates("room")).toEqual([]);
});

test("leaves that are aborted while they wait for the join leave nothing; the join counts", async () => {
  const stage = new Stage();
  await stage.connect();
  const abort = new AbortController();
  const joined = follow(stage.client.joinGroup("room"));
  const leaves = [1, 2].map(() => follow(stage.client.leaveGroup("room", { abortSignal: abort.signal })));
  abort.abort();
  stage.socket.receiveFrame(ack(1));
  await turn(100);
  expect([joined.status, ...leaves.map(({ status }) => status)]).toEqual([
    "resolved",
    "rejected",
    "rejected",
  ]);
  expect(stage.socket.frames("leaveGroup")).toEqual([]);
  await stage.drop(1008);
  await stage.accept("B");
  expect(stage.socket.frames("joinGroup")).toMatchObject([{ group: "room" }]);
});

test.each([
  [{ value: "x", issues: null }],
  [{ issues: [null] }],
  [{ issues: 5 }],
  [{ issues: "no" }],
  [5],
  [null],
])("the result of a schema that can't be (%j) concerns its own handle only", async (result) => {
  const stage = new Stage();
  const schema = { "~standard": { version: 1, vendor: "odd", validate: () => result } };
  const told: unknown[] = [];
  const odd = stage.client.group("room", wrong({ schema }));
  odd.subscribe(({ data }) => told.push(data));
  odd.onInvalidMessage(({ name }) => told.push(name));
  const plain = vi.fn();
  stage.client.group("room", wrong(null)).subscribe(plain);
  await stage.connect();
  stage.socket.receiveFrame(fromGroup("hello", 1));
  expect(plain).toHaveBeenCalledTimes(1);
  expect(told).toHaveLength(1);
});

test("a stream's writer refuses a signal that is none", async () => {
  const stage = new Stage();
  await stage.connect();
  const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
  stage.socket.receiveFrame({ type: "streamAck", streamId: "s", expectedSequenceId: 1 });
  await turn();
  const words = "abortSignal must be an AbortSignal.";
  await expect(opening.value?.write("a", wrong({ abortSignal: 42 }))).rejects.toThrow(words);
  await expect(opening.value?.end(wrong({ abortSignal: 42 }))).rejects.toThrow(words);
});

test("a socket of one's own may close with a reason that is no text, and bring events without data", async () => {
  const stage = new Stage();
  await stage.connect();
  stage.socket.onmessage?.({ data: undefined } as never);
  expect(stage.client.state).toBe("Connected");
  stage.socket.onclose?.({ code: 1006, reason: {} } as never);
  await turn();
  expect(stage.client.state).toBe("Recovering");
});
