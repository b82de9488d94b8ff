import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
  type GroupStreamWriter,
} from "web-pubsub-client";
import { DecliningService } from "../helpers/decliningService.js";
import { ack, fromServer, pong, type Frame } from "../helpers/frames.js";
import type { ScriptedSocket } from "../helpers/scriptedSocket.js";
import { follow, type Settlement } from "../helpers/settlement.js";
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
      // Nothing else may be unread when the suspect is sent.
      expect(sent(stage.socket)).toEqual(["slow"]);
      stage.socket.receiveFrame(pong);
      await turn();
      expect(sent(stage.socket)).toEqual(["slow", "bad"]);
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
    // The aborted one is still on its way: if it were declined now, the next one would be blamed.
    expect(sent(socket)).toEqual(["bad"]);
    socket.receiveFrame(pong);
    await turn();
    expect(sent(socket)).toEqual(["bad", "good"]);
  });

  test("a suspect that was read isn't blamed for a later 1007", async () => {
    const stage = new Stage();
    await stage.connect();
    const slow = follow(stage.client.sendToGroup("room", "slow"));
    const socket = await declineAndRecover(stage);
    socket.receiveFrame(pong);
    socket.receiveFrame(fromServer("news", 1));
    // The acknowledgement of that message is unread now.
    await turn(1_000);
    expect(socket.frames("sequenceAck")).toHaveLength(1);
    await declineAndRecover(stage);
    expect(slow.status).toBe("pending");
  });

  test("a service that answers nothing holds suspects up for 5 s each at most, and nobody is blamed", async () => {
    const stage = new Stage();
    await stage.connect();
    const calls = ["a", "b"].map((data) => follow(stage.client.sendToGroup("room", data)));
    const socket = await declineAndRecover(stage);
    expect(sent(socket)).toEqual(["a"]);
    await turn(5_000);
    expect(sent(socket)).toEqual(["a", "b"]);
    await declineAndRecover(stage);
    expect(calls.map(({ status }) => status)).toEqual(["pending", "pending"]);
  });
});

describe.each(["json.reliable.webpubsub.azure.v1", "json.webpubsub.azure.v1"])("with %s", (name) => {
  const protocol =
    name === "json.webpubsub.azure.v1" ? WebPubSubJsonProtocol() : WebPubSubJsonReliableProtocol();
  const innocent = (stage: Stage): Settlement<unknown>[] =>
    ["x", "y", "z"].map((data) => follow(stage.client.sendToGroup("other", data)));

  test("a rejoin ends with its event; nobody else is blamed, and it isn't asked again", async () => {
    let isStrict = false;
    const stage = new Stage({ protocol });
    const service = new DecliningService(
      stage,
      (f) => isStrict && f["type"] === "joinGroup" && f["group"] === "bad",
    );
    void stage.client.start();
    await turn(1_000);
    for (const group of ["bad", "good"]) void stage.client.joinGroup(group);
    await turn(1_000);
    isStrict = true;
    await stage.drop(1008);
    const calls = innocent(stage);
    await turn(60_000);
    expect(calls.map(({ status }) => status)).toEqual(["resolved", "resolved", "resolved"]);
    expect(service.declined).toHaveLength(2);
    await stage.drop(1008);
    await turn(60_000);
    expect(service.declined).toHaveLength(2);
    expect(stage.named.filter((entry) => entry.startsWith("rejoin"))).toEqual(["rejoin-group-failed bad"]);
    // A call of the application asks again.
    isStrict = false;
    const again = follow(stage.client.joinGroup("bad"));
    await turn(1_000);
    expect(again.status).toBe("resolved");
  });

  test("a state that is set again ends with its event; nobody else is blamed", async () => {
    let isStrict = false;
    const stage = new Stage({ protocol });
    const failed: string[] = [];
    stage.client.on("restore-group-states-failed", ({ group }) => failed.push(group));
    const service = new DecliningService(stage, (frame) => isStrict && frame["type"] === "setGroupState");
    void stage.client.start();
    await turn(1_000);
    await Promise.all([
      stage.client.joinGroup("room"),
      stage.client.setGroupState("room", { a: "b" }),
      turn(1_000),
    ]);
    isStrict = true;
    await stage.drop(1008);
    const calls = innocent(stage);
    await turn(60_000);
    expect(calls.map(({ status }) => status)).toEqual(["resolved", "resolved", "resolved"]);
    expect(service.declined).toHaveLength(2);
    expect(failed).toEqual(["room"]);
    expect(stage.named.filter((entry) => entry.startsWith("rejoin"))).toEqual([]);
  });

  test("a join of the application is refused, and no leave follows", async () => {
    const stage = new Stage({ protocol });
    const service = new DecliningService(stage, ({ group }) => group === "bad");
    void stage.client.start();
    await turn(1_000);
    const join = follow(stage.client.joinGroup("bad"));
    const calls = innocent(stage);
    await turn(60_000);
    expect(join.error).toMatchObject({ code: "Refused", cause: { closeCode: 1007 } });
    expect(calls.map(({ status }) => status)).toEqual(["resolved", "resolved", "resolved"]);
    expect(service.declined).toHaveLength(2);
    expect(service.read.filter(({ group }) => group === "bad")).toEqual([]);
  });

  test("an invocation is never sent again; what is on its way beside it arrives", async () => {
    const stage = new Stage({ protocol });
    const service = new DecliningService(stage, ({ type }) => type === "invoke");
    void stage.client.start();
    await turn(1_000);
    const calls = innocent(stage);
    follow(stage.client.invokeEvent("sum", 1, "json", { timeoutInMs: 5_000 }));
    calls.push(...innocent(stage));
    await turn(60_000);
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set(["resolved"]));
    expect(service.declined).toHaveLength(1);
  });

  test("a message without acknowledgement is lost; what is on its way beside it arrives", async () => {
    const stage = new Stage({ protocol });
    const service = new DecliningService(stage, ({ data }) => data === "bad");
    void stage.client.start();
    await turn(1_000);
    const calls = innocent(stage);
    follow(stage.client.sendToGroup("room", "bad", { fireAndForget: true }));
    calls.push(...innocent(stage));
    await turn(60_000);
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set(["resolved"]));
    expect(service.declined).toHaveLength(1);
  });
});

