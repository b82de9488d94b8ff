import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CoreClient, defineFeature } from "web-pubsub-client/core";
import {
  WebPubSubClient,
  type GroupMessagesOptions,
  type GroupSendOptions,
  type InvokeEventOptions,
  type OnGroupStreamOptions,
  type OpenGroupStreamOptions,
  type OperationOptions,
  type SendEventOptions,
  type SendToGroupOptions,
  type StartOptions,
  type WebPubSubClientEvents,
  type WebPubSubClientOptions,
} from "web-pubsub-client";
import { onConsole } from "../helpers/onConsole.js";
import { Stage, turn, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const EVENTS: Record<keyof WebPubSubClientEvents, true> = {
  connected: true,
  disconnected: true,
  stopped: true,
  "server-message": true,
  "group-message": true,
  "rejoin-group-failed": true,
  recovering: true,
  recovered: true,
  "state-changed": true,
  "group-states-changed": true,
  "restore-group-states-failed": true,
};
const ALL_OPTIONS: Record<keyof WebPubSubClientOptions, undefined> = {
  protocol: undefined,
  autoReconnect: undefined,
  autoRejoinGroups: undefined,
  restoreGroupStates: undefined,
  messageRetryOptions: undefined,
  reconnectRetryOptions: undefined,
  keepAliveTimeoutInMs: undefined,
  keepAliveIntervalInMs: undefined,
  connectTimeoutInMs: undefined,
  ackTimeoutInMs: undefined,
  maxPendingOperations: undefined,
  resendOnNewConnection: undefined,
  releaseDelayInMs: undefined,
  webSocket: undefined,
  logger: undefined,
  environment: undefined,
};

/** An object with all the names of some options. */
type Every<Options> = { [Name in keyof Required<Options>]: undefined };

const wrong = (value: object | string | number): never => value as never;

describe("options of the client", () => {
  test.each<[object, string]>([
    [
      { autoReconect: false },
      "web-pubsub-client: options: autoReconect is unknown; did you mean autoReconnect?",
    ],
    [
      { autorejoingroups: false },
      "web-pubsub-client: options: autorejoingroups is unknown; did you mean autoRejoinGroups?",
    ],
    [
      { keepAliveTimeout: 5 },
      "web-pubsub-client: options: keepAliveTimeout is unknown; did you mean keepAliveTimeoutInMs?",
    ],
    [{ websocket: undefined }, "web-pubsub-client: options: websocket is unknown; did you mean webSocket?"],
    [{ retries: null }, "web-pubsub-client: options: retries is unknown."],
    [
      { reconnectRetryOptions: { maxRetrys: 5 } },
      "web-pubsub-client: reconnectRetryOptions: maxRetrys is unknown; did you mean maxRetries?",
    ],
    [
      { messageRetryOptions: { retryDelay: 5 } },
      "web-pubsub-client: messageRetryOptions: retryDelay is unknown; did you mean retryDelayInMs?",
    ],
    [{ keepTrying: true }, "web-pubsub-client: options: keepTrying is unknown; it is an option of start."],
    [
      { environment: { random: () => 0.5, onwake: () => () => undefined } },
      "web-pubsub-client: environment: onwake is unknown; did you mean onWake?",
    ],
  ])("%j: a warning names the nearest", (options, words) => {
    const warnings = onConsole("warn");
    new WebPubSubClient(URL, options);
    new WebPubSubClient(URL, options);
    expect(warnings).toEqual([[words], [words]]);
  });

  test("a CoreClient looks for none, nor in calls and events; what isn't an object is refused", async () => {
    const warnings = onConsole("warn");
    const client = new CoreClient(
      URL,
      wrong({ autoReconect: false, reconnectRetryOptions: { maxRetrys: 5 } }),
    );
    client.on(wrong("groupMessage"), () => undefined);
    await client.stop(wrong({ drainMs: 5 }));
    await client.stop(wrong(5));
    expect(() => new CoreClient(URL, wrong("autoReconnect"))).toThrow("options must be an object.");
    expect(warnings).toEqual([]);
  });

  test("known ones pass in silence", () => {
    const warnings = onConsole("warn");
    const retry = {
      maxRetries: 1,
      retryDelayInMs: 1,
      maxRetryDelayInMs: 1,
      mode: "Fixed",
      jitter: true,
    } as const;
    new WebPubSubClient(URL, ALL_OPTIONS);
    new WebPubSubClient(URL, { messageRetryOptions: retry, reconnectRetryOptions: retry });
    new WebPubSubClient(URL);
    expect(warnings).toEqual([]);
  });
});

describe("options of calls", () => {
  test.each<[string, (stage: Stage) => unknown, string]>([
    [
      "sendToGroup",
      ({ client }) => client.sendToGroup("g", "x", wrong({ noecho: true })),
      "web-pubsub-client: sendToGroup: noecho is unknown; did you mean noEcho?",
    ],
    [
      "sendEvent",
      ({ client }) => client.sendEvent("e", "x", "text", wrong({ fireAndforget: true })),
      "web-pubsub-client: sendEvent: fireAndforget is unknown; did you mean fireAndForget?",
    ],
    [
      "joinGroup",
      ({ client }) => client.joinGroup("g", wrong({ abortsignal: undefined })),
      "web-pubsub-client: joinGroup: abortsignal is unknown; did you mean abortSignal?",
    ],
    [
      "a handle's send",
      ({ client }) => client.group("g").send("x", wrong({ datatype: "json" })),
      "web-pubsub-client: a handle's send: datatype is unknown; did you mean dataType?",
    ],
    [
      "group",
      ({ client }) => client.group("g", { shema: undefined } as object),
      "web-pubsub-client: group: shema is unknown; did you mean schema?",
    ],
    [
      "messages",
      ({ client }) => client.group("g").messages(wrong({ maxBufferd: 5 })),
      "web-pubsub-client: messages: maxBufferd is unknown; did you mean maxBuffered?",
    ],
    [
      "invokeEvent",
      ({ client }) => client.invokeEvent("e", "x", wrong({ timeoutInMS: 5, timeout: 5 })),
      "web-pubsub-client: invokeEvent: timeoutInMS is unknown; did you mean timeoutInMs?",
    ],
    [
      "openGroupStream",
      ({ client }) => client.openGroupStream("g", wrong({ streamID: "s" })),
      "web-pubsub-client: openGroupStream: streamID is unknown; did you mean streamId?",
    ],
    [
      "onGroupStream",
      ({ client }) => client.onGroupStream(() => undefined, wrong({ groupnames: [] })),
      "web-pubsub-client: onGroupStream: groupnames is unknown; did you mean groupNames?",
    ],
    [
      "stop",
      ({ client }) => client.stop(wrong({ drainMs: 5 })),
      "web-pubsub-client: stop: drainMs is unknown; did you mean drainInMs?",
    ],
  ])("%s", async (_call, make, words) => {
    const warnings = onConsole("warn");
    const stage = new Stage({ random: Math.random });
    await stage.connect();
    const made = make(stage);
    if (made instanceof Promise) made.catch(() => undefined);
    await turn();
    expect(warnings[0]).toEqual([words]);
  });

  test.each<[string, (stage: Stage) => unknown, string]>([
    [
      "noEcho of joinGroup",
      ({ client }) => client.joinGroup("g", wrong({ noEcho: true })),
      "joinGroup: noEcho is unknown; it is an option of sendToGroup, a handle's send, openGroupStream.",
    ],
    [
      "dataType of sendToGroup",
      ({ client }) => client.sendToGroup("g", "x", wrong({ dataType: "text" })),
      "sendToGroup: dataType is unknown; it is an option of a handle's send.",
    ],
    [
      "noEcho of sendEvent",
      ({ client }) => client.sendEvent("e", "x", wrong({ noEcho: true })),
      "sendEvent: noEcho is unknown; it is an option of sendToGroup, a handle's send, openGroupStream.",
    ],
    [
      "metadata of invokeEvent",
      ({ client }) => client.invokeEvent("e", "x", wrong({ metadata: {} })),
      "invokeEvent: metadata is unknown; it is an option of sendToGroup, sendEvent, a handle's send.",
    ],
    [
      "metadata of setGroupState",
      ({ client }) => client.setGroupState("g", {}, wrong({ metadata: {} })),
      "setGroupState: metadata is unknown; it is an option of sendToGroup, sendEvent, a handle's send.",
    ],
  ])("of another call: %s", async (_name, make, words) => {
    const warnings = onConsole("warn");
    const stage = new Stage({ random: Math.random });
    await stage.connect();
    (make(stage) as Promise<unknown>).catch(() => undefined);
    await turn();
    expect(warnings).toEqual([[`web-pubsub-client: ${words}`]]);
  });

  test("all options of each call pass in silence", async () => {
    const warnings = onConsole("warn");
    const stage = new Stage({ random: Math.random });
    await stage.connect();
    const { client } = stage;
    const operation: Every<OperationOptions> = { ackId: undefined, abortSignal: undefined };
    const event: Every<SendEventOptions> = { ...operation, fireAndForget: undefined, metadata: undefined };
    const message: Every<SendToGroupOptions> = { ...event, noEcho: undefined, ttlSeconds: undefined };
    const stream: Every<OpenGroupStreamOptions> = {
      streamId: undefined,
      noEcho: undefined,
      idleTimeoutInMs: undefined,
      abortSignal: undefined,
      startTimeoutInMs: undefined,
      closeTimeoutInMs: undefined,
      maxUnackedFragments: undefined,
      maxUnackedBytes: undefined,
    };
    const inbound: Every<OnGroupStreamOptions> = {
      idleTimeoutInMs: undefined,
      handleFromStart: undefined,
      groupNames: undefined,
      maxBufferedBytes: undefined,
    };
    const send: Every<GroupSendOptions> = { ...message, dataType: undefined };
    const loop: Every<GroupMessagesOptions> = {
      abortSignal: undefined,
      maxBuffered: undefined,
      overflow: undefined,
    };
    const invoke: Every<InvokeEventOptions> = {
      invocationId: undefined,
      timeoutInMs: undefined,
      abortSignal: undefined,
    };
    const start: Every<StartOptions> = {
      abortSignal: undefined,
      keepTrying: undefined,
      resume: undefined,
      onRestored: undefined,
    };
    const calls: unknown[] = [
      client.joinGroup("g", wrong(operation)),
      client.leaveGroup("g", wrong(operation)),
      client.setGroupState("g", {}, wrong(operation)),
      client.clearGroupState("g", wrong(operation)),
      client.subscribeGroupStates("g", wrong(operation)),
      client.unsubscribeGroupStates("g", wrong(operation)),
      client.sendToGroup("g", "x", wrong(message)),
      client.sendEvent("e", "x", wrong(event)),
      client.invokeEvent("e", "x", wrong(invoke)),
      client.openGroupStream("g", wrong(stream)),
      client.onGroupStream(() => undefined, wrong(inbound)),
      client.group("g").send("x", wrong(send)),
      client.group("g").messages(wrong(loop)),
      client.start(wrong(start)),
    ];
    for (const call of calls) if (call instanceof Promise) call.catch(() => undefined);
    await turn();
    await client.stop(wrong({ drainInMs: undefined }));
    expect(warnings).toEqual([]);
  });

  test("start", async () => {
    const warnings = onConsole("warn");
    const stage = new Stage();
    stage.client.start(wrong({ keepTring: true })).catch(() => undefined);
    expect(warnings).toEqual([["web-pubsub-client: start: keepTring is unknown; did you mean keepTrying?"]]);
  });

  test("each name is told once per client, so that a loop doesn't fill the console", async () => {
    const warnings = onConsole("warn");
    const stage = new Stage();
    await stage.connect();
    for (let i = 0; i < 5; i++)
      stage.client.sendToGroup("g", "x", wrong({ noecho: true })).catch(() => undefined);
    expect(warnings).toHaveLength(1);
  });
});

test("options of a group handle are told once, not at each render", () => {
  const warnings = onConsole("warn");
  const client = new WebPubSubClient(URL);
  for (let i = 0; i < 3; i++) client.group("g", { shema: undefined } as object);
  expect(warnings).toEqual([["web-pubsub-client: group: shema is unknown; did you mean schema?"]]);
});

describe("an environment of a class", () => {
  test("may have fields of its own", () => {
    class Clock {
      readonly timers = [];
      now(): number {
        return this.timers.length;
      }
    }
    const warnings = onConsole("warn");
    new WebPubSubClient(URL, { environment: new Clock() });
    expect(warnings).toEqual([]);
  });
});

describe("what a listener is called with, in place of options", () => {
  test.each<[string, unknown[], string]>([
    ["a signal of the process", ["SIGTERM", 15], "string"],
    ["an event of the page", [new Event("pagehide")], "Event"],
    ["a number", [5_000], "number"],
  ])("%s: stop stops, with a warning", async (_what, given, kind) => {
    const warnings = onConsole("warn");
    const stage = new Stage();
    await stage.connect();
    const stop = stage.client.stop.bind(stage.client) as (...given: unknown[]) => Promise<void>;
    const stopped = stop(...given);
    await turn(100);
    await expect(stopped).resolves.toBeUndefined();
    expect(stage.client.state).toBe("Stopped");
    expect(warnings).toEqual([[`web-pubsub-client: stop: expected options, got ${kind}.`]]);
  });
});

describe("events", () => {
  test.each([
    ["groupMessage", "group-message"],
    ["GROUP_MESSAGE", "group-message"],
    ["group-messages", "group-message"],
    ["statechanged", "state-changed"],
    ["conected", "connected"],
    ["connect", "connected"],
    ["restoreGroupStatesFailed", "restore-group-states-failed"],
  ])("%s: a warning names %s", (name, meant) => {
    const warnings = onConsole("warn");
    const client = new WebPubSubClient(URL);
    client.on(name as "connected", () => undefined);
    client.once(name as "connected", () => undefined);
    client.off(name as "connected", () => undefined);
    const words = [`web-pubsub-client: events: ${name} is unknown; did you mean ${meant}?`];
    expect(warnings).toEqual([words, words]);
  });

  test.each([
    ...Object.keys(EVENTS),
    "my-feature:tick",
    "reconnected",
    "recovery",
    "presence",
    "open",
    "error",
    "message",
    "",
  ])("%s passes in silence", (name) => {
    const warnings = onConsole("warn");
    new WebPubSubClient(URL).on(name as "connected", () => undefined);
    expect(warnings).toEqual([]);
  });
});

test.each([
  ["console.warn throws", { warn: () => { throw new Error("no console today"); } }], // prettier-ignore
  ["there is no console", undefined],
])("%s: nothing happens", (_how, console) => {
  vi.stubGlobal("console", console);
  const options = { autoReconect: true } as WebPubSubClientOptions;
  expect(() =>
    new WebPubSubClient(URL, options).on("conected" as "connected", () => undefined),
  ).not.toThrow();
});

test("once there is a feature that isn't ours, its events aren't taken for misspelt ones; ours in other letters still are", () => {
  const stats = defineFeature("stats", () => ({}));
  const warnings = onConsole("warn");
  const client = new WebPubSubClient(URL);
  client.on("stats-changed" as "connected", () => undefined);
  stats(client);
  client.on("stats-changed" as "connected", () => undefined);
  client.on("groupMessage" as "connected", () => undefined);
  expect(warnings).toEqual([
    ["web-pubsub-client: events: groupMessage is unknown; did you mean group-message?"],
  ]);
});
