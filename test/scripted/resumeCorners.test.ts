import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SavedSession } from "web-pubsub-client";
import { CoreClient, defineFeature } from "web-pubsub-client/core";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { presence } from "web-pubsub-client/presence";
import { ack } from "../helpers/frames.js";
import { overJson, resume } from "../helpers/handover.js";
import { onConsole } from "../helpers/onConsole.js";
import { Presence, ready } from "../helpers/presence.js";
import { ScriptedSocket } from "../helpers/scriptedSocket.js";
import { follow } from "../helpers/settlement.js";
import { isProtobuf, Stage, turn, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("neither the options nor what is submitted again is called misspelt", async () => {
  const warnings = onConsole("warn");
  const first = new Stage({ random: Math.random });
  await first.connect();
  follow(first.client.joinGroup("g"));
  follow(first.client.setGroupState("g", {}));
  follow(first.client.subscribeGroupStates("g"));
  follow(first.client.sendToGroup("g", 1));
  const stage = new Stage({ random: Math.random });
  const restored = await resume(stage, first.client.suspend());
  expect(restored).toHaveLength(4);
  expect(warnings).toEqual([]);
});

const idsOf = (stage: Stage): unknown[] =>
  stage.socket.frames("invoke").map(({ invocationId }) => invocationId);
const answerTo = (invocationId: unknown, data: unknown) => ({
  type: "invokeResponse",
  invocationId,
  success: true,
  dataType: "json",
  data,
});

describe("invocations end with their page", () => {
  test("the sent and the unsent ones reject and say why; the next page sends none", async () => {
    const first = new Stage();
    await first.connect();
    const sent = follow(first.client.invokeEvent("sum", 1));
    await first.drop();
    const unsent = follow(first.client.invokeEvent("sum", 2));
    const stage = new Stage();
    await resume(stage, first.client.suspend());
    await turn();
    for (const { error } of [sent, unsent])
      expect(error).toMatchObject({
        code: "NotStarted",
        message: "The client was suspended.",
        cause: { code: "Suspended" },
      });
    await stage.recover();
    expect(stage.socket.frames("invoke")).toEqual([]);
  });

  test("the answer to one of the earlier page isn't taken for the answer to a new one", async () => {
    const first = new Stage();
    await first.connect();
    follow(first.client.invokeEvent("sum", 1));
    const stage = new Stage();
    const before = follow(stage.client.invokeEvent("sum", 2));
    await resume(stage, first.client.suspend());
    await stage.recover();
    const calls = [before, follow(stage.client.invokeEvent("sum", 3))];
    const [old] = idsOf(first);
    stage.socket.receiveFrame(answerTo(old, 1));
    await turn();
    expect(calls.map(({ status }) => status)).toEqual(["pending", "pending"]);
    expect(stage.socket.frames("invoke").map(({ data }) => data)).toEqual([2, 3]);
    for (const id of idsOf(stage)) stage.socket.receiveFrame(answerTo(id, id));
    await turn();
    expect(calls.map(({ value }) => value?.data)).toEqual(idsOf(stage));
  });

  test("two clients that resume one session number their calls differently", async () => {
    const first = new Stage();
    await first.connect();
    const session = overJson(first.client.suspend());
    const ids = new Set<unknown>();
    for (const random of [0.25, 0.75]) {
      const stage = new Stage({ random: () => random });
      await resume(stage, session);
      await stage.recover();
      for (const n of [1, 2]) follow(stage.client.invokeEvent("sum", n));
      for (const id of idsOf(stage)) ids.add(id);
    }
    expect(ids.size).toBe(4);
  });
});

describe("a saved part that isn't one", () => {
  test.each([
    ["groups", "x"],
    ["groups", [1]],
    ["presence", 1],
    ["presence", {}],
    ["ownStates", {}],
    ["streams", 1],
    ["membership", 7],
  ])("%s: %j is reported, and the rest goes on", async (name, part) => {
    const warnings = onConsole("error");
    const first = await ready();
    await first.client.joinGroup("room");
    const session = overJson(first.client.suspend());
    const stage = new Presence();
    await resume(stage, { ...session, features: { ...session.features, [name]: part } });
    await stage.recover();
    expect(stage.client.state).toBe("Connected");
    expect(warnings.length).toBe(1);
  });

  test.each([[{}], [{ operations: 1 }]])("a session with %j is none", async (part) => {
    const stage = new Stage();
    const resumed = { version: "web-pubsub-session-1", ...part } as unknown as SavedSession;
    await expect(stage.client.start({ resume: resumed })).rejects.toThrow(TypeError);
    expect(stage.journal).toEqual([]);
  });
});

describe("features that are made late", () => {
  const late = (stage: Stage, log: unknown[]) =>
    defineFeature(`late-${Math.random()}`, (port) => {
      port.listen({
        name: "late",
        save: () => log.push("save") && "mine",
        restore: (saved) => log.push(["restore", saved]),
        onLost: () => log.push("lost"),
        onOpened: () => log.push("opened"),
      });
      return {};
    })(stage.client);

  async function saved(): Promise<SavedSession> {
    const first = new Stage();
    late(first, []);
    await first.connect();
    return overJson(first.client.suspend());
  }

  test("after a recovery: the part is restored", async () => {
    const stage = new Stage();
    await resume(stage, await saved());
    await stage.recover();
    const log: unknown[] = [];
    late(stage, log);
    expect(log).toEqual([["restore", "mine"], "opened"]);
  });

  test("after the connection was replaced: it is told that it was lost", async () => {
    const stage = new Stage();
    await resume(stage, await saved());
    await stage.drop(1008);
    await stage.accept("B");
    const log: unknown[] = [];
    late(stage, log);
    expect(log).toEqual([["restore", "mine"], "lost", "opened"]);
  });

  test("never: the part is handed on as long as its connection lives", async () => {
    const second = new Stage();
    await resume(second, await saved());
    await second.recover();
    const session = overJson(second.client.snapshot());
    expect(session.features).toMatchObject({ late: "mine" });
    await second.drop(1008);
    await second.accept("B");
    expect(overJson(second.client.suspend()).features).not.toHaveProperty("late");
  });

  test("those of a client without features, before its start", async () => {
    const first = await ready();
    await first.client.joinGroup("room");
    await first.client.setGroupState("room", { status: "typing" });
    const client = new CoreClient(URL, {
      webSocket: ScriptedSocket,
      ...(isProtobuf && { protocol: WebPubSubProtobufReliableProtocol() }),
    });
    presence(client);
    follow(client.start({ resume: overJson(first.client.suspend()) }));
    await turn();
    expect(presence(client).get("room")).toEqual({ status: "typing" });
    await client.stop();
  });
});

test("a group that is being left is left in the next page", async () => {
  const first = new Stage();
  await first.connect();
  follow(first.client.joinGroup("g"));
  first.socket.receiveFrame(ack(1));
  await turn();
  follow(first.client.leaveGroup("g"));
  const stage = new Stage();
  await resume(stage, first.client.suspend());
  await stage.recover();
  stage.socket.receiveFrame(ack(2));
  await turn(10_000);
  expect(stage.socket.frames().filter(({ ackId }) => ackId !== undefined)).toMatchObject([
    { type: "leaveGroup", ackId: 2 },
  ]);
  expect(stage.client.group("g").status).toBe("idle");
});

test("with `autoRejoinGroups: false` the groups go on, and a new connection has none", async () => {
  const options = { autoRejoinGroups: false };
  const first = new Stage(options);
  await first.connect();
  follow(first.client.joinGroup("g"));
  first.socket.receiveFrame(ack(1));
  await turn();
  const stage = new Stage(options);
  await resume(stage, first.client.suspend());
  await stage.recover();
  expect(stage.client.group("g").status).toBe("joined");
  await stage.drop(1008);
  await turn(10_000);
  await stage.accept("B");
  expect(stage.client.group("g").status).toBe("idle");
  expect(stage.socket.frames("joinGroup")).toEqual([]);
});
