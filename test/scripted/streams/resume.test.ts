import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { GroupStream } from "web-pubsub-client";
import { ack } from "../../helpers/frames.js";
import { resume } from "../../helpers/handover.js";
import { follow } from "../../helpers/settlement.js";
import { Stage } from "../../helpers/stage.js";
import { connectedStage, endOf, fragment, openStream, quiet, sentOf, streamClosed, turn } from "./wire.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The page after one that had the stream `s` open. */
async function after(first: Stage): Promise<Stage> {
  const stage = new Stage(quiet);
  await resume(stage, first.client.suspend());
  return stage;
}

describe("streams that the earlier page had open", () => {
  test("they end for it, and the new page tells their receivers", async () => {
    const first = await connectedStage();
    const writer = await openStream(first);
    const written = follow(writer.write("x"));
    const stage = await after(first);
    await turn();
    expect(written.status).toBe("resolved");
    await expect(writer.write("y")).rejects.toMatchObject({
      code: "Completed",
      cause: { code: "NotStarted", cause: { code: "Suspended" } },
    });
    expect(sentOf(stage.socket)).toEqual([]);
    await stage.recover();
    expect(sentOf(stage.socket)).toEqual(["end!"]);
    expect(stage.socket.frames("streamEnd")).toMatchObject([
      { streamId: "s", error: { message: "The publisher's client was suspended." } },
    ]);
  });

  test("again after a further recovery, until the service has answered", async () => {
    const first = await connectedStage();
    await openStream(first);
    const stage = await after(first);
    await stage.recover();
    await stage.drop();
    await turn(3_000);
    await stage.recover();
    expect(sentOf(stage.socket)).toEqual(["end!"]);
    stage.socket.receiveFrame(streamClosed());
    await stage.drop();
    await turn(3_000);
    await stage.recover();
    expect(sentOf(stage.socket)).toEqual([]);
    await openStream(stage);
    expect(sentOf(stage.socket)).toEqual(["start"]);
  });

  test("again in the page after the next", async () => {
    const first = await connectedStage();
    await openStream(first);
    const second = await after(first);
    await second.recover();
    const stage = await after(second);
    await stage.recover();
    expect(sentOf(stage.socket)).toEqual(["end!"]);
    stage.socket.receiveFrame(streamClosed());
    const fourth = await after(stage);
    await fourth.recover();
    expect(sentOf(fourth.socket)).toEqual([]);
  });

  test("one whose start wasn't answered, and one that was ending", async () => {
    const first = await connectedStage();
    follow(first.client.openGroupStream("room", { streamId: "s" }));
    const writer = await openStream(first, { streamId: "t" });
    follow(writer.end());
    const stage = await after(first);
    await stage.recover();
    expect([sentOf(stage.socket), sentOf(stage.socket, "t")]).toEqual([["end!"], ["end!"]]);
  });

  test("on a new connection nothing is sent: the service has ended them", async () => {
    const first = await connectedStage();
    await openStream(first);
    const stage = await after(first);
    await stage.drop(1008);
    await stage.accept("B");
    await turn(60_000);
    expect(sentOf(stage.socket)).toEqual([]);
    await openStream(stage);
  });

  test("one that waited for a connection was never known", async () => {
    const first = new Stage(quiet);
    await first.begin();
    follow(first.client.openGroupStream("room", { streamId: "s" }));
    const stage = await after(first);
    await stage.accept("B");
    expect(sentOf(stage.socket)).toEqual([]);
  });

  test("until its end is answered the id is in use", async () => {
    const first = await connectedStage();
    await openStream(first);
    const stage = await after(first);
    await expect(stage.client.openGroupStream("room", { streamId: "s" })).rejects.toMatchObject({
      code: "AlreadyExists",
    });
  });

  test("the end that nobody answers is given up, and a stop leaves no timer", async () => {
    const first = await connectedStage();
    await openStream(first);
    const stage = await after(first);
    await stage.recover();
    await turn(31_000);
    await openStream(stage);
    await stage.client.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("streams that are received", () => {
  test("new ones arrive on the resumed connection", async () => {
    const first = await connectedStage();
    const stage = new Stage(quiet);
    const streams: GroupStream[] = [];
    stage.client.onGroupStream((stream) => void streams.push(stream));
    await resume(stage, first.client.suspend());
    await stage.recover();
    for (const frame of [fragment(1), fragment(2), endOf(3)]) stage.socket.receiveFrame(frame);
    expect(await streams[0]?.text()).toBe("12");
  });

  test("also for a subscription after the start", async () => {
    const first = await connectedStage();
    const stage = await after(first);
    await stage.recover();
    const streams: GroupStream[] = [];
    stage.client.onGroupStream((stream) => void streams.push(stream));
    for (const frame of [fragment(1), endOf(2)]) stage.socket.receiveFrame(frame);
    expect(await streams[0]?.text()).toBe("1");
  });

  test("one whose beginning the earlier page had is left out by `handleFromStart`, else it begins in the middle", async () => {
    const first = await connectedStage();
    first.socket.receiveFrame(fragment(1, "1", { sequenceId: 1 }));
    const stage = new Stage(quiet);
    const whole: GroupStream[] = [];
    const all: GroupStream[] = [];
    stage.client.onGroupStream((stream) => void whole.push(stream), { handleFromStart: true });
    stage.client.onGroupStream((stream) => void all.push(stream));
    await resume(stage, first.client.suspend());
    await stage.recover();
    stage.socket.receiveFrame(fragment(1, "1", { sequenceId: 1 }));
    stage.socket.receiveFrame(fragment(2, "2", { sequenceId: 2 }));
    stage.socket.receiveFrame(endOf(3, "", undefined, { sequenceId: 3 }));
    expect(whole).toEqual([]);
    expect(await all[0]?.text()).toBe("2");
  });
});

test("a handle's streams keep its group over the resume", async () => {
  const first = await connectedStage();
  first.client.group("room").subscribeStreams(() => undefined);
  first.socket.receiveFrame(ack(1));
  const stage = await after(first);
  await stage.recover();
  await turn(4_000);
  stage.client.group("room").subscribeStreams(() => undefined);
  await turn(10_000);
  expect(stage.socket.frames("leaveGroup")).toEqual([]);
});