describe("of streams", () => {
  /** A stream whose service declines what a test says, beside a stream and messages that it accepts. */
  async function streaming(isBad: (frame: Frame) => boolean) {
    const stage = new Stage();
    const service = new DecliningService(stage, isBad);
    void stage.client.start();
    await turn(1_000);
    const other = follow(stage.client.openGroupStream("other", { streamId: "other" }));
    await turn(1_000);
    const calls: Settlement<unknown>[] = [];
    const traffic = setInterval(() => {
      if (calls.length >= 500) return clearInterval(traffic);
      calls.push(
        follow(stage.client.sendToGroup("other", "m")),
        follow(other.value?.write("f") as Promise<void>),
      );
    }, 10);
    return { stage, service, calls };
  }
  const outcome = (calls: Settlement<unknown>[]): unknown => [
    calls.length,
    ...new Set(calls.map((call) => call.status)),
  ];

  test("a start is refused at the second time, in the middle of other traffic", async () => {
    const { stage, service, calls } = await streaming(
      ({ stream }) => (stream as Frame | undefined)?.["streamId"] === "s",
    );
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await turn(20_000);
    expect(opening.error).toMatchObject({ name: "Refused", streamId: "s" });
    expect(service.declined).toHaveLength(2);
    expect(outcome(calls)).toEqual([500, "resolved"]);
    await turn(60_000);
    expect(service.declined).toHaveLength(2);
  });

  test("a fragment ends its stream at the second time, and the service is told", async () => {
    const isBad = ({ data, type }: Frame): boolean => type === "streamData" && data === "bad";
    const { stage, service, calls } = await streaming(isBad);
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await turn(1_000);
    const writer = opening.value as GroupStreamWriter;
    const writes = ["a", "b", "bad", "c"].map((data) => follow(writer.write(data)));
    await turn(60_000);
    expect(writes.map(({ status }) => status)).toEqual(["resolved", "resolved", "resolved", "resolved"]);
    await expect(writer.write("d")).rejects.toMatchObject({ name: "Completed", cause: { name: "Refused" } });
    expect(service.declined).toHaveLength(2);
    expect(outcome(calls)).toEqual([500, "resolved"]);
    const ofStream = service.read.filter(({ streamId }) => streamId === "s");
    expect(ofStream.at(-1)).toMatchObject({
      type: "streamEnd",
      error: { message: expect.stringMatching(/1007/) as string },
    });
    expect(ofStream.filter(({ type }) => type === "streamEnd")).toHaveLength(1);
  });

  test("an end that is declined twice, and the one that tells of it too, leave nothing", async () => {
    const { stage, service, calls } = await streaming(
      ({ streamId, type }) => type === "streamEnd" && streamId === "s",
    );
    const opening = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await turn(1_000);
    const end = follow((opening.value as GroupStreamWriter).end());
    await turn(120_000);
    expect(end.error).toMatchObject({ name: "Refused" });
    expect(service.declined).toHaveLength(3);
    expect(outcome(calls)).toEqual([500, "resolved"]);
    const again = follow(stage.client.openGroupStream("room", { streamId: "s" }));
    await turn(1_000);
    expect(again.status).toBe("resolved");
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
